"""Check-ins as they are drawn: one value a day, with sessions, alerts and changes of dose on the same axis."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

from django.db.models import Max, Min

from checkins.models import Alert, CheckIn, RoundAnswer
from groups.models import Client, PrescribedDose
from sessions_app.models import AttendanceRecord
from vio.common import wording
from vio.common.charts.trend import LevelChange, Mark, Trend, TrendDay, TrendMark

_MARKS = {
    "attended": Mark.ATTENDED,
    "partial": Mark.PARTIAL,
    "no_show": Mark.MISSED,
    "excused": Mark.EXCUSED,
    "cancelled": Mark.EXCUSED,
}


def days_of(client: Client, first: date, last: date) -> tuple[TrendDay, ...]:
    """The days with a check-in, or with an answer in a go-round that was kept: lowest mood and highest urge of each (C8)."""
    found: dict[date, tuple[int, int]] = {}
    for told in (CheckIn, RoundAnswer):
        rows = (
            told.objects.filter(client=client, local_date__range=(first, last))
            .values("local_date")
            .annotate(lowest=Min("mood"), highest=Max("urge"))
        )
        for row in rows:
            mood, urge = found.get(row["local_date"], (10, 0))
            found[row["local_date"]] = (min(mood, row["lowest"]), max(urge, row["highest"]))
    return tuple(TrendDay(day, *found[day]) for day in sorted(found))


def own_trend(client: Client, *, now: datetime, days: int = 14) -> Trend:
    """What a client sees of themselves: mood and urge, nothing judged."""
    last = now.astimezone(client.program.zone).date()
    first = last - timedelta(days=days - 1)
    return Trend("mine", first, last, days_of(client, first, last), title="Your last two weeks")


def clinical_trend(
    client: Client, *, now: datetime, days: int, with_sessions: bool, key: str = "trend"
) -> Trend:
    """What the team sees: the same days with red alerts and changes of dose, and sessions where the reader may."""
    last = now.astimezone(client.program.zone).date()
    first = last - timedelta(days=days - 1)
    marks = [*_alert_marks(client, first, last)]
    if with_sessions:
        marks += _session_marks(client, first, last)
    return Trend(
        key,
        first,
        last,
        days_of(client, first, last),
        tuple(sorted(marks, key=lambda mark: mark.on)),
        _dose_changes(client, first, last),
        title=f"Mood and urge, last {days} days",
    )


def latest_attendance(client: Client, first: date, last: date) -> list[AttendanceRecord]:
    """The version that counts of each session in these local dates (R14), newest first."""
    rows = (
        AttendanceRecord.objects.filter(client=client, local_date__range=(first, last))
        .order_by("session_id", "-version")
        .distinct("session_id")
        .select_related("session")
    )
    return sorted(rows, key=lambda record: record.session.starts_at, reverse=True)


def _session_marks(client: Client, first: date, last: date) -> list[TrendMark]:
    return [
        TrendMark(record.local_date, _MARKS[record.status])
        for record in latest_attendance(client, first, last)
    ]


def _alert_marks(client: Client, first: date, last: date) -> list[TrendMark]:
    red = Alert.objects.filter(client=client, level="red", local_date__range=(first, last))
    return [TrendMark(on, Mark.ALERT) for on in red.values_list("local_date", flat=True).distinct()]


def _dose_changes(client: Client, first: date, last: date) -> tuple[LevelChange, ...]:
    doses = list(PrescribedDose.objects.filter(enrolment__client=client).order_by("starts_on"))
    return tuple(
        LevelChange(
            after.starts_on,
            f"{wording.hours_words(before.weekly_minutes)} to {wording.hours_words(after.weekly_minutes)}",
        )
        for before, after in itertools.pairwise(doses)
        if first <= after.starts_on <= last and before.weekly_minutes != after.weekly_minutes
    )
