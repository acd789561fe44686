"""Attendance of one client in one session (R2-R8, R10, R13, C2-C5): a pure function of times and policy.

Order of work on presence: close open connections, drop empty ones, unite, bridge, clip to the countable
window, floor to minutes once. Every other order gives somebody a minute too many or too few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sessions_app.attendance.intervals import (
    NOTHING,
    Interval,
    IntervalSet,
    intersect,
    subtract,
    total,
    union,
)
from vio.common.localtime import ONE_DAY, as_utc, end_of_date, local_date

RULE_VERSION = 1
_MINUTE = timedelta(minutes=1)


class Status(StrEnum):
    """How a client's session counts (R7)."""

    ATTENDED = "attended"
    PARTIAL = "partial"
    NO_SHOW = "no_show"
    EXCUSED = "excused"
    CANCELLED = "cancelled"


class Flag(StrEnum):
    """What a reviewer should know beside the status (R7, R8)."""

    LATE = "late"
    LEFT_EARLY = "left_early"
    BRIEF_CONTACT = "brief_contact"


class Attribution(StrEnum):
    """To which local date the minutes of a session belong (R10)."""

    START_DATE = "start_date"
    SPLIT = "split"


class Role(StrEnum):
    """In which capacity somebody sat in a session (R13)."""

    CLIENT = "client"
    STAFF = "staff"
    OBSERVER = "observer"
    INTERPRETER = "interpreter"
    FAMILY = "family"


@dataclass(frozen=True)
class AttendancePolicy:
    """The settings of a program; the defaults are the rules' own."""

    bridge_gap_seconds: int = 0
    late_after_seconds: int = 300
    left_early_seconds: int = 300
    no_show_below_minutes: int = 8
    attended_percent: int = 80
    attribution: Attribution = Attribution.START_DATE

    def __post_init__(self) -> None:
        object.__setattr__(self, "attribution", Attribution(self.attribution))
        numbers = (
            self.bridge_gap_seconds,
            self.late_after_seconds,
            self.left_early_seconds,
            self.no_show_below_minutes,
            self.attended_percent,
        )
        if min(numbers) < 0 or self.attended_percent > 100:
            raise ValueError("an attendance policy holds numbers from 0 up, and at most 100 percent")


@dataclass(frozen=True)
class SessionTimes:
    """When one session was planned and ran, and its breaks as taken (R2)."""

    scheduled: Interval
    timezone: ZoneInfo
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    breaks: tuple[Interval, ...] = ()

    @property
    def opened(self) -> datetime:
        """When the group began; as planned where nothing else is known."""
        return as_utc(self.actual_start or self.scheduled.start)

    @property
    def closed(self) -> datetime:
        """When the group ended; as planned where nothing else is known."""
        return as_utc(self.actual_end or self.scheduled.end)

    def countable_window(self) -> IntervalSet:
        """W: what was both planned and held, without the breaks (R2)."""
        start, end = max(self.scheduled.start, self.opened), min(self.scheduled.end, self.closed)
        return subtract(union([Interval(start, end)]), union(self.breaks))

    def scheduled_minutes(self) -> int:
        """Planned minutes without the breaks, floored (R6)."""
        return whole_minutes(total(subtract(union([self.scheduled]), union(self.breaks))))


@dataclass(frozen=True)
class Presence:
    """One stay in the room over one connection; `left` is None while it is still open (R3)."""

    joined: datetime
    left: datetime | None = None


@dataclass(frozen=True)
class Attendance:
    """What one client is credited for one session, with the figures it came from."""

    status: Status
    flags: frozenset[Flag]
    credited: timedelta
    credited_intervals: IntervalSet
    present: timedelta  # inside W by the evidence, also when the session was called off (C3)
    scheduled_minutes: int
    delivered_minutes: int
    by_date: Mapping[date, int] = field(hash=False)
    rule_version: int = RULE_VERSION

    @property
    def credited_seconds(self) -> int:
        """Credited time in whole seconds, floored once (C10)."""
        return self.credited // timedelta(seconds=1)

    @property
    def credited_minutes(self) -> int:
        """Credited time in whole minutes, floored once per client and session (R5)."""
        return whole_minutes(self.credited)


