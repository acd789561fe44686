"""Weekly treatment hours (R9, R11, C4, C11, C12): whole minutes are compared, hours are only shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from sessions_app.attendance.rules import Status
from vio.common.localtime import Week, WeekStart, week_of

RULE_VERSION = 1


class Population(StrEnum):
    """Whose limits apply; only the lower one differs."""

    ADULT = "adult"
    ADOLESCENT = "adolescent"


class Level(StrEnum):
    """Level of care by weekly hours."""

    OUTPATIENT = "1"
    INTENSIVE = "2.1"
    HIGH_INTENSITY = "2.5"


class ServiceType(StrEnum):
    """What a session is, by the names of the tables; a program may count others than the default (C11)."""

    GROUP_THERAPY = "group_therapy"
    INDIVIDUAL = "individual"
    FAMILY = "family"
    MULTIFAMILY = "multifamily"
    PSYCHOEDUCATION = "psychoeducation"
    SKILLS = "skills"
    RELAPSE_PREVENTION = "relapse_prevention"
    TWELVE_STEP = "twelve_step"
    MINDFULNESS = "mindfulness"
    CBT = "cbt"
    MEDICATION = "medication"
    CASE_MANAGEMENT = "case_management"
    PEER_SOCIAL = "peer_social"
    DRUG_TESTING = "drug_testing"
    OUTSIDE_SUPPORT_MEETING = "outside_support_meeting"


COUNTABLE_BY_DEFAULT = frozenset(ServiceType) - {
    ServiceType.CASE_MANAGEMENT,
    ServiceType.PEER_SOCIAL,
    ServiceType.DRUG_TESTING,
    ServiceType.OUTSIDE_SUPPORT_MEETING,
}

_MINIMUM = {
    Population.ADULT: {Level.OUTPATIENT: 0, Level.INTENSIVE: 540, Level.HIGH_INTENSITY: 1200},
    Population.ADOLESCENT: {Level.OUTPATIENT: 0, Level.INTENSIVE: 360, Level.HIGH_INTENSITY: 1200},
}


@dataclass(frozen=True)
class ClockHour:
    """Sixty minutes are an hour (C12)."""

    name: str = "clock"

    def counted(self, *, credited_minutes: int, delivered_minutes: int) -> int:
        """Minutes that count for one client in one session: those credited."""
        return credited_minutes


@dataclass(frozen=True)
class TherapeuticHour:
    """A full group of `group_minutes` counts as an hour (C12).

    `from_percent` is the share of group_minutes a client must be credited. A session long enough to be
    worth more by the clock keeps its clock minutes: the definition lifts a total, it never lowers one.
    """

    group_minutes: int = 50
    counts_as: int = 60
    from_percent: int = 100
    name: str = "therapeutic"

    def __post_init__(self) -> None:
        if self.group_minutes < 1 or self.counts_as < 1 or not 1 <= self.from_percent <= 100:
            raise ValueError("a therapeutic hour needs minutes above 0 and 1 to 100 percent")

    def counted(self, *, credited_minutes: int, delivered_minutes: int) -> int:
        """Minutes that count for one client in one session."""
        long_enough = delivered_minutes >= self.group_minutes
        if long_enough and credited_minutes * 100 >= self.from_percent * self.group_minutes:
            return max(self.counts_as, credited_minutes)
        return credited_minutes


HourDefinition: TypeAlias = ClockHour | TherapeuticHour


@dataclass(frozen=True)
class HoursPolicy:
    """How a program counts its week; versioned by whoever stores it."""

    week_start: WeekStart = WeekStart.SUNDAY
    countable: frozenset[ServiceType] = COUNTABLE_BY_DEFAULT
    hour: HourDefinition = field(default_factory=ClockHour)
    no_show_below_minutes: int = 8


@dataclass(frozen=True)
class SessionCredit:
    """What one session gave one client: the latest version of the attendance (R14)."""

    service_type: ServiceType
    status: Status
    credited_minutes: int
    delivered_minutes: int
    by_date: Mapping[date, int] = field(hash=False)


def counted_minutes(credit: SessionCredit, policy: HoursPolicy) -> int:
    """Minutes of one session in the weekly total: none below the no-show limit (C4) or of other services
    (C11).
    """
    counts = (
        credit.service_type in policy.countable
        and credit.status in (Status.ATTENDED, Status.PARTIAL)
        and credit.credited_minutes >= policy.no_show_below_minutes
    )
    if not counts:
        return 0
    return policy.hour.counted(
        credited_minutes=credit.credited_minutes, delivered_minutes=credit.delivered_minutes
    )


def counted_by_date(credit: SessionCredit, policy: HoursPolicy) -> dict[date, int]:
    """The same minutes per date of service; what a therapeutic hour adds goes to the last date."""
    counted = counted_minutes(credit, policy)
    if not counted or not credit.by_date:
        return {}
    days = {day: minutes for day, minutes in sorted(credit.by_date.items()) if minutes}
    days[max(days)] += counted - sum(days.values())
    return days


def weekly_minutes(sessions: Iterable[SessionCredit], week: Week, policy: HoursPolicy) -> int:
    """The week's total in whole minutes (R11)."""
    return sum(
        minutes
        for credit in sessions
        for day, minutes in counted_by_date(credit, policy).items()
        if day in week
    )


def minutes_by_week(days: Mapping[date, int], week_start: WeekStart) -> dict[Week, int]:
    """Add minutes per date of service into calendar weeks (R9); ValueError for rolling7, which has no
    fixed weeks.
    """
    if week_start is WeekStart.ROLLING7:
        raise ValueError("a rolling week is counted from a date, not laid out on the calendar")
    weeks: dict[Week, int] = defaultdict(int)
    for day, minutes in days.items():
        weeks[week_of(day, week_start)] += minutes
    return dict(sorted(weeks.items()))


def minutes_in_week(days: Mapping[date, int], week: Week) -> int:
    """Minutes of the dates that lie in one week."""
    return sum(minutes for day, minutes in days.items() if day in week)


def hours_text(minutes: int) -> str:
    """Hours with two decimals, rounded half up, for showing only (R11): 539 minutes are "8.98"."""
    if minutes < 0:
        raise ValueError("minutes are never negative")
    hundredths = (minutes * 100 + 30) // 60
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def level_minimum(level: Level, population: Population = Population.ADULT) -> int:
    """Weekly minutes from which a level is reached (R11)."""
    return _MINIMUM[population][level]


def level_of(minutes: int, population: Population = Population.ADULT) -> Level:
    """The level of care that so many weekly minutes amount to (R11)."""
    return max((level for level in Level if minutes >= level_minimum(level, population)), key=str)
