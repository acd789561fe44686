"""The script's own truth, and how far the ledger may be from it: pure arithmetic on instants in seconds (AT-1, AT-2).

It does not use the product's rules on purpose: two ways to the same figure are worth more than one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TOLERANCE = 2.0  # AT-1
LOST_BROWSER = 12.0  # AT-2: one heartbeat and the way
LOST_SERVER = 15.0  # AT-3
CAUSAL = 0.75
"""How far a stated instant may lie outside of what our own clock saw; the way and the clock's grain."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Stay:
    """One connection in the room: from being let in to leaving or losing the line.

    `slack` is how much earlier the beginning may have been; `cost` how much credit a broken line may take.
    """

    start: float
    end: float
    slack: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True)
class Course:
    """When the session was planned and ran, in seconds: what can be counted lies in it (R2)."""

    planned: Span
    started: float | None
    ended: float | None
    breaks: tuple[Span, ...] = ()

    @property
    def window(self) -> list[Span]:
        """The countable time."""
        if self.started is None or self.ended is None:
            return []
        start, end = max(self.planned[0], self.started), min(self.planned[1], self.ended)
        return without([(start, end)], self.breaks)


@dataclass(frozen=True)
class Expected:
    """Credited seconds by the script, and the least and the most that the ledger may say."""

    seconds: float
    least: float
    most: float

    def agrees(self, credited: float) -> bool:
        """Whether a credited figure is within the bounds."""
        return self.least <= credited <= self.most


def expected(stays: Iterable[Stay], course: Course) -> Expected:
    """What one client must be credited: the union of the stays inside the window, whole seconds."""
    known = [stay for stay in stays if stay.end > stay.start]
    seconds = length(common(union([(s.start, s.end) for s in known]), course.window))
    slack, cost = sum(s.slack for s in known), sum(s.cost for s in known)
    return Expected(seconds, max(0.0, seconds - TOLERANCE - cost), seconds + TOLERANCE + slack)


def statuses(expectation: Expected, delivered: float) -> set[str]:
    """Every status the bounds allow (R7, C2): near a limit there are two right answers."""
    return {
        _status(at, delivered + extra)
        for at in (expectation.least, expectation.most)
        for extra in (-1.0, 1.0)
    }


def _status(seconds: float, delivered: float) -> str:
    minutes, whole = int(seconds // 60), int(max(delivered, 0.0) // 60)
    if whole < 8:
        return "cancelled"
    if minutes < 8:
        return "no_show"
    return "attended" if minutes * 100 >= 80 * whole else "partial"


# --- spans --------------------------------------------------------------------------------------------------


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The time in both."""
    cut = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return union(span for span in cut if span[1] > span[0])


def without(spans: Sequence[Span], holes: Iterable[Span]) -> list[Span]:
    """The time outside of the holes."""
    left = union(spans)
    for begin, end in union(holes):
        left = [
            piece for a, b in left for piece in ((a, min(b, begin)), (max(a, end), b)) if piece[1] > piece[0]
        ]
    return left


def length(spans: Iterable[Span]) -> float:
    """Seconds in all."""
    return sum(end - start for start, end in spans)


def is_causal(stated: float, earliest: float, latest: float) -> bool:
    """Whether an instant that the server states can be true by our own clock."""
    return earliest - CAUSAL <= stated <= latest + CAUSAL


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of the values lies; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