def attendance(
    times: SessionTimes,
    presence: Iterable[Presence],
    policy: AttendancePolicy,
    *,
    excused: bool = False,
    cancelled: bool = False,
) -> Attendance:
    """Credit one client for one session (R2-R8, R10).

    `excused`: an excuse was accepted. `cancelled`: the program called the session off. A session that
    ran shorter than the no-show limit is cancelled for everybody too (C2); its minutes stay visible and
    count nowhere (C4). What the program called off credits nothing (C3). Whoever decides otherwise does
    so by a correction with a reason (R14).
    """
    window = times.countable_window()
    inside = credited_intervals(times, presence, policy)
    present, delivered = total(inside), total(window)
    too_short = whole_minutes(delivered) < max(policy.no_show_below_minutes, 1)
    status = (
        Status.CANCELLED if cancelled or too_short else _status(present, delivered, policy, excused=excused)
    )
    if cancelled:
        inside = ()
    return Attendance(
        status=status,
        flags=_flags(status, inside, window, policy),
        credited=total(inside),
        credited_intervals=inside,
        present=present,
        scheduled_minutes=times.scheduled_minutes(),
        delivered_minutes=whole_minutes(delivered),
        by_date=minutes_by_date(times, inside, policy.attribution),
    )


def credited_intervals(
    times: SessionTimes, presence: Iterable[Presence], policy: AttendancePolicy
) -> IntervalSet:
    """Where in the countable window the client was there, all devices together (R3, R4)."""
    closed = [Interval(p.joined, p.left if p.left is not None else times.closed) for p in presence]
    merged = union(closed, bridge=timedelta(seconds=policy.bridge_gap_seconds))
    return intersect(merged, times.countable_window())


def minutes_by_date(times: SessionTimes, credited: IntervalSet, attribution: Attribution) -> dict[date, int]:
    """Credited minutes per local date of service; the parts add up to the whole (R10, C10)."""
    minutes = whole_minutes(total(credited))
    start_date = local_date(times.scheduled.start, times.timezone)
    if attribution is Attribution.START_DATE or not credited:
        return {start_date: minutes}
    parts = _split_at_midnight(credited, start_date, times.timezone)
    *earlier, last = parts
    by_date = {day: whole_minutes(parts[day]) for day in earlier}
    return by_date | {last: minutes - sum(by_date.values())}


def whole_minutes(length: timedelta) -> int:
    """Elapsed time in minutes, floored."""
    return length // _MINUTE


@dataclass(frozen=True)
class Seat:
    """One person in one session, for counting the group."""

    person: str
    credited_minutes: int
    role: Role = Role.CLIENT


@dataclass(frozen=True)
class GroupSize:
    """How many people made up the group (R13)."""

    size: int
    violation: bool


def group_size(
    seats: Iterable[Seat],
    *,
    cap: int = 12,
    floor: int = 2,
    count_roles: Collection[Role] = (Role.CLIENT,),
    no_show_below_minutes: int = 8,
) -> GroupSize:
    """Distinct people of the counted roles who stayed long enough, and whether that breaks the limits (R13).

    Nobody there is no violation (C5): such a session was not held.
    """
    people = {
        seat.person
        for seat in seats
        if seat.role in count_roles and seat.credited_minutes >= no_show_below_minutes
    }
    return GroupSize(len(people), bool(people) and not floor <= len(people) <= cap)


def _status(present: timedelta, delivered: timedelta, policy: AttendancePolicy, *, excused: bool) -> Status:
    minutes = whole_minutes(present)
    if minutes < policy.no_show_below_minutes:
        return Status.EXCUSED if excused else Status.NO_SHOW
    if minutes * 100 >= policy.attended_percent * whole_minutes(delivered):
        return Status.ATTENDED
    return Status.PARTIAL


def _flags(
    status: Status, inside: IntervalSet, window: IntervalSet, policy: AttendancePolicy
) -> frozenset[Flag]:
    if not inside or status is Status.CANCELLED:
        return frozenset()
    if status in (Status.NO_SHOW, Status.EXCUSED):
        return frozenset({Flag.BRIEF_CONTACT})
    late = inside[0].start - window[0].start > timedelta(seconds=policy.late_after_seconds)
    early = window[-1].end - inside[-1].end > timedelta(seconds=policy.left_early_seconds)
    return frozenset(flag for flag, raised in ((Flag.LATE, late), (Flag.LEFT_EARLY, early)) if raised)


def _split_at_midnight(credited: IntervalSet, first: date, tz: ZoneInfo) -> dict[date, timedelta]:
    """Credited time per local date, in order, from the first date to the last that has any."""
    parts: dict[date, timedelta] = {}
    day, begin = first, credited[0].start
    while begin < credited[-1].end:
        midnight = end_of_date(day, tz)
        parts[day] = total(intersect(credited, union([Interval(begin, midnight)])))
        day, begin = day + ONE_DAY, max(begin, midnight)
    return {day: part for day, part in parts.items() if part > NOTHING}
