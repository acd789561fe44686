"""Writes of imports, one module an act."""

from sessions_app.attendance.imports.services.accepting import Decisions, accept_import
from sessions_app.attendance.imports.services.discarding import discard_import, discard_stale
from sessions_app.attendance.imports.services.starting import start_import
from sessions_app.attendance.imports.services.withdrawing import withdraw_import

__all__ = [
    "Decisions",
    "accept_import",
    "discard_import",
    "discard_stale",
    "start_import",
    "withdraw_import",
]
