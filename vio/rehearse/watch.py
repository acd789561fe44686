"""What a rehearsal tells while it plays, kept apart from how it is shown."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class RoomNow:
    """One room as the script sees it at this moment."""

    name: str
    phase: str = "waiting"
    inside: int = 0
    away: int = 0
    expected: int = 0
    messages: int = 0


@dataclass
class Board:
    """Everything the display shows."""

    length: float
    rooms: list[RoomNow] = field(default_factory=list)
    lines: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=14))
    began: float = 0.0
    deliveries: int = 0
    stage: str = "the evening"

    def tell(self, at: float, room: str, text: str) -> None:
        """One line of what happens, at seconds since the beginning."""
        self.lines.append((at, room, text))
