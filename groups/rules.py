"""What is right about people, places and dates: pure rules, no database and no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
# An episode may be entered a good while after it began or before it begins; never by a slip of the year.
ENROL_WITHIN = timedelta(days=366)
PLAN_WITHIN = timedelta(days=2 * 366)


@dataclass(frozen=True)
class Period:
    """From one local date to another, both included; `last` None is open."""

    first: date
    last: date | None = None

    def covers(self, on: date) -> bool:
        """Whether a date lies in it."""
        return self.first <= on and (self.last is None or on <= self.last)

    def overlaps(self, other: Period) -> bool:
        """Whether one date lies in both."""
        return (other.last is None or self.first <= other.last) and (
            self.last is None or other.first <= self.last
        )


_BRIDGE = re.compile(r"[+\d][\d\s().\-]{5,38}\d")
_ADDRESS = re.compile(r"https://[^\s/]+\.[^\s/]+(/\S*)?")


def fallback_problems(phone: str, code: str, link: str) -> dict[str, str]:
    """{field: why it cannot stand} for another way to meet when the room fails: a number, its code, a link; all may be empty."""
    found = {}
    if phone and not _BRIDGE.fullmatch(phone):
        found["fallback_phone"] = "Write a phone number, with the area code."
    if code and not phone:
        found["fallback_code"] = "A code needs the number it belongs to."
    if len(code) > 40:
        found["fallback_code"] = "At most 40 characters, please."
    if link and not (_ADDRESS.fullmatch(link) and len(link) <= 300):
        found["fallback_link"] = "Write an address that begins with https://."
    return found


def peak(places: Iterable[Period], within: Period) -> int:
    """The largest number of places held on one date of a period."""
    overlapping = [p for p in places if p.overlaps(within)]
    starts = {max(p.first, within.first) for p in overlapping}
    return max((sum(p.covers(on) for p in overlapping) for on in starts), default=0)


@dataclass(frozen=True)
class Band:
    """How a group's size stands to its band once `size` people are in it."""

    size: int
    minimum: int
    maximum: int

    @property
    def is_over(self) -> bool:
        """More than the group may hold: refused."""
        return self.size > self.maximum

    @property
    def warning(self) -> str:
        """A calm word near the edges of the band; '' well inside."""
        if self.size < self.minimum:
            return f"This group has {self.size} of at least {self.minimum} people."
        if self.size == self.maximum:
            return f"This group is now full ({self.maximum} places)."
        if self.size == self.maximum - 1:
            return "One place is left in this group."
        return ""


def break_problem(breaks: Sequence[tuple[int, int]], minutes: int) -> str:
    """What is wrong with the breaks of an evening, or ''. Breaks are (minutes after the start, length)."""
    end = 0
    for after, length in sorted(breaks):
        if after < 1 or length < 1:
            return "A break starts after the group has begun and lasts at least a minute."
        if after < end:
            return "Two breaks overlap."
        end = after + length
        if end >= minutes:
            return "Every break must end before the group ends."
    return ""


def dose_problem(weekly_minutes: int, weekly_days: int) -> str:
    """What is wrong with a prescribed dose, or ''."""
    if not 0 <= weekly_minutes <= 10080:
        return "Minutes a week are between 0 and 10080."
    if not 0 <= weekly_days <= 7:
        return "Days a week are between 0 and 7."
    if weekly_minutes > weekly_days * 1440:
        return "So many minutes do not fit into so few days."
    return ""


def fingerprint(values: Mapping[str, object]) -> str:
    """A short mark of what somebody saw before editing; a different one means somebody else was faster."""
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
