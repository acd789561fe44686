"""Sets of instants as half-open intervals [start, end), exact below the second."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from vio.common.localtime import as_utc

NOTHING = timedelta(0)


@dataclass(frozen=True, order=True)
class Interval:
    """[start, end): the start belongs to it, the end does not. Kept in UTC, so that lengths are elapsed time.

    An interval that ends where or before it starts is empty; it may be written down and is dropped when
    used (R3).
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", as_utc(self.start))
        object.__setattr__(self, "end", as_utc(self.end))

    @property
    def length(self) -> timedelta:
        """Elapsed time, never negative."""
        return max(self.end - self.start, NOTHING)


# Sorted, disjoint, none empty and none touching the next: what the functions below return.
IntervalSet: TypeAlias = tuple[Interval, ...]


def union(intervals: Iterable[Interval], *, bridge: timedelta = NOTHING) -> IntervalSet:
    """Every instant that any interval holds; gaps of at most `bridge` between them are filled (R4)."""
    merged: list[Interval] = []
    for interval in sorted(i for i in intervals if i.end > i.start):
        if merged and interval.start - merged[-1].end <= bridge:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return tuple(merged)


def intersect(left: IntervalSet, right: IntervalSet) -> IntervalSet:
    """The instants that both sets hold."""
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if end > start:
            found.append(Interval(start, end))
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(whole: IntervalSet, holes: IntervalSet) -> IntervalSet:
    """The instants of `whole` that are in none of `holes`."""
    left: list[Interval] = []
    for interval in whole:
        start = interval.start
        for hole in holes:
            if hole.start >= interval.end:
                break
            if hole.start > start:
                left.append(Interval(start, hole.start))
            start = max(start, hole.end)
        if start < interval.end:
            left.append(Interval(start, interval.end))
    return tuple(left)


def total(intervals: Sequence[Interval]) -> timedelta:
    """The summed length of disjoint intervals, exact to the microsecond."""
    return sum((interval.length for interval in intervals), NOTHING)
