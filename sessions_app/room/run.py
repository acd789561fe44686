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
    def of(cls, lines: Sequence[Line]) -> Part | None:
        """These lines in one; None for none."""
        if not lines:
            return None
        last = lines[-1]
        prepared = b"".join([line.prepared for line in lines])
        return cls([line.frame for line in lines], prepared, last.audience, last.number)


class Run:
    """Consecutive lines of one room."""

    __slots__ = ("_parts", "heard")

    def __init__(self, heard: Sequence[Heard]) -> None:
        self.heard = heard
        self._parts: dict[tuple[str, ...], Part | None] = {}

    @property
    def first(self) -> int:
        """The position of the first line."""
        return self.heard[0][0]

    def of(self, audiences: tuple[str, ...]) -> Part | None:
        """What those hear who hear these audiences; None for nothing."""
        if audiences not in self._parts:
            self._parts[audiences] = Part.of([line for _, line in self.heard if line.audience in audiences])
        return self._parts[audiences]
