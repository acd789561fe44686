"""What a group does together, as parts of the room's state: ids, counts and instants, never words.

Words (a question, a text, a mood) are in the sealed log alone; the state says which of them are current.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from sessions_app.room.words import RoundKind, SideKey


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Timer(_Part):
    """A countdown everybody sees."""

    started_at: datetime
    ends_at: datetime


class Breakout(_Part):
    """One breakout room and who is in it."""

    side: SideKey
    people: tuple[str, ...]


class Aside(_Part):
    """A private talk with one client; `staff` is told to staff alone."""

    side: SideKey
    staff: tuple[str, ...] = ()


class Poll(_Part):
    """The latest poll. `choices` of a poll by name: {person: option}, for staff; a client sees their own."""

    id: str
    options: int
    anonymous: bool
    open: bool = True
    answered: int = 0
    choices: dict[str, int] = {}
    result: tuple[int, ...] | None = None
    """What staff know of a closed poll."""
    shared: tuple[int, ...] | None = None
    """What everybody was shown."""


class Round(_Part):
    """A go-round: whose turn it is, who passed, who told the staff mood and urge."""

    id: str
    kind: RoundKind
    order: tuple[str, ...]
    turn: int
    turn_since: datetime
    seconds: int | None
    passed: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()

    @property
    def speaker(self) -> str:
        """Whose turn it is."""
        return self.order[self.turn]
