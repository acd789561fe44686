"""The meetings of groups over a stretch of dates: the sessions there are, and those their timetables will make."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from groups.calendars import RuleError
from groups.models import Program, Series
from sessions_app.conflicts.reading import Time
from sessions_app.models import Session
from sessions_app.timetable.reading import wish_of
from sessions_app.timetable.rules import missing


def meetings(
    program: Program, first: date, last: date, *, now: datetime, groups: Collection[UUID]
) -> list[Time]:
    """When these groups meet on local dates from `first` to `last` and are not over yet; called off and rehearsed is none."""
    rows = Session.objects.filter(
        program=program,
        group__in=groups,
        local_date__range=(first, last),
        ends_at__gt=now,
        is_rehearsal=False,
    ).exclude(status__in=[Session.Status.CANCELLED, Session.Status.ENDED])
    held = [Time(row.group_id, row.starts_at, row.ends_at, row.pk) for row in rows]
    return held + to_be_made(program, first, last, now=now, groups=groups)


def to_be_made(
    program: Program, first: date, last: date, *, now: datetime, groups: Collection[UUID] | None = None,
    besides: Series | None = None,
) -> list[Time]:  # fmt: skip
    """What the timetables of a program (of these groups) will hold in that stretch and no session stands for yet."""
    rows = Series.objects.filter(program=program, group__is_active=True, starts_on__lte=last)
    rows = rows.exclude(ends_on__lt=first).select_related("program", "group")
    if groups is not None:
        rows = rows.filter(group__in=groups)
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    known: dict[UUID | None, set[date | None]] = {}
    there = Session.objects.filter(series__in=rows, occurrence__range=(first, last))
    for series_id, on in there.values_list("series", "occurrence"):
        known.setdefault(series_id, set()).add(on)
    found = rows.prefetch_related("program__holidays")
    return [
        time
        for series in found
        for time in _of_series(series, {on for on in known.get(series.pk, ()) if on}, first, last, now)
    ]


def _of_series(series: Series, known: set[date], first: date, last: date, now: datetime) -> Iterator[Time]:
    with suppress(RuleError):  # one that cannot be read holds no meeting
        for found in missing(wish_of(series), known, now=now, first=first, last=last):
            yield Time(series.group_id, found.starts_at, found.ends_at)
