"""Missed sessions and thin weeks (F1-F6, C9): who is missed, what is due when, and when a person must look.

The system never discharges anyone; it only asks somebody to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sessions_app.attendance.rules import Status
from sessions_app.hours.rules import Level, Population, level_minimum
from vio.common.localtime import as_utc

DETERMINED_AFTER = timedelta(minutes=15)
CONTACTS_AFTER = timedelta(minutes=60)
LADDER = (timedelta(hours=24), timedelta(hours=48), timedelta(hours=72))
FAILURES_TO_ESCALATE = 3
NO_SHOWS_TO_REVIEW = 3
DAYS_TO_REVIEW = 14


class Risk(StrEnum):
    """How urgent a miss is; high = latest C-SSRS tier high, or a red alert open (F2)."""

    STANDARD = "standard"
    HIGH = "high"


class Miss(StrEnum):
    """Whether a client is missed in a session (F1)."""

    NOT_YET = "not_yet"
    MISSED = "missed"
    CAME = "came"


class Outcome(StrEnum):
    """How an attempt to reach the client ended (F3)."""

    REACHED = "reached"
    MESSAGE_LEFT = "message_left"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    DECLINED = "declined"


class TaskState(StrEnum):
    """Where a follow-up stands."""

    OPEN = "open"
    ESCALATED = "escalated"
    REACHED = "reached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Ladder:
    """Due times of one follow-up, in UTC (F2)."""

    determined_at: datetime
    attempts_due: tuple[datetime, ...]
    contacts_due: datetime | None  # emergency or safety-plan contacts, within consent (F6)
    supervisor_consult: bool

    @property
    def first_attempt_due(self) -> datetime:
        """When somebody must have tried for the first time."""
        return self.attempts_due[0]


@dataclass(frozen=True)
class Progress:
    """A follow-up after its attempts so far; `next_due` is None when nothing further is due."""

    state: TaskState
    next_due: datetime | None


def determined_at(scheduled_start: datetime) -> datetime:
    """The instant at which an absent client becomes missed (F1)."""
    return as_utc(scheduled_start) + DETERMINED_AFTER


def miss(*, scheduled_start: datetime, first_seen: datetime | None, now: datetime) -> Miss:
    """Is this client missed? Presence in lobby or room, however late, is coming (F1, C9)."""
    if first_seen is not None and first_seen <= now:
        return Miss.CAME
    return Miss.MISSED if now >= determined_at(scheduled_start) else Miss.NOT_YET


def ladder(scheduled_start: datetime, risk: Risk) -> Ladder:
    """When attempts fall due: 24, 48, 72 h; at high risk one at once, contacts within the hour, then the
    same (F2, C9).
    """
    at = determined_at(scheduled_start)
    later = tuple(at + step for step in LADDER)
    if risk is Risk.STANDARD:
        return Ladder(at, later, contacts_due=None, supervisor_consult=False)
    return Ladder(at, (at, *later), contacts_due=at + CONTACTS_AFTER, supervisor_consult=True)


def progress(plan: Ladder, outcomes: Sequence[Outcome], *, came: bool = False) -> Progress:
    """Where the follow-up stands: coming cancels it, reaching closes it, three failures escalate it (F1,
    F3).
    """
    if came:
        return Progress(TaskState.WITHDRAWN, None)
    if Outcome.REACHED in outcomes:
        return Progress(TaskState.REACHED, None)
    failures = len(outcomes)
    next_due = plan.attempts_due[failures] if failures < len(plan.attempts_due) else None
    state = TaskState.ESCALATED if failures >= FAILURES_TO_ESCALATE else TaskState.OPEN
    return Progress(state, next_due)


def disengaged(
    statuses: Iterable[Status], *, last_credited: date | None = None, as_of: date | None = None
) -> bool:
    """Should somebody review whether this client is drifting away (F4)?

    `statuses` of past sessions, oldest first: three no-shows in a row up to now, where excused and
    cancelled ones neither count nor reset. Or 14 local dates since the last credited one (of a client
    never credited: since enrolment).
    """
    row = 0
    for status in statuses:
        if status is Status.NO_SHOW:
            row += 1
        elif status not in (Status.EXCUSED, Status.CANCELLED):
            row = 0
    silent = (
        last_credited is not None and as_of is not None and (as_of - last_credited).days >= DAYS_TO_REVIEW
    )
    return row >= NO_SHOWS_TO_REVIEW or silent


def weekly_shortfall(
    *,
    minutes: int,
    to_come: int,
    goal: int | None = None,
    level: Level = Level.INTENSIVE,
    population: Population = Population.ADULT,
) -> bool:
    """Can the week no longer reach its goal, even if every session to come is attended in full (F5)?

    `goal` is the client's own target of that week in minutes; where none is known, it is the minimum of the level.
    """
    return minutes + to_come < (level_minimum(level, population) if goal is None else goal)


def may_call_contact(*, consented: bool, medical_emergency: bool) -> bool:
    """May an emergency contact be called: within the consent given, or in a medical emergency (F6)."""
    return consented or medical_emergency
