"""Check-ins as they are drawn: one value a day, with sessions, alerts and changes of dose on the same axis."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from groups.models import Client
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


# Everything on one axis of time in one question: (what, local date, figure, figure, word, instant). The parts that a
# reader may not see are not asked for.
_DAYS = """
SELECT 'day', local_date, min(mood)::int, max(urge)::int, '', NULL::timestamptz FROM checkins_checkin
WHERE client_id = %(client)s AND local_date BETWEEN %(first)s AND %(last)s GROUP BY local_date
UNION ALL
SELECT 'day', local_date, min(mood)::int, max(urge)::int, '', NULL FROM checkins_roundanswer
WHERE client_id = %(client)s AND local_date BETWEEN %(first)s AND %(last)s GROUP BY local_date"""
_CLINICAL = """
UNION ALL
SELECT DISTINCT 'red', local_date, NULL::int, NULL::int, '', NULL::timestamptz FROM checkins_alert
WHERE client_id = %(client)s AND level = 'red' AND local_date BETWEEN %(first)s AND %(last)s
UNION ALL
SELECT 'dose', d.starts_on, d.weekly_minutes, NULL, '', NULL FROM groups_prescribeddose d
JOIN groups_enrolment e ON e.id = d.enrolment_id WHERE e.client_id = %(client)s"""
_SESSIONS = """
UNION ALL
(SELECT DISTINCT ON (r.session_id) 'session', r.local_date, NULL::int, NULL::int, r.status, s.starts_at
FROM sessions_app_attendancerecord r JOIN sessions_app_session s ON s.id = r.session_id
WHERE r.client_id = %(client)s AND r.local_date BETWEEN %(first)s AND %(last)s ORDER BY r.session_id, r.version DESC)"""

_TEAM = f"{_DAYS}{_CLINICAL}"
_TEAM_AND_SESSIONS = f"{_DAYS}{_CLINICAL}{_SESSIONS}"

_Row = tuple[date, Any, Any, str, datetime | None]


def _read(
    client: Client, first: date, last: date, *, team: bool = False, sessions: bool = False
) -> dict[str, list[_Row]]:
    values: dict[str, UUID | date] = {"client": client.pk, "first": first, "last": last}
    found: dict[str, list[_Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        if sessions:
            cursor.execute(_TEAM_AND_SESSIONS, values)
        elif team:
            cursor.execute(_TEAM, values)
        else:
            cursor.execute(_DAYS, values)
        for what, *row in cursor.fetchall():
            found[what].append((row[0], row[1], row[2], row[3], row[4]))
    return found


def days_of(client: Client, first: date, last: date) -> tuple[TrendDay, ...]:
    """The days with a check-in, or with an answer in a go-round that was kept: lowest mood and highest urge of each (C8)."""
    return _days(_read(client, first, last)["day"])


def _days(rows: Iterable[_Row]) -> tuple[TrendDay, ...]:
    found: dict[date, tuple[int, int]] = {}
    for day, lowest, highest, _, _ in rows:
        mood, urge = found.get(day, (10, 0))
        found[day] = (min(mood, lowest), max(urge, highest))
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
    found = _read(client, first, last, team=True, sessions=with_sessions)
    marks = [TrendMark(row[0], Mark.ALERT) for row in found["red"]]
    newest_first = sorted(found["session"], key=lambda row: row[4] or now, reverse=True)
    marks += [TrendMark(row[0], _MARKS[row[3]]) for row in newest_first]
    return Trend(
        key,
        first,
        last,
        _days(found["day"]),
        tuple(sorted(marks, key=lambda mark: mark.on)),
        _dose_changes(found["dose"], first, last),
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


def _dose_changes(rows: Iterable[_Row], first: date, last: date) -> tuple[LevelChange, ...]:
    doses = sorted((row[0], row[1]) for row in rows)
    return tuple(
        LevelChange(on, f"{wording.hours_words(before)} to {wording.hours_words(after)}")
        for (_, before), (on, after) in itertools.pairwise(doses)
        if first <= on <= last and before != after
    )
