"""An ended session with its attendance, for tests of notes."""

from __future__ import annotations

from datetime import datetime, timedelta

from groups.models import Client
from sessions_app.models import AttendancePolicy, AttendanceRecord, AttendanceSheet, Session
from tests.factories import MONDAY_START, make_session
from tests.worlds import World

ENDED = MONDAY_START + timedelta(minutes=90)
LATER = ENDED + timedelta(minutes=30)


def add_record(
    session: Session, client: Client, *, status: str, minutes: int, version: int = 1
) -> AttendanceRecord:
    """One attendance record as the attendance wing stores it."""
    return AttendanceRecord.objects.create(
        program=session.program, session=session, client=client, version=version, local_date=session.local_date,
        credited_seconds=minutes * 60, credited_minutes=minutes, scheduled_minutes=90, delivered_minutes=90, status=status,
        first_at=session.starts_at, last_at=session.starts_at + timedelta(minutes=minutes), source="computed",
        policy=AttendancePolicy.objects.get(program=session.program), recorded_at=ENDED,
    )  # fmt: skip


def ended_session(world: World, *, finalised: datetime | None = ENDED) -> Session:
    """Monday's session of Evening A: Ana was there for 90 minutes, Ben never came."""
    session = make_session(
        world.group,
        status="ended",
        opened_at=MONDAY_START,
        started_at=MONDAY_START,
        ended_at=ENDED,
        finalised_at=finalised,
    )
    add_record(session, world.ana, status="attended", minutes=90)
    add_record(session, world.ben, status="no_show", minutes=0)
    AttendanceSheet.objects.create(session=session, program=world.program, computed_at=ENDED, group_size=1)
    return session
