"""What a person may change about a computed figure, and what not (R14): pure.

A refusal says why and what would be possible. Nothing is rounded, guessed or silently adjusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sessions_app.attendance.figures import TECHNICAL, UNEXPECTED, Figures
from sessions_app.attendance.intervals import IntervalSet, total
from sessions_app.attendance.rules import AttendancePolicy, Flag, Status, whole_minutes
from vio.common.errors import BadInputError, ConflictError

REASON_LENGTH = 500
_HELD = frozenset({Status.ATTENDED, Status.PARTIAL})


class IllegalTransitionError(ConflictError):
    """A status that cannot follow from the present one; the message explains."""

    code = "illegal_transition"


@dataclass(frozen=True)
class Changes:
    """What to change; None leaves a value as it is. `first_at` and `last_at` are instants, minutes whole."""

    status: Status | None = None
    credited_minutes: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True)
class Frame:
    """What a correction is held against: the policy and the time that could be credited (W, or the schedule when the
    session was called off, C3)."""

    policy: AttendancePolicy
    window: IntervalSet

    @property
    def minutes(self) -> int:
        """The most that can be credited."""
        return whole_minutes(total(self.window))


def checked_reason(reason: str, *, field: str = "reason") -> str:
    """The reason, trimmed; BadInputError when there is none or it is too long."""
    text = reason.strip()
    if not text:
        raise BadInputError(fields={field: "Please say why. It is kept with the record."})
    if len(text) > REASON_LENGTH:
        raise BadInputError(fields={field: f"At most {REASON_LENGTH} characters, please."})
    return text


def corrected(before: Figures, changes: Changes, frame: Frame) -> Figures:
    """The figures after a correction. Raises BadInputError (fields) or IllegalTransitionError."""
    minutes = before.credited_minutes if changes.credited_minutes is None else changes.credited_minutes
    _check_minutes(minutes, frame)
    first, last = _checked_times(before, changes, minutes, frame)
    status = _status(before, changes, minutes, frame)
    after = replace(
        before,
        credited_minutes=minutes,
        credited_seconds=before.credited_seconds if minutes == before.credited_minutes else minutes * 60,
        status=str(status),
        flags=_flags(before, status, minutes, (first, last), frame),
        by_date=spread(before.by_date, minutes),
        first_at=first,
        last_at=last,
    )
    if after == before:
        raise BadInputError("Nothing is different from what stands there now.", code="no_change")
    return after


def spread(by_date: Mapping[str, int], minutes: int) -> dict[str, int]:
    """New minutes over the dates the old ones lay on: earlier dates keep theirs, the last takes the rest (R10)."""
    days = sorted(by_date)
    left = minutes
    parts: dict[str, int] = {}
    for day in days[:-1]:
        parts[day] = min(by_date[day], left)
        left -= parts[day]
    return {day: part for day, part in parts.items() if part} | {days[-1]: left}


def _check_minutes(minutes: int, frame: Frame) -> None:
    if not 0 <= minutes <= frame.minutes:
        raise BadInputError(
            fields={
                "credited_minutes": f"From 0 to {frame.minutes} minutes: the group was no longer than that."
            }
        )


def _checked_times(
    before: Figures, changes: Changes, minutes: int, frame: Frame
) -> tuple[datetime | None, datetime | None]:
    first, last = changes.first_at or before.first_at, changes.last_at or before.last_at
    if minutes == 0:
        return None, None
    if first is None or last is None:
        missing = "first_at" if first is None else "last_at"
        raise BadInputError(fields={missing: "Minutes need a start and a stop time."})
    begin, end = frame.window[0].start, frame.window[-1].end
    if first < begin or last > end:
        side = "first_at" if first < begin else "last_at"
        raise BadInputError(fields={side: "This is outside the time the group ran."})
    if last - first < timedelta(minutes=minutes):
        raise BadInputError(
            fields={"credited_minutes": "There is less time than that between start and stop."}
        )
    return first, last


def _status(before: Figures, changes: Changes, minutes: int, frame: Frame) -> Status:
    limit = max(frame.policy.no_show_below_minutes, 1)
    if minutes >= limit:
        return _held(changes.status, minutes, frame)
    return _not_held(Status(before.status), changes.status, minutes, limit)


def _held(wanted: Status | None, minutes: int, frame: Frame) -> Status:
    enough = minutes * 100 >= frame.policy.attended_percent * frame.minutes
    by_rule = Status.ATTENDED if enough else Status.PARTIAL
    if wanted is None or wanted is by_rule:
        return by_rule
    if wanted in _HELD:
        share = f"{minutes} of {frame.minutes} minutes is {'' if enough else 'less than '}{frame.policy.attended_percent} %"
        raise IllegalTransitionError(
            f"{share}{' or more' if enough else ''}: that is “{by_rule}”. Change the minutes if they are wrong."
        )
    raise IllegalTransitionError(
        f"Somebody credited with {minutes} minutes was there. Set the minutes first if that is wrong."
    )


def _not_held(before: Status, wanted: Status | None, minutes: int, limit: int) -> Status:
    wanted = wanted or (before if before not in _HELD else Status.NO_SHOW)
    if wanted in _HELD:
        raise IllegalTransitionError(
            f"{minutes} minutes are too few: from {limit} minutes on it counts as being there."
        )
    if wanted is Status.CANCELLED and before is not Status.CANCELLED:
        raise IllegalTransitionError("A session is called off for everybody, not for one client.")
    if wanted is Status.NO_SHOW and before is Status.CANCELLED:
        raise IllegalTransitionError("A session that was called off never counts against a client.")
    return wanted


def _flags(
    before: Figures,
    status: Status,
    minutes: int,
    times: tuple[datetime | None, datetime | None],
    frame: Frame,
) -> tuple[str, ...]:
    flags = {flag for flag in before.flags if flag in {TECHNICAL, UNEXPECTED}}
    first, last = times
    if status in _HELD and first is not None and last is not None:
        if first - frame.window[0].start > timedelta(seconds=frame.policy.late_after_seconds):
            flags.add(str(Flag.LATE))
        if frame.window[-1].end - last > timedelta(seconds=frame.policy.left_early_seconds):
            flags.add(str(Flag.LEFT_EARLY))
    elif minutes:
        flags.add(str(Flag.BRIEF_CONTACT))
    return tuple(sorted(flags))
