"""Weekly hours: computed for all clients of a program at once, or for the few whose attendance has just changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor

from groups.models import Program
from sessions_app.hours.forecast import Dose, Outlook, forecast
from sessions_app.hours.policies import Versions, versions_of
from sessions_app.hours.seats import Own, Planned, offered, own_places, planned_sessions
from sessions_app.hours.sql import COMPUTE_FEW, COMPUTE_WEEK, REFINE
from sessions_app.hours.wide import widely
from sessions_app.models import WeekHours
from vio.common.localtime import Week, WeekStart, local_date, week_of


@dataclass(frozen=True)
class _Short:
    """A week that neither is met nor will be by the seats already booked."""

    client_id: UUID
    minutes: int
    days: frozenset[date]
    sessions: frozenset[UUID]
    dose: Dose
    first: date  # the episode's part of the week
    last: date


def current_week(program: Program, now: datetime) -> Week:
    """The program's week at an instant (R9)."""
    return week_of(local_date(now, program.zone), WeekStart(program.week_start))


@transaction.atomic
def compute_week(
    *, program: Program, week: Week, now: datetime, clients: Collection[UUID] | None = None
) -> None:
    """Writes `WeekHours` of one week for every enrolled client of a program, or only for `clients` (R9, R11, C11, C12).

    One statement for the figures; the forecast of weeks that fall short then looks at the open seats of other groups.
    Rows whose figures are the same already are not touched.
    """
    versions = versions_of(program.pk)
    values: dict[str, Any] = {
        "program": program.pk,
        "first": week.first,
        "last": week.last,
        "now": now,
        "proration": versions.at(week.first).proration,
    }
    rows = _everybody(values) if clients is None else _few({**values, "clients": list(clients)})
    short = [
        _Short(client, minutes, _dates(week, days), frozenset(sessions), Dose(goal, goal_days), first, last)
        for client, minutes, days, goal, goal_days, first, last, sessions in rows
    ]
    if not short:
        return
    outlooks = _outlooks(program, week, short, versions, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            REFINE,
            {
                "clients": [row.client_id for row in short],
                "forecasts": [str(outlook) for outlook in outlooks],
                "first": week.first,
                "now": now,
            },
        )


def _everybody(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with widely() as cursor:
        cursor.execute(COMPUTE_WEEK, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _few(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The statement for a few clients, prepared: planning it takes several times as long as running it."""
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        return Cursor(connection.connection).execute(COMPUTE_FEW, values, prepare=True).fetchall()


def _dates(week: Week, bits: int) -> frozenset[date]:
    """The dates of a week whose bits are set, the first day's the lowest."""
    return frozenset(week.first + timedelta(days=n) for n in range(7) if bits >> n & 1)


def compute_client_weeks(
    *, program: Program, clients: Collection[UUID], days: Iterable[date], now: datetime
) -> None:
    """After a change of attendance: the weeks of these clients that hold one of these local dates."""
    for week in weeks_touched(program, clients, days, now=now):
        compute_week(program=program, week=week, now=now, clients=clients)


def weeks_touched(
    program: Program, clients: Collection[UUID], days: Iterable[date], *, now: datetime
) -> list[Week]:
    """The calendar weeks of the dates; of rolling weeks the present one and those already written that hold them."""
    start = WeekStart(program.week_start)
    if start is not WeekStart.ROLLING7:
        return sorted({week_of(day, start) for day in days})
    firsts = {current_week(program, now).first}
    for day in days:
        written = WeekHours.objects.filter(client__in=clients, week__range=(day - timedelta(days=6), day))
        firsts |= set(written.values_list("week", flat=True))
    return [Week(first) for first in sorted(firsts)]


def _outlooks(
    program: Program, week: Week, short: Sequence[_Short], versions: Versions, *, now: datetime
) -> list[Outlook]:
    """Needs one more, or cannot be reached. Clients with the same figures and seats share the answer."""
    planned = planned_sessions(program, week, versions, now=now)
    if not any(seat.free for seat in planned):
        return [Outlook.CANNOT_REACH] * len(short)
    places = own_places([row.client_id for row in short], week)
    known: dict[tuple[object, ...], Outlook] = {}
    answers = []
    for row in short:
        own = places.get(row.client_id, Own())
        key = (row.minutes, row.days, row.sessions, row.dose, row.first, row.last, own)
        if key not in known:
            known[key] = _outlook(row, planned, own)
        answers.append(known[key])
    return answers


def _outlook(row: _Short, planned: Sequence[Planned], own: Own) -> Outlook:
    booked = [seat.seat(booked=True) for seat in planned if seat.session_id in row.sessions]
    extra = [seat.seat(booked=False) for seat in offered(planned, own, first=row.first, last=row.last)]
    if row.minutes + sum(s.minutes for s in (*booked, *extra)) < row.dose.minutes:
        return Outlook.CANNOT_REACH  # said before every combination is tried
    return forecast(minutes=row.minutes, days=row.days, dose=row.dose, seats=[*booked, *extra]).outlook
