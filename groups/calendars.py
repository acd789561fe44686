"""Timetables: a strict subset of RFC 5545 recurrence rules on local dates, and the instants they lead to (R1).

A rule is read on naive local dates and only then tied to the program's zone, so that 17:30 stays 17:30 when the
clocks change. Lengths are elapsed minutes: a group of 90 minutes lasts 90 minutes in every night.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from vio.common.localtime import to_instant

WEEKDAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
MAX_INTERVAL = 12
MAX_LENGTH = 200
_WEEKLY_DAY = re.compile(r"(MO|TU|WE|TH|FR|SA|SU)\Z")
_MONTHLY_DAY = re.compile(r"([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU)\Z")
_ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}
_PARTS = {
    "DAILY": {"FREQ", "INTERVAL"},
    "WEEKLY": {"FREQ", "INTERVAL", "BYDAY"},
    "MONTHLY": {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY"},
}
_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month"}


class RuleError(ValueError):
    """A recurrence rule outside of what we understand; the text says what to change."""


@dataclass(frozen=True)
class Recurrence:
    """A rule that was understood. `days` are "MO" (weekly) or "2TU" (monthly); `month_days` 1..31 or -1 (the last)."""

    frequency: str
    interval: int = 1
    days: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()

    def __str__(self) -> str:
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.days:
            parts.append(f"BYDAY={','.join(self.days)}")
        if self.month_days:
            parts.append(f"BYMONTHDAY={','.join(map(str, self.month_days))}")
        return ";".join(parts)

    @property
    def words(self) -> str:
        """The rule as a person would say it: "every week on Monday and Thursday"."""
        unit = _UNITS[self.frequency]
        every = f"every {unit}" if self.interval == 1 else f"every {self.interval} {unit}s"
        named = [_day_words(day) for day in self.days]
        named += ["the last day" if d == -1 else f"day {d}" for d in self.month_days]
        return f"{every} on {_listed(named)}" if named else every


def _day_words(day: str) -> str:
    weekday = WEEKDAYS[day[-2:]]
    return weekday if len(day) == 2 else f"the {_ORDINALS[day[:-2]]} {weekday}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def parse_rule(text: str) -> Recurrence:
    """Reads a rule; raises RuleError for anything outside the subset.

    FREQ is DAILY, WEEKLY or MONTHLY; INTERVAL 1..12; weekly rules need BYDAY (MO..SU), monthly ones BYDAY (1MO..4SU,
    -1MO) or BYMONTHDAY (1..31, -1). The end is a date of the series, so COUNT and UNTIL are refused.
    """
    parts = _split(text)
    frequency = parts.get("FREQ", "")
    if frequency not in _PARTS:
        raise RuleError("Say how often: FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY.")
    unknown = sorted(set(parts) - _PARTS[frequency])
    if unknown:
        raise RuleError(f"{unknown[0][:20]} cannot be used in a rule that is {frequency.lower()}.")
    interval = _interval(parts.get("INTERVAL", "1"))
    days = _days(parts.get("BYDAY"), frequency)
    month_days = _month_days(parts.get("BYMONTHDAY"))
    if frequency == "WEEKLY" and not days:
        raise RuleError("Choose at least one day of the week.")
    if frequency == "MONTHLY" and bool(days) == bool(month_days):
        raise RuleError("A monthly rule needs either weekdays (BYDAY) or days of the month (BYMONTHDAY).")
    return Recurrence(frequency, interval, days, month_days)


def _split(text: str) -> dict[str, str]:
    if len(text) > MAX_LENGTH:
        raise RuleError("This rule is too long.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RuleError("A rule looks like FREQ=WEEKLY;BYDAY=MO,TH.")
        if name in parts:
            raise RuleError(f"{name[:20]} is given twice.")
        parts[name] = value
    return parts


def _interval(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) or not 1 <= int(text) <= MAX_INTERVAL:
        raise RuleError(f"INTERVAL is a number from 1 to {MAX_INTERVAL}.")
    return int(text)


def _days(text: str | None, frequency: str) -> tuple[str, ...]:
    if text is None:
        return ()
    shape = _WEEKLY_DAY if frequency == "WEEKLY" else _MONTHLY_DAY
    days = text.split(",")
    if not all(shape.match(day) for day in days) or len(set(days)) != len(days):
        raise RuleError("BYDAY is a list of different days: MO,TH (weekly) or 1MO,-1FR (monthly).")
    order = list(WEEKDAYS)
    return tuple(sorted(days, key=lambda day: (day[:-2], order.index(day[-2:]))))


def _month_days(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    days = text.split(",")
    allowed = {str(d) for d in range(1, 32)} | {"-1"}
    if not set(days) <= allowed or len(set(days)) != len(days):
        raise RuleError("BYMONTHDAY is a list of different days from 1 to 31, or -1 for the last.")
    return tuple(sorted(map(int, days)))


@dataclass(frozen=True)
class Timetable:
    """What a series says, without the database: rule, wall start, elapsed minutes, breaks, dates and exceptions.

    `breaks` are (minutes after the start, length in minutes); `ends_on` is included.
    """

    rule: Recurrence
    zone: ZoneInfo
    local_start: time
    minutes: int
    starts_on: date
    ends_on: date | None = None
    breaks: tuple[tuple[int, int], ...] = ()
    cancelled: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Occurrence:
    """One date of a timetable with its instants in UTC; `breaks` are (start, end)."""

    on: date
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[tuple[datetime, datetime], ...] = ()


def dates(table: Timetable, first: date, last: date) -> Iterator[date]:
    """The local dates of the timetable from `first` to `last`, both included, cancelled ones left out."""
    end = last if table.ends_on is None else min(last, table.ends_on)
    start = max(first, table.starts_on)
    if start > end:
        return
    rule = rrulestr(str(table.rule), dtstart=datetime.combine(table.starts_on, time()))
    for moment in rule.xafter(datetime.combine(start, time()), inc=True):
        if moment.date() > end:
            return
        if moment.date() not in table.cancelled:
            yield moment.date()


def occurrence(table: Timetable, on: date) -> Occurrence:
    """The instants of the meeting on that local date (R1)."""
    start = to_instant(datetime.combine(on, table.local_start), table.zone)
    breaks = tuple(
        (start + timedelta(minutes=after), start + timedelta(minutes=after + length))
        for after, length in table.breaks
    )
    return Occurrence(on, start, start + timedelta(minutes=table.minutes), breaks)


def occurrences(table: Timetable, first: date, last: date) -> list[Occurrence]:
    """The meetings from `first` to `last`, both included."""
    return [occurrence(table, on) for on in dates(table, first, last)]


def preview(table: Timetable, first: date, count: int = 10) -> list[Occurrence]:
    """The next `count` meetings from a date on, looking at most five years ahead."""
    found: list[Occurrence] = []
    for on in dates(table, first, first + timedelta(days=5 * 366)):
        found.append(occurrence(table, on))
        if len(found) == count:
            break
    return found
