"""When a note is due, when to warn, and what is late (R15, C10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from vio.common.localtime import as_utc, business_day_after, end_of_date, local_date

WARN_BEFORE = timedelta(hours=4)


@dataclass(frozen=True)
class ElapsedHours:
    """Due so many hours of elapsed time after the session's actual end."""

    hours: int = 24


@dataclass(frozen=True)
class BusinessDays:
    """Due at the end of the n-th business day; the day of service is day 0."""

    days: int = 3
    holidays: frozenset[date] = frozenset()


NotePolicy: TypeAlias = ElapsedHours | BusinessDays


class Standing(StrEnum):
    """Where an unsigned note stands."""

    OPEN = "open"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class NoteDue:
    """Instants in UTC; `due_date` is the last local date on which the note is in time."""

    due: datetime
    warn: datetime
    due_date: date

    def standing(self, now: datetime) -> Standing:
        """Where the note stands at `now`; it is overdue only after the due instant."""
        if now > self.due:
            return Standing.OVERDUE
        return Standing.DUE_SOON if now >= self.warn else Standing.OPEN

    def late_entry(self, signed_at: datetime) -> bool:
        """A note signed after its due time carries that mark for good."""
        return signed_at > self.due


def note_due(policy: NotePolicy, *, actual_end: datetime, service_date: date, tz: ZoneInfo) -> NoteDue:
    """The due time of the notes of one session (R15)."""
    if isinstance(policy, BusinessDays):
        day = due_date(service_date, policy.days, policy.holidays)
        due = end_of_date(day, tz)  # the end of a business day is the next local midnight (C10)
    else:
        due = as_utc(actual_end) + timedelta(hours=policy.hours)
        day = local_date(due, tz)
    return NoteDue(due=due, warn=due - WARN_BEFORE, due_date=day)


def due_date(service_date: date, business_days: int, holidays: Collection[date] = ()) -> date:
    """The n-th business day after the date of service, weekends and holidays skipped (R15)."""
    return business_day_after(service_date, business_days, holidays)
