"""Proves stored weeks: every weekly figure again by the Python rule, and every credited second by the deep path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, Min

from groups.models import Program
from sessions_app.hours.deep import DeepDifference, disagreeing
from sessions_app.hours.reading import read_week
from sessions_app.models import Session, WeekHours
from vio.common.localtime import Week, WeekStart, week_of


@dataclass(frozen=True)
class WeekDifference:
    """A stored week that the rule gives differently."""

    client_id: UUID
    week: date
    what: str
    stored: int
    found: int


@dataclass(frozen=True)
class WeekReport:
    """What was checked and what did not agree."""

    weeks: int
    differences: tuple[WeekDifference, ...]
    deep: tuple[DeepDifference, ...]


def recompute_weeks(*, now: datetime, day: date | None = None) -> WeekReport:
    """Checks all stored weeks in scope, or those that hold `day`; seats to come and forecast are not proof matter."""
    weeks = 0
    differences: list[WeekDifference] = []
    deep: list[DeepDifference] = []
    for program in Program.objects.order_by("pk"):
        rows = WeekHours.objects.filter(program=program).select_related("client__program", "client__person")
        if day is not None:
            rows = rows.filter(week__range=(day - timedelta(days=6), day))
        for row in rows.order_by("week", "client_id").iterator(chunk_size=500):
            weeks += 1
            differences += _check(row, now=now)
        deep += _deep(program, day)
    return WeekReport(weeks, tuple(differences), tuple(deep))


def _check(row: WeekHours, *, now: datetime) -> list[WeekDifference]:
    reading = read_week(row.client, Week(row.week), now=now)
    if reading is None:  # the episode was moved away; the row is history
        return []
    pairs = (("minutes", row.minutes, reading.minutes), ("days", row.days, len(reading.days)))
    return [
        WeekDifference(row.client_id, row.week, what, stored, found)
        for what, stored, found in pairs
        if stored != found
    ]


def _deep(program: Program, day: date | None) -> list[DeepDifference]:
    if day is not None:
        start = WeekStart(program.week_start)
        week = week_of(day, start)
        return disagreeing(program.pk, week.first, week.last)
    span = Session.objects.filter(program=program).aggregate(first=Min("local_date"), last=Max("local_date"))
    return [] if span["first"] is None else disagreeing(program.pk, span["first"], span["last"])
