"""One night on which the calendar does something, lived through by a whole stack: `python -m faults.night NAME ROOT`.

Started under a wall clock that shows that night (`faketime.living_at`): pages, worker, scheduler, both servers and the people who
play are in the same time. An evening is played across the change, and what it left in the books is held against figures that
were worked out by hand.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from faults.attach import attach
from faults.ending import end_well, hear_nothing_more
from faults.findings import Book
from faults.stack import Stack

COMES_BEFORE = timedelta(seconds=290)  # the room begins so long before the change
GOES_AFTER = timedelta(seconds=250)
LASTS = timedelta(seconds=560)  # more than the eight minutes below which nothing counts (R7)
STARTS_WITHIN = timedelta(seconds=110)
READY, FOUND = "ready", "found.json"


@dataclass(frozen=True)
class Night:
    """The zone of the program, the change, the day of service (R10) and the first day of its week (R9).

    `rule` is that of a series at 19:00 on the wall that is made before the change, `coming` when it meets next (R1).
    """

    name: str
    zone: str
    change: datetime
    day: date
    week: date
    rule: str
    coming: tuple[datetime, ...]

    @property
    def planned(self) -> datetime:
        """The scheduled start: its misses are known a minute after the change (F1)."""
        return self.change - timedelta(minutes=14)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day, hour, minute


# In Nuuk the clock is changed while groups meet: Saturday 23:00 does not exist in spring, and comes twice in autumn.
NIGHTS = (
    Night(
        "spring forward", "America/Nuuk", _utc(2027, 3, 28, 1, 0), date(2027, 3, 27), date(2027, 3, 21),
        "FREQ=WEEKLY;BYDAY=SU,TU", (_utc(2027, 3, 28, 20, 0), _utc(2027, 3, 30, 20, 0)),
    ),
    Night(
        "fall back", "America/Nuuk", _utc(2027, 10, 31, 1, 0), date(2027, 10, 30), date(2027, 10, 24),
        "FREQ=WEEKLY;BYDAY=SU,TU", (_utc(2027, 10, 31, 21, 0), _utc(2027, 11, 2, 21, 0)),
    ),
    Night(
        "leap day", "America/New_York", _utc(2028, 3, 1, 5, 0), date(2028, 2, 29), date(2028, 2, 27),
        "FREQ=WEEKLY;BYDAY=TU,WE", (_utc(2028, 3, 2, 0, 0), _utc(2028, 3, 8, 0, 0)),
    ),
)  # fmt: skip


def begins_at(night: Night) -> datetime:
    """What the clock shows when the stack is started."""
    return night.change - COMES_BEFORE - STARTS_WITHIN


def main() -> int:
    """Exit code 0 when the night was played, however it went; what was found is in a file."""
    name, root = sys.argv[1:3]
    night = next(one for one in NIGHTS if one.name == name)
    stack = Stack(Path(root), web=1, keep=True)  # the folder goes with that of whoever started us
    book = Book()
    end_well()
    try:
        stack.start()
        (stack.root / READY).touch()
        _play(stack, night, book)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # what broke off has shown nothing
        book.check("FT-clock", [f"{night.name} broke off: {type(error).__name__}: {error}"], "")
        raise
    finally:
        hear_nothing_more()
        stack.stop()
        stack.clear()
        found = [vars(finding) for finding in book.findings]
        (stack.root / FOUND).write_text(json.dumps(found), encoding="utf-8")
    return 0


def _play(stack: Stack, night: Night, book: Book) -> None:
    attach(stack)
    from faults.ground import Ground
    from faults.night_evening import play

    asyncio.run(play(Ground(stack, 1, book), night))


if __name__ == "__main__":
    sys.exit(main())
