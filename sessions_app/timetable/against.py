"""What speaks against the steps of a timetable: who would be in two places at once, whom nobody who leads is licensed for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from groups.models import Program, Series
from groups.selectors import today_of
from sessions_app.conflicts.ahead import to_be_made
from sessions_app.conflicts.places import LOOK_AHEAD
from sessions_app.conflicts.reading import Time, conflicts_of
from sessions_app.conflicts.rules import Conflict
from sessions_app.services.scheduling import HORIZON_DAYS
from sessions_app.timetable.following import steps_of
from sessions_app.timetable.reading import wish_of
from sessions_app.timetable.rules import Kind, Step, missing


def against_steps(program: Program, group_id: UUID, plan: Sequence[Step]) -> list[Conflict]:
    """What speaks against the new times of a plan; a session that goes is in nobody's way."""
    times = [
        Time(group_id, step.after.starts_at, step.after.ends_at, step.session)
        for step in plan
        if step.after is not None and step.kind in {Kind.MAKE, Kind.MOVE, Kind.RESTORE}
    ]
    gone = {Kind.CALL_OFF, Kind.TAKE_AWAY}
    return conflicts_of(program, times, without={s.session for s in plan if s.session and s.kind in gone})


def against_series(series: Series, *, now: datetime) -> list[Conflict]:
    """What speaks against a series as it stands in its table: the sessions it will make or move in the coming weeks.

    One that begins later than sessions are made ahead is read from the timetables, in its first four weeks.
    """
    plan = steps_of(series, wish_of(series), now)
    last = today_of(series.program, now) + timedelta(days=HORIZON_DAYS)
    if series.starts_on <= last:
        return against_steps(series.program, series.group_id, plan)
    return _later(series, now)


def _later(series: Series, now: datetime) -> list[Conflict]:
    first, last = series.starts_on, series.starts_on + LOOK_AHEAD
    found = missing(wish_of(series), (), now=now, first=first, last=last)
    ahead = to_be_made(series.program, first, last, now=now, besides=series)
    times = [Time(series.group_id, o.starts_at, o.ends_at) for o in found]
    return conflicts_of(series.program, times, ahead=ahead)
