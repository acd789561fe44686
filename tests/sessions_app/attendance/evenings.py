"""Evenings for tests: a session that was held, and the evidence of who sat in it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from groups.models import Client, Group
from sessions_app.attendance.services import finalise_session
from sessions_app.models import PresenceEvidence, Session
from tests.factories import MONDAY_START, make_session
from vio.common.actors import system_actor

CLOCK = system_actor("test")
MINUTE = timedelta(minutes=1)


def held(group: Group, *, starts_at: datetime = MONDAY_START, minutes: int = 90, **fields: object) -> Session:
    """A session that ran exactly as planned and has just ended."""
    times = {"started_at": starts_at, "ended_at": starts_at + minutes * MINUTE, "status": "ended", **fields}
    return make_session(group, starts_at=starts_at, minutes=minutes, **times)


def note(
    session: Session, client: Client, kind: str, at: datetime, *, connection: uuid.UUID, cause: str = ""
) -> None:
    """One row of evidence."""
    PresenceEvidence.objects.create(
        session=session, program=session.program, person=client.person, client=client, connection=connection,
        kind=kind, cause=cause, at=at,
    )  # fmt: skip


def sat(
    session: Session, client: Client, joined: float, left: float, *, cause: str = "left",
    connection: uuid.UUID | None = None,
) -> uuid.UUID:  # fmt: skip
    """The client was in the room from minute to minute after the scheduled start; heartbeats every ten minutes."""
    key = connection or uuid.uuid4()
    start, end = session.starts_at + joined * MINUTE, session.starts_at + left * MINUTE
    note(session, client, "opened", start - MINUTE, connection=key)
    note(session, client, "admitted", start, connection=key)
    seen = start + 10 * MINUTE
    while seen < end:
        note(session, client, "seen", seen, connection=key)
        seen += 10 * MINUTE
    note(session, client, "seen", end, connection=key)
    note(session, client, "closed", end, connection=key, cause=cause)
    return key


def finalised(session: Session) -> Session:
    """The same session with its attendance computed."""
    assert session.ended_at is not None
    assert finalise_session(session_id=session.pk, now=session.ended_at + MINUTE, actor=CLOCK)
    session.refresh_from_db()
    return session
