"""What one viewer may see of the room, as a value: ``project`` cuts the state down, ``apply_view`` carries it
on.

The same fold serves the server and every view, so the law of RT-4 is short: cutting down after an event gives
the same as applying the event to what was cut down. Staff see all, people in the room see first name and
initial of those in it (AZ-6), anybody else sees themselves and nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sessions_app.room import activity_events as a
from sessions_app.room import events as e
from sessions_app.room.activity_state import Aside, Poll, Round
from sessions_app.room.fold import apply
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Phase, Place, Role, Sees

CHAT_TAIL = 50
"""How many of the latest messages a snapshot carries."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody looking at the room, and how much of it they are shown."""

    person: str
    sees: Sees
    side: str = ""
    """The side room this viewer is in; what is said there is heard there alone."""
    main: str = ""
    """The key of the main room while breakouts are open: what is said there is not heard in them."""

    @property
    def audiences(self) -> tuple[str, ...]:
        """The log's audiences this viewer hears."""
        mine = f"person:{self.person}"
        if self.sees is Sees.SELF:
            return (mine,)
        here = self.side or self.main
        side = (f"side:{here}",) if here else ()
        return ("room", *(("staff",) if self.sees is Sees.ALL else ()), mine, *side)


def viewer_of(state: Room, person: str, role: Role) -> Viewer:
    """What a person sees now. Hosts see all; an observer sees what the people in the room see."""
    if role.hosts:
        return Viewer(person, Sees.ALL, state.side_of(person), state.main_side)
    occupant = state.people.get(person)
    if occupant is None:
        return Viewer(person, Sees.SELF)
    over = state.phase is Phase.ENDED and occupant.place is Place.GONE and occupant.admitted_before
    inside = occupant.place is Place.IN or over
    if not inside:
        return Viewer(person, Sees.SELF)
    return Viewer(person, Sees.ROOM, state.side_of(person), state.main_side)


def project(state: Room, viewer: Viewer) -> Room:
    """The part of the state this viewer may know. Projecting twice changes nothing."""
    if viewer.sees is Sees.ALL:
        return state
    if viewer.sees is Sees.ROOM:
        return _for_room(state, viewer.person)
    return _for_self(state, viewer.person)


def apply_view(view: Room, event: e.Event, viewer: Viewer) -> Room:
    """The view after an event this viewer heard."""
    return project(apply(view, event), viewer)


def hears(viewer: Viewer, event: e.Event) -> bool:
    """Whether the event is in one of the viewer's audiences."""
    return event.audience in viewer.audiences


def chat_for(viewer: Viewer, said: Sequence[e.Event]) -> Sequence[e.Event]:
    """The latest messages among ``said`` that this viewer may read, oldest first."""
    messages = [event for event in said if isinstance(event, CHAT_EVENTS) and hears(viewer, event)]
    return messages[-CHAT_TAIL:]


_STAFF_ONLY = {"staff_name": "", "lost_at": None, "admitted_before": False, "held": False, "door": None}
CHAT_EVENTS = (e.ChatSent, e.StaffChatSent, e.YouWroteToStaff, a.SideChatSent)
SHOWN_EVENTS = (a.PollOpened, a.TextShown, a.RoundAnswered)
"""Events whose words stay in view as long as the state names them; the state itself holds no words."""


def shown_for(viewer: Viewer, room: Room, said: Sequence[e.Event]) -> Sequence[e.Event]:
    """Those events of the current poll, text and round whose words this viewer sees, oldest first."""
    return [event for event in said if hears(viewer, event) and is_current(room, event)]


def is_current(room: Room, event: e.Event) -> bool:
    """Whether the state still names what this event told."""
    match event:
        case a.PollOpened():
            return room.poll is not None and room.poll.id == str(event.poll)
        case a.TextShown():
            return room.text == str(event.text_id)
        case a.RoundAnswered():
            return room.round is not None and room.round.id == str(event.round)
        case _:
            return False


def _for_room(state: Room, person: str) -> Room:
    inside = {key: _as_peer(other) for key, other in state.people.items() if other.place is Place.IN}
    return state.model_copy(
        update={
            "people": inside,
            "support": _own(state, person),
            "admission": Room().admission,
            "overdue": frozenset(),
            "asides": _own_aside(state, person),
            "poll": state.poll and _own_poll(state.poll, person),
            "round": state.round and _own_round(state.round, person),
        }
    )


def _own_aside(state: Room, person: str) -> dict[str, Aside]:
    aside = state.asides.get(person)
    return {person: Aside(side=aside.side)} if aside else {}


def _own_poll(poll: Poll, person: str) -> Poll:
    choices = {key: option for key, option in poll.choices.items() if key == person}
    return poll.model_copy(update={"choices": choices, "result": None})


def _own_round(round_: Round, person: str) -> Round:
    return round_.model_copy(update={"answered": tuple(key for key in round_.answered if key == person)})


def _as_peer(occupant: Occupant) -> Occupant:
    return occupant.model_copy(update={**_STAFF_ONLY, "since": None})


def _for_self(state: Room, person: str) -> Room:
    occupant = state.people.get(person)
    if occupant is None or occupant.place is Place.EXPECTED:
        return Room(support=_own(state, person))
    shown = {**_STAFF_ONLY, "connected": True}
    return Room(people={person: occupant.model_copy(update=shown)}, support=_own(state, person))


def _own(state: Room, person: str) -> dict[str, datetime]:
    return {key: at for key, at in state.support.items() if key == person}
