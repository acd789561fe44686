"""The weekly figures of many weeks from the finished attendance: what is right already is only looked at (R9, R11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from groups.models import Program
from sessions_app.hours.policies import Versions, versions_of
from sessions_app.hours.rolling import not_vouched_for
from sessions_app.hours.services import compute_week
from sessions_app.hours.wide import widely
from vio.common.localtime import Week, WeekStart

FEW = 500
"""Clients of a week that are computed one by one; when more are left, the week is computed for everybody."""


@dataclass(frozen=True)
class WeekLeft:
    """A week whose stored rows do not all follow from the finished attendance at a glance."""

    week: Week
    clients: tuple[UUID, ...] | None
    """Whose rows; None for everybody's."""


def roll_up(*, program: Program, weeks: Iterable[Week], now: datetime) -> None:
    """Brings the stored weeks of every enrolled client up to the finished attendance.

    It leaves the same rows as `compute_week` for each of the weeks does. Each week is committed by itself: what was put
    right before a lock or a time limit ended the work stays, and the next hour goes on from there.
    """
    for left in weeks_left(program, weeks, now=now):
        compute_week(program=program, week=left.week, now=now, clients=left.clients)


def weeks_left(program: Program, weeks: Iterable[Week], *, now: datetime) -> list[WeekLeft]:
    """What has to be computed; everything else is stored as the finished attendance gives it, to the minute.

    Weeks of one policy that follow one another are read in one statement. Weeks without a fixed first day are not read
    at a glance.
    """
    versions = versions_of(program.pk)
    runs = _runs(sorted(set(weeks)), versions)
    return [left for run in runs for left in _left(program, run, versions, now)]


def _runs(weeks: Sequence[Week], versions: Versions) -> Iterator[list[Week]]:
    """Weeks that follow one another under one version of the policy; one in which the version changes is alone."""
    run: list[Week] = []
    for week in weeks:
        if run and not _goes_on(run[-1], week, versions):
            yield run
            run = []
        run.append(week)
    if run:
        yield run


def _goes_on(before: Week, week: Week, versions: Versions) -> bool:
    ends = {versions.at(day).pk for each in (before, week) for day in (each.first, each.last)}
    return week.first - before.first == timedelta(days=7) and len(ends) == 1


def _left(program: Program, run: Sequence[Week], versions: Versions, now: datetime) -> list[WeekLeft]:
    policy = versions.at(run[0].first)
    start = WeekStart(program.week_start)
    if start is WeekStart.ROLLING7 or policy.pk != versions.at(run[-1].last).pk:
        return [WeekLeft(week, None) for week in run]
    values: dict[str, Any] = {
        "program": program.pk,
        "first": run[0].first,
        "last": run[-1].last,
        "now": now,
        "few": FEW,
        "countable": list(policy.countable),
        "by_timetable": policy.proration == "scheduled",
        "group_minutes": policy.group_minutes,
        "counts_as": policy.counts_as,
        "from_percent": policy.from_percent,
    }
    with widely(in_order=True) as cursor:
        cursor.execute(not_vouched_for(start.value, policy.definition), values)
        rows = cursor.fetchall()
    return [WeekLeft(Week(first), None if few is None else tuple(few)) for first, few in rows]
