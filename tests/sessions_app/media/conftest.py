"""The live room of the room's own tests, and three people in it."""

from __future__ import annotations

from tests.sessions_app.room.conftest import house, live
from tests.sessions_app.room.sockets import evening

__all__ = ["evening", "house", "live"]
