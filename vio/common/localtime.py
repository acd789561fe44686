"""Local calendars and instants (R1, R9): the only place where wall times become instants.

Instants are aware datetimes in UTC. Two datetimes that carry the same zone subtract as wall clocks in Python,
which is wrong on the nights the clock changes; so everything here leaves in UTC, and lengths are taken there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class WeekStart(StrEnum):
    """What a program calls a week (R9)."""

    SUNDAY = "sun"
    MONDAY = "mon"
    ROLLING7 = "rolling7"


@dataclass(frozen=True, order=True)
class Week:
    """Seven local dates, both ends included."""

    first: date

    @property
    def last(self) -> date:
        """The seventh date."""
        return self.first + 6 * ONE_DAY

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; ValueError for a time without offset, which names no instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no offset: it is a wall time, not an instant")
    return instant.astimezone(UTC)


def to_instant(wall: datetime, tz: ZoneInfo, *, fold: int = 0) -> datetime:
    """The instant of a naive wall time in `tz` (R1).

    A wall time that occurs twice is the first one, with fold=1 the second. One that is skipped takes the
    offset in force before the gap, whatever the fold: 02:30 becomes 03:30.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall time carries no offset")
    first = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=tz, fold=1).astimezone(UTC)
    return second if fold and second > first else first


def to_local(instant: datetime, tz: ZoneInfo) -> datetime:
    """What the clock on the wall in `tz` shows at that instant, with its offset."""
    return as_utc(instant).astimezone(tz)


def local_date(instant: datetime, tz: ZoneInfo) -> date:
    """The date on the calendar in `tz` at that instant."""
    return to_local(instant, tz).date()


def start_of_date(day: date, tz: ZoneInfo) -> datetime:
    """The first instant of a local date, also where midnight is skipped or happens twice (R9)."""
    midnight = datetime.combine(day, time())
    before = midnight.replace(tzinfo=tz, fold=0).astimezone(UTC)
    after = midnight.replace(tzinfo=tz, fold=1).astimezone(UTC)
    return _end_of_gap(after, before, tz) if after < before else before


def end_of_date(day: date, tz: ZoneInfo) -> datetime:
    """The first instant after a local date: when the next one begins."""
    return start_of_date(day + ONE_DAY, tz)


def week_of(day: date, week_start: WeekStart) -> Week:
    """The week a local date belongs to; for rolling7 the date and the six before it (R9)."""
    if week_start is WeekStart.ROLLING7:
        return Week(day - 6 * ONE_DAY)
    since_monday = day.weekday()
    back = since_monday if week_start is WeekStart.MONDAY else (since_monday + 1) % 7
    return Week(day - back * ONE_DAY)


def week_bounds(week: Week, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """From the local midnight that begins the week to the one that ends it, half-open, in UTC (R9)."""
    return start_of_date(week.first, tz), end_of_date(week.last, tz)


def week_length_hours(week: Week, tz: ZoneInfo) -> float:
    """Elapsed hours of a week: 168, or 167 and 169 where the clock changes by an hour (R9)."""
    start, end = week_bounds(week, tz)
    return (end - start) / timedelta(hours=1)


def is_business_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Monday to Friday, and not a listed holiday (R15)."""
    return day.weekday() < _SATURDAY and day not in holidays


def business_day_after(day: date, count: int, holidays: Collection[date] = ()) -> date:
    """The count-th business day after a date, which itself is day 0 (R15); ValueError below 0."""
    if count < 0:
        raise ValueError("business days count forward")
    while count:
        day += ONE_DAY
        count -= is_business_day(day, holidays)
    return day


def _end_of_gap(low: datetime, high: datetime, tz: ZoneInfo) -> datetime:
    """The instant in (low, high] at which the offset changes: a gap may begin before midnight and end
    after it.
    """
    old = low.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(tz).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
