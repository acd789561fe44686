"""Will this week reach the prescribed dose, and if not by itself, which seats would still fix it?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations

from sessions_app.attendance.intervals import Interval

_TRY_TOGETHER = 3  # more extra seats than this in one week is no plan; then the longest ones are named


class Outlook(StrEnum):
    """Where a client's week stands."""

    MET = "met"
    ON_COURSE = "on_course"  # the seats already booked are enough
    NEEDS_ONE_MORE = "needs_one_more"  # not by those, but with open seats of other groups
    CANNOT_REACH = "cannot_reach"


@dataclass(frozen=True)
class OpenSeat:
    """A session still to come this week that the client could sit in."""

    key: str
    time: Interval
    day: date  # local date of service
    minutes: int  # what it would count, in full
    booked: bool  # in one of the client's own groups; otherwise one more that is offered


@dataclass(frozen=True)
class Dose:
    """What is prescribed for a week: minutes and, where the payer asks, a number of days."""

    minutes: int
    days: int = 0


@dataclass(frozen=True)
class Forecast:
    """The outlook and what to tell the client and the team."""

    outlook: Outlook
    missing_minutes: int
    missing_days: int
    reached_with: OpenSeat | None  # the booked seat that completes the dose, if all before it are kept
    must_keep: tuple[OpenSeat, ...]  # booked seats none of which can be missed any more
    fixes: tuple[tuple[OpenSeat, ...], ...]  # each choice of extra seats, alone, would still reach the dose


def forecast(*, minutes: int, days: Collection[date], dose: Dose, seats: Sequence[OpenSeat]) -> Forecast:
    """Look at the rest of the week (pure; `minutes` and `days` are what already counts, seats are the
    future's).

    An offered seat that meets at the time of a booked one is no help and is left out.
    """
    week = _Week(minutes, frozenset(days), dose)
    booked = sorted((s for s in seats if s.booked), key=_by_time)
    offered = sorted((s for s in seats if not s.booked and not _clashes(s, booked)), key=_by_time)
    fixes = () if week.reached_by(booked) else _fixes(week, booked, offered)
    return Forecast(
        outlook=_outlook(week, booked, fixes),
        missing_minutes=max(dose.minutes - minutes, 0),
        missing_days=max(dose.days - len(week.days), 0),
        reached_with=_completes(week, booked),
        must_keep=_must_keep(week, booked),
        fixes=fixes,
    )


@dataclass(frozen=True)
class _Week:
    minutes: int
    days: frozenset[date]
    dose: Dose

    def reached_by(self, seats: Sequence[OpenSeat]) -> bool:
        minutes = self.minutes + sum(seat.minutes for seat in seats)
        days = self.days | {seat.day for seat in seats if seat.minutes}
        return minutes >= self.dose.minutes and len(days) >= self.dose.days


def _outlook(week: _Week, booked: Sequence[OpenSeat], fixes: Sequence[object]) -> Outlook:
    if week.reached_by(()):
        return Outlook.MET
    if week.reached_by(booked):
        return Outlook.ON_COURSE
    return Outlook.NEEDS_ONE_MORE if fixes else Outlook.CANNOT_REACH


def _completes(week: _Week, booked: Sequence[OpenSeat]) -> OpenSeat | None:
    if week.reached_by(()):
        return None
    return next((seat for n, seat in enumerate(booked, start=1) if week.reached_by(booked[:n])), None)


def _must_keep(week: _Week, booked: Sequence[OpenSeat]) -> tuple[OpenSeat, ...]:
    if not week.reached_by(booked):
        return ()
    return tuple(seat for seat in booked if not week.reached_by([s for s in booked if s is not seat]))


def _fixes(
    week: _Week, booked: Sequence[OpenSeat], offered: Sequence[OpenSeat]
) -> tuple[tuple[OpenSeat, ...], ...]:
    """The smallest choices of extra seats that reach the dose; none if even all of them do not."""
    for size in range(1, min(_TRY_TOGETHER, len(offered)) + 1):
        found = tuple(
            choice
            for choice in combinations(offered, size)
            if _fits(choice) and week.reached_by([*booked, *choice])
        )
        if found:
            return found
    most = _longest_that_fit(offered)
    return (most,) if len(most) > _TRY_TOGETHER and week.reached_by([*booked, *most]) else ()


def _longest_that_fit(offered: Sequence[OpenSeat]) -> tuple[OpenSeat, ...]:
    chosen: list[OpenSeat] = []
    for seat in sorted(offered, key=lambda s: (-s.minutes, s.time)):
        if not _clashes(seat, chosen):
            chosen.append(seat)
    return tuple(sorted(chosen, key=_by_time))


def _fits(choice: Sequence[OpenSeat]) -> bool:
    return not any(_clashes(seat, choice[n + 1 :]) for n, seat in enumerate(choice))


def _clashes(seat: OpenSeat, others: Sequence[OpenSeat]) -> bool:
    return any(seat.time.start < o.time.end and o.time.start < seat.time.end for o in others)


def _by_time(seat: OpenSeat) -> tuple[datetime, str]:
    return seat.time.start, seat.key
