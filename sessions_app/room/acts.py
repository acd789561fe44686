"""What the house itself says to the room: arrivals, lost connections, the clock.

These pass through the same rules and the same log as a browser's commands, but no frame can become one of
them.
"""

from dataclasses import dataclass
from datetime import datetime

from sessions_app.room.door.facts import DoorFacts


@dataclass(frozen=True, slots=True)
class Expect:
    """A client on tonight's roster; shown to staff before anybody has come."""

    name: str
    staff_name: str


@dataclass(frozen=True, slots=True)
class Arrive:
    """A person's connection reached the door; a client's brings what they confirmed there."""

    name: str
    staff_name: str
    door: DoorFacts | None = None


@dataclass(frozen=True, slots=True)
class Lose:
    """The last connection of a person was lost."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The grace for a lost connection has run out."""


@dataclass(frozen=True, slots=True)
class OpenDue:
    """The waiting room is due to open by the timetable."""


@dataclass(frozen=True, slots=True)
class EndDue:
    """The session has run past its end by the program's limit."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Something in the room may be due: breakouts that are over, a call for help that nobody answered."""


@dataclass(frozen=True, slots=True)
class Depart:
    """One connection ended at its last proof of life; ``cause`` says how. Not for the rules: only when it was the
    person's last connection does it become a `Lose`.
    """

    at: datetime
    cause: str


Act = Expect | Arrive | Lose | GiveUp | OpenDue | EndDue | Tick
