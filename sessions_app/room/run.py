"""Lines that are delivered in one go: what each kind of listener hears of them is put together once, and sent in one write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sessions_app.room.log import Line

Heard = tuple[int, Line]
"""A line, and its position among all events of the session."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of listener hears: the lines in order, and all of them as they go over a WebSocket."""

    lines: Sequence[Line]
    prepared: bytes


class Run:
    """Consecutive lines of one room."""

    __slots__ = ("_parts", "heard")

    def __init__(self, heard: Sequence[Heard]) -> None:
        self.heard = heard
        self._parts: dict[tuple[str, ...], Part] = {}

    @property
    def first(self) -> int:
        """The position of the first line."""
        return self.heard[0][0]

    def of(self, audiences: tuple[str, ...]) -> Part:
        """What those hear who hear these audiences."""
        part = self._parts.get(audiences)
        if part is None:
            lines = [line for _, line in self.heard if line.audience in audiences]
            part = self._parts[audiences] = Part(lines, b"".join([line.prepared for line in lines]))
        return part
