"""A miss ends the second the client appears (F1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sessions_app.followup.misses import withdraw_miss
from sessions_app.signals import client_appeared
from vio.common.actors import system_actor


def end_miss(sender: object, session_id: UUID, client_id: UUID, now: datetime, **kwargs: Any) -> None:
    """Withdraws the running miss of this client in this session, if there is one."""
    withdraw_miss(
        actor=system_actor("room"), session_id=session_id, client_id=client_id, because="appeared", now=now
    )


def connect() -> None:
    """Called once when Django starts."""
    client_appeared.connect(end_miss, dispatch_uid="followup.end_miss")
