"""What this wing answers when the outbox asks whether a message still stands."""

from __future__ import annotations

from datetime import datetime

from sessions_app.coming import reminders
from vio.common.scope import every_program
from vio.common.signals import still_wanted_asked


def on_still_wanted_asked(*, kind: str, key: str, now: datetime, **_: object) -> bool | None:
    """Reminders of a group that was called off, or of a client who is there, excused or cannot come, are taken back."""
    if kind != reminders.KIND:
        return None
    with every_program():
        return reminders.still_wanted(key=key, now=now)


def connect() -> None:
    """Called once when Django starts."""
    still_wanted_asked.connect(on_still_wanted_asked, dispatch_uid="coming.still_wanted")
