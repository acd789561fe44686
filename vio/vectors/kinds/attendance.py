"""Kind attendance: one client in one session (R2-R8, R10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sessions_app.attendance.intervals import Interval
from sessions_app.attendance.rules import (
    Attendance,
    AttendancePolicy,
    Attribution,
    Presence,
    SessionTimes,
    attendance,
)
from vio.vectors.reading import (
    Given,
    Json,
    VectorError,
    as_bool,
    as_list,
    as_object,
    as_whole,
    as_zone,
    instant_in,
    list_of,
    one_of,
)

EXPECTS = frozenset(
    {
        "credited_seconds",
        "credited_minutes",
        "scheduled_minutes",
        "delivered_minutes",
        "status",
        "flags",
        "by_date",
    }
)
_SECONDS_AND_LIMITS = (
    "bridge_gap_seconds",
    "late_after_seconds",
    "left_early_seconds",
    "no_show_below_minutes",
    "attended_percent",
)

Side: TypeAlias = datetime | None


def evaluate(given: Given) -> dict[str, Json]:
    """Read one session and one client's connections, and credit them."""
    times = _times(given)
    presence = given.optional("presence", list_of(_Times(times.timezone).presence), ())
    found = attendance(
        times,
        presence,
        given.optional("policy", _policy, AttendancePolicy()),
        excused=given.optional("excused", as_bool, default=False),
        cancelled=given.optional("cancelled", as_bool, default=False),
    )
    given.finish()
    return _told(found)


def _told(found: Attendance) -> dict[str, Json]:
    return {
        "credited_seconds": Decimal(found.credited // timedelta(microseconds=1)) / 1_000_000,
        "credited_minutes": found.credited_minutes,
        "scheduled_minutes": found.scheduled_minutes,
        "delivered_minutes": found.delivered_minutes,
        "status": str(found.status),
        "flags": sorted(found.flags),
        "by_date": {day.isoformat(): minutes for day, minutes in found.by_date.items()},
    }


def _times(given: Given) -> SessionTimes:
    tz = given.get("timezone", as_zone)
    read = _Times(tz)
    start, end = given.optional("actual", read.sides, (None, None))
    return SessionTimes(
        scheduled=given.get("scheduled", read.interval),
        timezone=tz,
        actual_start=start,
        actual_end=end,
        breaks=tuple(given.optional("breaks", list_of(read.interval), ())),
    )


class _Times:
    """Pairs of times as the files write them."""

    def __init__(self, tz: ZoneInfo) -> None:
        self._instant = instant_in(tz)

    def interval(self, value: Json, where: str) -> Interval:
        start, end = _pair(value, where)
        return Interval(self._instant(start, where), self._instant(end, where))

    def presence(self, value: Json, where: str) -> Presence:
        joined, left = _pair(value, where)
        return Presence(self._instant(joined, where), None if left is None else self._instant(left, where))

    def sides(self, value: Json, where: str) -> tuple[Side, Side]:
        sides = as_list(value, where)
        if len(sides) > 2:
            raise VectorError(f"{where}: expected [start, end]")
        start, end = (*sides, None, None)[:2]
        return (
            None if start is None else self._instant(start, where),
            None if end is None else self._instant(end, where),
        )


def _pair(value: Json, where: str) -> tuple[Json, Json]:
    pair = as_list(value, where)
    if len(pair) != 2:
        raise VectorError(f"{where}: expected two times")
    return pair[0], pair[1]


def _policy(value: Json, where: str) -> AttendancePolicy:
    fields = Given(as_object(value, where))
    default = AttendancePolicy()
    numbers = {key: fields.optional(key, as_whole, getattr(default, key)) for key in _SECONDS_AND_LIMITS}
    attribution = fields.optional("attribution", one_of(Attribution), default.attribution)
    fields.finish()
    return replace(default, **numbers, attribution=attribution)
