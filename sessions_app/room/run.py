"""Lines that are delivered in one go: what each kind of listener hears of them is put together once, and sent in one write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sessions_app.room.log import Line

Heard = tuple[int, Line]
"""A line, and its position among all events of the session."""


class Part(NamedTuple):
    """What one kind of listener hears: the frames in order, all of them as they go over the line, and the last one's number."""

    frames: Sequence[str]
    prepared: bytes
    audience: str
    number: int

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Part:
        """These lines in one; at least one."""
        last = lines[-1]
        prepared = b"".join([line.prepared for line in lines])
        return cls([line.frame for line in lines], prepared, last.audience, last.number)


class Run:
    """Consecutive lines of one room."""

    __slots__ = ("_audiences", "_parts", "first", "heard")

    def __init__(self, heard: Sequence[Heard]) -> None:
        self.heard = heard
        self.first = heard[0][0]
        """The position of the first line."""
        self._audiences = tuple(dict.fromkeys([line.audience for _, line in heard]))
        self._parts: dict[tuple[str, ...], Part] = {}

    def of(self, audiences: tuple[str, ...]) -> Part | None:
        """What those hear who hear these audiences; None for nothing. Put together once for all who hear the same of it."""
        heard = tuple([audience for audience in self._audiences if audience in audiences])
        part = self._parts.get(heard)
        if part is None and heard:
            part = self._parts[heard] = Part.of([line for _, line in self.heard if line.audience in heard])
        return part
