"""One question to the rules, and what must hold for an answer."""

from dataclasses import dataclass, field
from datetime import datetime

from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Phase, Place, Role

Events = list[e.Event]


@dataclass(frozen=True, slots=True)
class RoomActor:
    """Who acts in the room: the person's id and role tonight, as access decided them."""

    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule must know that is in no state, because nobody may ever be shown it.

    `apart`: pairs of people in this room who are kept apart; `voted`: the actor has answered the open anonymous poll;
    `counts`: its ballots so far.
    """

    apart: frozenset[frozenset[str]] = frozenset()
    voted: bool = False
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the rules: everything a rule may look at."""

    state: Room
    actor: RoomActor
    now: datetime
    known: Known = field(default_factory=Known)

    @property
    def me(self) -> str:
        """The person who acts."""
        return self.actor.person

    def __getitem__(self, person: str) -> Occupant:
        occupant = self.state.people.get(person)
        if occupant is None:
            raise RoomError("no_such_person")
        return occupant


def require_host(case: Case) -> None:
    """A facilitator of either kind, in the room. Raises RoomError."""
    if not case.actor.role.hosts:
        raise RoomError("not_allowed")
    if case.state.place_of(case.me) is not Place.IN:
        raise RoomError("not_in_room")


def require_live(case: Case) -> None:
    """The room is open and not over. Raises RoomError."""
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if not case.state.live:
        raise RoomError("not_open")


def require_taking_part(case: Case) -> None:
    """In the room, while it is open, and not as an observer."""
    if case.actor.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    require_live(case)
    if case.state.place_of(case.me) is not Place.IN:
        raise RoomError("not_in_room")


def client_in(case: Case, person: str, *places: Place, otherwise: str) -> Occupant:
    """A client who is in one of these places. Raises RoomError with `otherwise` for one who is elsewhere."""
    occupant = case[person]
    if occupant.role is not Role.CLIENT:
        raise RoomError("not_a_client")
    if occupant.place not in places:
        raise RoomError(otherwise)
    return occupant
