"""The live state of one room: a value, the fold of its events. No database, clock or socket here."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from sessions_app.room.activity_state import Aside, Breakout, Poll, Round, Timer
from sessions_app.room.door.facts import DoorFacts
from sessions_app.room.words import Admission, ChatMode, Phase, Place, Role


class Occupant(BaseModel):
    """One person as the room knows them. ``staff_name`` is the full name and is shown to staff alone
    (AZ-6), and so are ``door`` (what is known of them tonight) and ``held``: staff took this client out, so only
    staff let them in again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    role: Role
    name: str
    staff_name: str = ""
    place: Place
    connected: bool = True
    since: datetime | None = None
    lost_at: datetime | None = None
    admitted_before: bool = False
    held: bool = False
    door: DoorFacts | None = None


class Room(BaseModel):
    """Everything lasting about a live room. Hands keep their order; times are the server's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: Phase = Phase.CLOSED
    admission: Admission = Admission.EACH
    opened_at: datetime | None = None
    started_at: datetime | None = None
    break_since: datetime | None = None
    ended_at: datetime | None = None
    locked: bool = False
    chat_mode: ChatMode = ChatMode.GROUP
    people: dict[str, Occupant] = Field(default_factory=dict)
    hands: tuple[str, ...] = ()
    muted: frozenset[str] = frozenset()
    cameras_stopped: frozenset[str] = frozenset()
    share_open: bool = False
    support: dict[str, datetime] = Field(default_factory=dict)
    overdue: frozenset[str] = frozenset()
    host: str | None = None
    spotlight: str | None = None
    timer: Timer | None = None
    breakouts: tuple[Breakout, ...] = ()
    breakouts_end: datetime | None = None
    asides: dict[str, Aside] = Field(default_factory=dict)
    poll: Poll | None = None
    round: Round | None = None
    text: str | None = None

    @property
    def live(self) -> bool:
        """Whether people may be admitted and take part: open and not over."""
        return self.phase in (Phase.LOBBY, Phase.RUNNING, Phase.BREAK)

    @property
    def main_side(self) -> str:
        """The key of the main room while breakouts are open, so that what is written there stays there; else empty.

        Follows from the breakouts' own keys, so it is never the same twice in a session either.
        """
        if not self.breakouts:
            return ""
        return hashlib.sha256(f"{self.breakouts[0].side}:main".encode()).hexdigest()[:8]

    def at(self, place: Place) -> Iterator[Occupant]:
        """Everybody in one place, in the order in which they got there."""
        there = [person for person in self.people.values() if person.place is place]
        return iter(
            sorted(there, key=lambda person: (person.since.timestamp() if person.since else 0.0, person.id))
        )

    def place_of(self, person: str) -> Place | None:
        """Where a person is, or None for somebody the room has never seen."""
        occupant = self.people.get(person)
        return occupant.place if occupant else None

    def side_of(self, person: str) -> str:
        """The side room somebody is in; empty for the whole group. A private talk goes before a breakout."""
        for client, aside in self.asides.items():
            if person == client or person in aside.staff:
                return aside.side
        for breakout in self.breakouts:
            if person in breakout.people:
                return breakout.side
        return ""
