"""Weeks to begin with: a whole timetable that a program can take over with one click and change afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from groups.models import ServiceType


@dataclass(frozen=True)
class Evening:
    """One meeting a week: its day, its neutral name and what kind of service it is."""

    day: str
    title: str
    service_type: ServiceType


@dataclass(frozen=True)
class WeekTemplate:
    """Meetings that share start, length and breaks (minutes after the start, length in minutes)."""

    key: str
    name: str
    about: str
    local_start: time
    minutes: int
    breaks: tuple[tuple[int, int], ...]
    evenings: tuple[Evening, ...]

    @property
    def weekly_minutes(self) -> int:
        """Scheduled minutes of a week without breaks (R6)."""
        return len(self.evenings) * (self.minutes - sum(length for _, length in self.breaks))


# The sample week of the domain reference, section 1: 17:30-19:00, break, 19:15-20:45, Monday to Thursday.
EVENING_WEEK = WeekTemplate(
    key="evening",
    name="Four evenings",
    about="Monday to Thursday, 5:30 to 7:00 pm, a break, 7:15 to 8:45 pm.",
    local_start=time(17, 30),
    minutes=195,
    breaks=((90, 15),),
    evenings=(
        Evening("MO", "Monday evening group", ServiceType.GROUP_THERAPY),
        Evening("TU", "Tuesday evening group", ServiceType.MULTIFAMILY),
        Evening("WE", "Wednesday evening group", ServiceType.SKILLS),
        Evening("TH", "Thursday evening group", ServiceType.PSYCHOEDUCATION),
    ),
)
WEEKS = {week.key: week for week in (EVENING_WEEK,)}
