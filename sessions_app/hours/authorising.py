"""How far an authorisation reaches (R12): units of each day from what was credited, then what is left. Pure.

The payer's terms say how minutes become units. `ohio_day` authorises per diems: a day too short for one is billed by the
hour and uses none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sessions_app.hours import units
from vio.common.localtime import Week, WeekStart, week_of


class UnitRule(StrEnum):
    """How a payer counts units; the functions are in `units.py`."""

    UNIT15 = "unit15"
    H0015_DAY = "h0015_day"
    OHIO_DAY = "ohio_day"
    PER_SESSION = "per_session"


@dataclass(frozen=True)
class Terms:
    """A payer's rule with its parameters; only those of its own rule matter."""

    rule: UnitRule
    day_minutes: int = 180  # h0015_day: a day that counts
    days_needed: int = 3  # h0015_day: such days in a week
    per_diem_from: int = 150  # ohio_day
    session_minutes: int = 45  # per_session
    size_floor: int = 2  # per_session
    size_cap: int = 12


@dataclass(frozen=True)
class Served:
    """One session of one client, held or to come: local date, minutes of the code, group size (R13)."""

    day: date
    minutes: int
    group_size: int


@dataclass(frozen=True)
class WeekUnits:
    """Units of one week; `met` is the week rule of `h0015_day`, None for other rules (C6)."""

    week: Week
    units: int
    met: bool | None


@dataclass(frozen=True)
class Standing:
    """Where an authorisation stands. `runs_out_on` is the date the last unit is used, by what is planned."""

    authorised: int
    used: int
    planned: int  # units of the seats to come within its dates
    runs_out_on: date | None

    @property
    def left(self) -> int:
        """Units not used yet; never below 0."""
        return max(self.authorised - self.used, 0)

    @property
    def short(self) -> int:
        """Planned units that are not authorised."""
        return max(self.used + self.planned - self.authorised, 0)

    def low(self, warn_units: int) -> bool:
        """Whether the last units have begun."""
        return self.left <= warn_units


def units_by_day(terms: Terms, sessions: Iterable[Served]) -> dict[date, int]:
    """{local date: units} in the order of the dates; dates without a unit are absent."""
    days: dict[date, list[Served]] = defaultdict(list)
    for one in sessions:
        days[one.day].append(one)
    found = {day: _day(terms, days[day]) for day in sorted(days)}
    return {day: number for day, number in found.items() if number}


def _day(terms: Terms, sessions: Sequence[Served]) -> int:
    minutes = [one.minutes for one in sessions]
    if terms.rule is UnitRule.UNIT15:
        return units.unit15(minutes)
    if terms.rule is UnitRule.H0015_DAY:
        return units.h0015_day([minutes], day_minutes=terms.day_minutes).units[0]
    if terms.rule is UnitRule.OHIO_DAY:
        billed = units.ohio_day(minutes, per_diem_from=terms.per_diem_from)
        return int(billed is units.DayBilling.PER_DIEM)
    return sum(
        units.per_session(
            one.minutes, minimum=terms.session_minutes, group_size=one.group_size, cap=terms.size_cap,
            floor=terms.size_floor,
        )
        for one in sessions
    )  # fmt: skip


def weeks_of(terms: Terms, by_day: Mapping[date, int], week_start: WeekStart) -> tuple[WeekUnits, ...]:
    """Units per week of the program (R9); rolling weeks are laid out from Sunday, for there is no other grid."""
    grid = WeekStart.SUNDAY if week_start is WeekStart.ROLLING7 else week_start
    weeks: dict[Week, list[int]] = defaultdict(list)
    for day, number in by_day.items():
        weeks[week_of(day, grid)].append(number)
    by_days = terms.rule is UnitRule.H0015_DAY
    return tuple(
        WeekUnits(week, sum(found), len(found) >= terms.days_needed if by_days else None)
        for week, found in sorted(weeks.items())
    )


def standing(authorised: int, used: Mapping[date, int], planned: Mapping[date, int]) -> Standing:
    """The standing from units by day, used and still planned."""
    return Standing(
        authorised, sum(used.values()), sum(planned.values()), _last_day(authorised, used, planned)
    )


def _last_day(authorised: int, used: Mapping[date, int], planned: Mapping[date, int]) -> date | None:
    reached = 0
    for day, number in [*sorted(used.items()), *sorted(planned.items())]:
        reached += number
        if reached >= authorised:
            return day
    return None
