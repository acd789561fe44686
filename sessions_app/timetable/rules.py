"""What a timetable asks of the sessions there are: one list of steps, read for a preview and carried out by a change.

Pure: the service gives the sessions that may still change, what is wanted, and the instant; the same steps come out
whoever asks, so that a preview says what will happen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from groups.calendars import Occurrence, Timetable, dates, occurrence
from vio.common.localtime import end_of_date, start_of_date

Pause = tuple[datetime, datetime]
_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What becomes of one date: nothing, or a session is made, moved, changed, given back, called off or taken away.

    A holiday that no session stood on yet is announced: its session is written down as called off, so that people see why.
    """

    KEEP = "keep"
    MAKE = "make"
    MOVE = "move"
    CHANGE = "change"
    RESTORE = "restore"
    CALL_OFF = "call_off"
    TAKE_AWAY = "take_away"
    ANNOUNCE = "announce"


class Why(StrEnum):
    """Why a date is kept as it is."""

    SAME = "same"  # nothing differs
    BY_HAND = "by_hand"  # it was moved by hand and stays where it was put
    TOO_LATE = "too_late"  # its new start is past already
    OFF = "off"  # it is called off and stays so


@dataclass(frozen=True)
class Planned:
    """What one session says: its times, its neutral name, its kind of service, its planned breaks in order."""

    starts_at: datetime
    ends_at: datetime
    title: str
    service_type: str
    breaks: tuple[Pause, ...] = ()


@dataclass(frozen=True)
class There:
    """A session of a series that has not begun: its date in the series, what it says, whether it is called off.

    `for_holiday`: called off for a holiday; until that is removed, no timetable brings it back.
    """

    id: UUID
    on: date
    planned: Planned
    cancelled: bool = False
    follows_series: bool = True
    for_holiday: bool = False


@dataclass(frozen=True)
class Wish:
    """What a series is to be. `open` is False for a group that meets no more; `holidays` are the program's own."""

    table: Timetable
    title: str
    service_type: str
    open: bool = True
    holidays: frozenset[date] = frozenset()

    def off(self, on: date) -> bool:
        """Whether that date of the timetable is called off, by hand or as a holiday."""
        return on in self.table.cancelled or on in self.holidays

    def takes_off(self, session: There) -> bool:
        """Whether a session is called off. One that was moved by hand, onto a holiday or away from one, was moved knowingly."""
        if session.on in self.table.cancelled or (session.cancelled and session.for_holiday):
            return True
        return session.follows_series and session.on in self.holidays

    def at(self, on: date) -> Planned:
        """What a session on that date would say (R1)."""
        found = occurrence(self.table, on)
        return Planned(found.starts_at, found.ends_at, self.title, self.service_type, found.breaks)


@dataclass(frozen=True)
class Step:
    """One date of a change: what happens, what was (None when made), what will be (None when gone or called off)."""

    kind: Kind
    on: date
    session: UUID | None = None
    before: Planned | None = None
    after: Planned | None = None
    why: Why | None = None

    @property
    def is_kept(self) -> bool:
        """Whether nothing happens on this date."""
        return self.kind is Kind.KEEP


def steps(there: Sequence[There], wish: Wish, *, now: datetime, first: date, last: date) -> list[Step]:
    """What a wish asks of the sessions that have not begun, and of the local dates `first` to `last`, in order of date.

    Only sessions that begin after `now` are to be given, the called-off ones among them.
    """
    found = [_step(session, wish, now) for session in there]
    known = {session.on for session in there}
    found += [
        Step(Kind.MAKE, o.on, after=wish.at(o.on))
        for o in missing(wish, known, now=now, first=first, last=last)
    ]
    found += [
        Step(Kind.ANNOUNCE, o.on, before=wish.at(o.on))
        for o in unannounced(wish, known, now=now, first=first, last=last)
    ]
    return sorted(found, key=lambda step: step.on)


def missing(
    wish: Wish, known: Collection[date], *, now: datetime, first: date, last: date
) -> list[Occurrence]:
    """The meetings wanted from `first` to `last` whose date is not known; one that is over already is not made up."""
    if not wish.open:
        return []
    wanted = (occurrence(wish.table, on) for on in dates(wish.table, first, last) if not wish.off(on))
    return [o for o in wanted if o.on not in known and o.ends_at > now]


def unannounced(
    wish: Wish, known: Collection[date], *, now: datetime, first: date, last: date
) -> list[Occurrence]:
    """The meetings a holiday takes from `first` to `last` whose date is not known yet."""
    if not wish.open:
        return []
    taken = (occurrence(wish.table, on) for on in dates(wish.table, first, last) if on in wish.holidays)
    return [o for o in taken if o.on not in known and o.ends_at > now]


def _step(session: There, wish: Wish, now: datetime) -> Step:
    on, before = session.on, session.planned
    if wish.takes_off(session):
        kind, why = (Kind.KEEP, Why.OFF) if session.cancelled else (Kind.CALL_OFF, None)
        return Step(kind, on, session.id, before, None, why)
    if not wish.open or on not in dates(wish.table, on, on):
        kind, why = (Kind.KEEP, Why.OFF) if session.cancelled else (Kind.TAKE_AWAY, None)
        return Step(kind, on, session.id, before, None, why)
    return _renewed(session, wish.at(on), now)


def _renewed(session: There, after: Planned, now: datetime) -> Step:
    # Tonight is not moved into the past, and an evening moved by hand stays where it was put.
    before = session.planned
    why = None
    if after.starts_at <= now:
        why = Why.OFF if session.cancelled else Why.TOO_LATE
    elif session.cancelled:
        return Step(Kind.RESTORE, session.on, session.id, before, after)
    elif not session.follows_series:
        why = Why.BY_HAND
    elif before == after:
        why = Why.SAME
    if why is not None:
        return Step(Kind.KEEP, session.on, session.id, before, before, why)
    moved = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
    return Step(Kind.MOVE if moved else Kind.CHANGE, session.on, session.id, before, after)


def touched(plan: Iterable[Step]) -> frozenset[date]:
    """The dates on which something happens."""
    return frozenset(step.on for step in plan if not step.is_kept)


def clocks_change_on(on: date, zone: ZoneInfo) -> timedelta:
    """How much longer (or, negative, shorter) than 24 hours a local date is: the night the clocks change (R1)."""
    return end_of_date(on, zone) - start_of_date(on, zone) - _DAY
