"""What speaks against the steps of a timetable: who would be in two places at once, whom nobody who leads is licensed for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from groups.models import Holiday, Program, Series
from groups.selectors import today_of
from sessions_app.conflicts.ahead import to_be_made
from sessions_app.conflicts.places import LOOK_AHEAD
from sessions_app.conflicts.reading import Time, conflicts_of
from sessions_app.conflicts.rules import Conflict
from sessions_app.models import Session
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


def against_series(series: Series, *, now: datetime, given_back: date | None = None) -> list[Conflict]:
    """What speaks against a series as it stands in its table: the sessions it will make or move in the coming weeks.

    One that begins later than sessions are made ahead is read from the timetables, in its first four weeks; so is a date
    that was `given_back`.
    """
    last = today_of(series.program, now) + timedelta(days=HORIZON_DAYS)
    if given_back is not None and given_back > last:
        return _later(series, given_back, given_back, now)
    if series.starts_on > last:
        return _later(series, series.starts_on, series.starts_on + LOOK_AHEAD, now)
    return against_steps(series.program, series.group_id, steps_of(series, wish_of(series), now))


def against_date(holiday: Holiday, back: Collection[UUID], *, now: datetime) -> list[Conflict]:
    """What speaks against meeting on a date that was a holiday: the sessions that are `back`, and those still to be made.

    They stand in their tables already, in a transaction that has not ended.
    """
    program = holiday.program
    rows = Session.objects.filter(pk__in=back, status=Session.Status.SCHEDULED)
    times = [Time(row.group_id, row.starts_at, row.ends_at, row.pk) for row in rows]
    return conflicts_of(program, [*times, *to_be_made(program, holiday.on, holiday.on, now=now)])


def _later(series: Series, first: date, last: date, now: datetime) -> list[Conflict]:
    found = missing(wish_of(series), (), now=now, first=first, last=last)
    ahead = to_be_made(series.program, first, last, now=now, besides=series)
    times = [Time(series.group_id, o.starts_at, o.ends_at) for o in found]
    return conflicts_of(series.program, times, ahead=ahead)
