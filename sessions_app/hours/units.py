"""Payer profiles (R12, C4, C6): units from credited minutes of one code. A payer's rule is a profile,
never a constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

NO_SHOW_BELOW = 8


class DayBilling(StrEnum):
    """How a day of treatment is billed under `ohio_day`."""

    HOURLY = "hourly"
    PER_DIEM = "per_diem"


@dataclass(frozen=True)
class DayUnits:
    """A week under `h0015_day`; a failed week rule leaves the units (C6)."""

    units: tuple[int, ...]
    qualifying_days: int
    week_met: bool
    minutes: int


def unit15(session_minutes: Sequence[int]) -> int:
    """Fifteen-minute units of one code on one day: the minutes are added first, short pieces too (R12,
    C4).
    """
    minutes = sum(session_minutes)
    return 0 if minutes < NO_SHOW_BELOW else (minutes + 7) // 15


def h0015_day(
    days: Sequence[Sequence[int]],
    *,
    day_minutes: int = 180,
    days_needed: int = 3,
    no_show_below_minutes: int = NO_SHOW_BELOW,
) -> DayUnits:
    """One unit per day of at least `day_minutes`, for the days of one week, each its session minutes (R12).

    A session below the no-show limit was not attended and adds to neither day nor week (C4).
    """
    totals = [sum(m for m in day if m >= no_show_below_minutes) for day in days]
    units = tuple(int(minutes >= day_minutes) for minutes in totals)
    return DayUnits(units, sum(units), sum(units) >= days_needed, sum(totals))


def ohio_day(session_minutes: Sequence[int], *, per_diem_from: int = 150) -> DayBilling:
    """Per diem from `per_diem_from` minutes in a day, hourly below (R12)."""
    return DayBilling.PER_DIEM if sum(session_minutes) >= per_diem_from else DayBilling.HOURLY


def per_session(minutes: int, *, minimum: int, group_size: int, cap: int = 12, floor: int = 2) -> int:
    """One unit for one session that is long enough in a group of a payable size (R12, C6)."""
    return int(minutes >= minimum and floor <= group_size <= cap)
