"""When a client may be written to: quiet hours on the program's wall clock, and when a reminder is due. Pure.

Quiet hours run from one wall time to another, usually over midnight; the same time twice means none. Instants go in and
come out in UTC; walls become instants only by R1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vio.common.localtime import ONE_DAY, to_instant

BEFORE_QUIET = timedelta(minutes=15)
"""How long before the quiet hours a message goes that would have been due in them."""
AFTER_QUIET = timedelta(hours=1)
"""How long after the quiet hours nothing runs out yet."""


@dataclass(frozen=True)
class QuietHours:
    """From `begins` to `ends` by the wall clock of `zone`; `ends` itself is not quiet any more."""

    begins: time
    ends: time
    zone: ZoneInfo

    def cover(self, at: datetime) -> bool:
        """Whether nobody is written to at this instant."""
        wall = at.astimezone(self.zone).time()
        if self.begins <= self.ends:
            return self.begins <= wall < self.ends
        return wall >= self.begins or wall < self.ends

    def over_at(self, at: datetime) -> datetime:
        """The end of the quiet hours that cover an instant; the instant itself when none do."""
        return self._next(at, self.ends) if self.cover(at) else at

    def next_at(self, at: datetime) -> datetime | None:
        """When quiet hours begin next after an instant that is not in them; None when there are none."""
        return None if self.begins == self.ends else self._next(at, self.begins)

    def last_before(self, at: datetime) -> datetime:
        """When the quiet hours began that cover an instant."""
        day = at.astimezone(self.zone).date()
        began = to_instant(datetime.combine(day, self.begins), self.zone)
        return began if began <= at else to_instant(datetime.combine(day - ONE_DAY, self.begins), self.zone)

    def _next(self, at: datetime, wall: time) -> datetime:
        day = at.astimezone(self.zone).date()
        found = to_instant(datetime.combine(day, wall), self.zone)
        return found if found > at else to_instant(datetime.combine(day + ONE_DAY, wall), self.zone)


def reminder_due(starts_at: datetime, minutes: int, quiet: QuietHours) -> datetime | None:
    """When to remind of a group that starts then, `minutes` before it: never in quiet hours and never the day before.

    In quiet hours it moves to their end, or, for a group late at night, to a while before they begin. None: not at all.
    """
    due = starts_at - timedelta(minutes=minutes)
    if not quiet.cover(due):
        return due
    if (after := quiet.over_at(due)) < starts_at:
        return after
    before = quiet.last_before(due) - BEFORE_QUIET
    same_day = before.astimezone(quiet.zone).date() == starts_at.astimezone(quiet.zone).date()
    return before if same_day and not quiet.cover(before) else None


def void_from(due: datetime, starts_at: datetime, quiet: QuietHours) -> datetime:
    """From when a reminder is not worth sending: the group has begun, or it has become quiet."""
    begins = quiet.next_at(due)
    return starts_at if begins is None else min(starts_at, begins)


def runs_out(from_: datetime, hours: int, quiet: QuietHours) -> datetime:
    """When something a client must answer runs out: after so many hours, but never while they are left in peace."""
    at = from_ + timedelta(hours=hours)
    return quiet.over_at(at) + AFTER_QUIET if quiet.cover(at) else at
