"""People and shorthand for the room's pure tests: Alice and Ben are clients, Fay and Gus host, Olga
observes.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from sessions_app.room import acts, ballots
from sessions_app.room import commands as c
from sessions_app.room.errors import MESSAGES, RoomError
from sessions_app.room.events import Event
from sessions_app.room.rules import Known, RoomActor, apply_all, decide
from sessions_app.room.state import Room
from sessions_app.room.words import RemovalReason, Role

START = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
ALICE = RoomActor("alice", Role.CLIENT)
BEN = RoomActor("ben", Role.CLIENT)
CORA = RoomActor("cora", Role.CLIENT)
FAY = RoomActor("fay", Role.FACILITATOR)
GUS = RoomActor("gus", Role.COFACILITATOR)
OLGA = RoomActor("olga", Role.OBSERVER)
HOUSE = RoomActor("", Role.FACILITATOR)
EVERYBODY = (ALICE, BEN, CORA, FAY, GUS, OLGA)
NAMES = {actor.person: f"{actor.person.title()} X." for actor in EVERYBODY}
_SPACE = UUID("0fd7a0a8-7f4b-4f3c-9a7e-6f1d2f7b5a10")


def id_of(number: int) -> UUID:
    """A command id that is the same in every run."""
    return uuid5(_SPACE, str(number))


ID = id_of(0)


def arrive(actor: RoomActor) -> acts.Arrive:
    """The actor's connection at the door."""
    return acts.Arrive(name=NAMES[actor.person], staff_name=f"{actor.person.title()} Xavier")


class Evening:
    """A room played by hand: every step goes through the rules and is remembered."""

    def __init__(self, state: Room | None = None, *, apart: frozenset[frozenset[str]] = frozenset()) -> None:
        self.state = state or Room()
        self.apart = apart
        self.box: ballots.BallotBox | None = None
        self.log: list[Event] = []
        self.now = START

    def does(self, actor: RoomActor, command: c.Command | acts.Act) -> list[Event]:
        """One step, one second later; raises RoomError and changes nothing when refused."""
        events = decide(self.state, command, actor, self.now + timedelta(seconds=1), self.known(actor))
        self.now += timedelta(seconds=1)
        self.state = apply_all(self.state, events)
        self.box = ballots.after(self.box, command, actor.person, events)
        self.log += events
        return events

    def known(self, actor: RoomActor) -> Known:
        """What the house knows beside the state, as the working copy of a room tells it."""
        if self.box is None:
            return Known(apart=self.apart)
        return Known(apart=self.apart, voted=self.box.has(actor.person), counts=self.box.counts)


def open_room(*inside: RoomActor) -> Evening:
    """A room that Fay opened, with these people in it."""
    evening = Evening()
    evening.does(FAY, arrive(FAY))
    evening.does(FAY, c.RoomOpen(id=ID))
    for actor in inside:
        evening.does(actor, arrive(actor))
        if actor.role is Role.CLIENT:
            evening.does(FAY, c.ClientAdmit(id=ID, person=actor.person))
    return evening


def running_room(*inside: RoomActor) -> Evening:
    """The same, started."""
    evening = open_room(*inside)
    evening.does(FAY, c.RoomStart(id=ID))
    return evening


def kinds(events: list[object]) -> list[str]:
    return [event.type for event in events]  # type: ignore[attr-defined]  # every event class has a type


def refuses(evening: Evening, actor: RoomActor, command: c.Command | acts.Act, code: str) -> None:
    """The act is refused with this code and changes nothing."""
    before = evening.state
    with pytest.raises(RoomError) as refusal:
        evening.does(actor, command)
    assert refusal.value.code == code
    assert refusal.value.message == MESSAGES[code]
    assert evening.state is before


def removal(person: str) -> c.ClientRemove:
    return c.ClientRemove(id=ID, person=person, reason_code=RemovalReason.SAFETY)
