"""``apply(state, event)``: what each event changes. The server's state and every browser's view use this one
fold.

Events addressed to one person (``you.*``) change nothing that the matching event for room or staff has not
changed already; they exist so that a viewer who hears nothing else still arrives at the same view (RT-4).
"""

from collections.abc import Callable
from typing import Any

from sessions_app.room import events as e
from sessions_app.room.state import Occupant, RoomState
from sessions_app.room.words import Phase, Place, Role

Fold = Callable[[RoomState, Any], RoomState]


def apply(state: RoomState, event: e.Event) -> RoomState:
    """The state after one event. Total: every event class has an entry (a guard test walks them)."""
    return FOLDS[type(event)](state, event)


def apply_all(state: RoomState, events: "tuple[e.Event, ...] | list[e.Event]") -> RoomState:
    """The state after several events, in order."""
    for event in events:
        state = apply(state, event)
    return state


def _set(state: RoomState, **changes: object) -> RoomState:
    return state.model_copy(update=changes)


def _seat(state: RoomState, occupant: Occupant) -> RoomState:
    return _set(state, people={**state.people, occupant.id: occupant})


def _change(state: RoomState, person: str, **changes: object) -> RoomState:
    occupant = state.people.get(person)
    return state if occupant is None else _seat(state, occupant.model_copy(update=changes))


def _without_marks(state: RoomState, person: str) -> RoomState:
    hands = tuple(hand for hand in state.hands if hand != person)
    return _set(state, hands=hands, muted=state.muted - {person})


def _unchanged(state: RoomState, event: e.Event) -> RoomState:
    return state


def _opened(state: RoomState, event: e.RoomOpened) -> RoomState:
    return _set(state, phase=Phase.LOBBY, opened_at=event.at)


def _started(state: RoomState, event: e.RoomStarted) -> RoomState:
    return _set(state, phase=Phase.RUNNING, started_at=event.at)


def _break_started(state: RoomState, event: e.BreakStarted) -> RoomState:
    return _set(state, phase=Phase.BREAK, break_since=event.at)


def _break_ended(state: RoomState, event: e.BreakEnded) -> RoomState:
    return _set(state, phase=Phase.RUNNING, break_since=None)


def _ended(state: RoomState, event: e.RoomEnded) -> RoomState:
    gone = {"place": Place.GONE, "connected": False, "since": event.at, "lost_at": None}
    people = {
        key: person.model_copy(update=gone) if person.place in (Place.IN, Place.WAITING) else person
        for key, person in state.people.items()
    }
    return _set(
        state,
        phase=Phase.ENDED,
        ended_at=event.at,
        break_since=None,
        people=people,
        hands=(),
        muted=frozenset(),
    )


def _locked(state: RoomState, event: e.RoomLocked) -> RoomState:
    return _set(state, locked=True)


def _unlocked(state: RoomState, event: e.RoomUnlocked) -> RoomState:
    return _set(state, locked=False)


def _chat_mode(state: RoomState, event: e.ChatModeChanged) -> RoomState:
    return _set(state, chat_mode=event.mode)


def _staff_joined(state: RoomState, event: e.StaffJoined) -> RoomState:
    return _seat(
        state,
        Occupant(id=event.person, role=event.role, name=event.name, place=Place.IN, since=event.at),
    )


def _admitted(state: RoomState, event: e.ClientAdmitted) -> RoomState:
    known = state.people.get(event.person)
    return _seat(
        state,
        Occupant(
            id=event.person,
            role=Role.CLIENT,
            name=event.name,
            staff_name=known.staff_name if known else "",
            place=Place.IN,
            since=event.at,
            admitted_before=True,
        ),
    )


def _gone(
    state: RoomState,
    event: e.ClientLeft | e.StaffLeft | e.WaitingLeft | e.YouLeft | e.YouTimedOut | e.YouDismissed,
) -> RoomState:
    left = _change(state, event.person, place=Place.GONE, connected=False, since=event.at, lost_at=None)
    return _without_marks(left, event.person)


def _lost(state: RoomState, event: e.ConnectionLost | e.WaitingLost) -> RoomState:
    return _change(state, event.person, connected=False, lost_at=event.at)


def _returned(state: RoomState, event: e.ConnectionReturned | e.WaitingReturned) -> RoomState:
    return _change(state, event.person, connected=True, lost_at=None)


def _hand_raised(state: RoomState, event: e.HandRaised) -> RoomState:
    return _set(state, hands=(*state.hands, event.person))


def _hand_lowered(state: RoomState, event: e.HandLowered) -> RoomState:
    return _set(state, hands=tuple(hand for hand in state.hands if hand != event.person))


def _muted(state: RoomState, event: e.ClientMuted) -> RoomState:
    return _set(state, muted=state.muted | {event.person})


def _unmuted(state: RoomState, event: e.ClientUnmuted) -> RoomState:
    return _set(state, muted=state.muted - {event.person})


def _everyone_muted(state: RoomState, event: e.EveryoneMuted) -> RoomState:
    clients = {person.id for person in state.at(Place.IN) if person.role is Role.CLIENT}
    return _set(state, muted=state.muted | clients)


def _expected(state: RoomState, event: e.ClientExpected) -> RoomState:
    return _seat(
        state,
        Occupant(
            id=event.person,
            role=Role.CLIENT,
            name=event.name,
            staff_name=event.staff_name,
            place=Place.EXPECTED,
            connected=False,
        ),
    )


def _waiting(state: RoomState, event: e.ClientWaiting) -> RoomState:
    return _seat(
        state,
        Occupant(
            id=event.person,
            role=Role.CLIENT,
            name=event.name,
            staff_name=event.staff_name,
            place=Place.WAITING,
            since=event.at,
        ),
    )


def _to_lobby(state: RoomState, event: e.ClientMovedToLobby) -> RoomState:
    lost_at = None if event.connected else event.at
    moved = _change(state, event.person, connected=event.connected, lost_at=lost_at)
    return _you_to_lobby(moved, event)


def _you_to_lobby(state: RoomState, event: e.ClientMovedToLobby | e.YouMovedToLobby) -> RoomState:
    moved = _change(state, event.person, place=Place.WAITING, since=event.at, admitted_before=False)
    return _without_marks(moved, event.person)


def _removed(state: RoomState, event: e.ClientRemoved | e.YouRemoved) -> RoomState:
    removed = _change(
        state,
        event.person,
        place=Place.REMOVED,
        connected=False,
        since=event.at,
        lost_at=None,
        admitted_before=False,
    )
    return _without_marks(removed, event.person)


def _restored(state: RoomState, event: e.ClientRestored | e.YouRestored) -> RoomState:
    return _change(state, event.person, place=Place.GONE, since=event.at)


def _you_waiting(state: RoomState, event: e.YouWaiting) -> RoomState:
    known = state.people.get(event.person)
    waiting = known or Occupant(id=event.person, role=Role.CLIENT, name=event.name, place=Place.WAITING)
    changes = {"place": Place.WAITING, "since": event.at, "name": event.name}
    return _seat(state, waiting.model_copy(update=changes))


def _you_admitted(state: RoomState, event: e.YouAdmitted) -> RoomState:
    return _change(state, event.person, place=Place.IN, since=event.at, admitted_before=True)


def _support_open(state: RoomState, event: e.SupportRequested | e.YouAskedForSupport) -> RoomState:
    return _set(state, support={**state.support, event.person: event.at})


def _support_closed(state: RoomState, event: e.SupportAnswered | e.YouWereAnswered) -> RoomState:
    return _set(state, support={key: at for key, at in state.support.items() if key != event.person})


FOLDS: dict[type[e.Event], Fold] = {
    e.RoomOpened: _opened,
    e.RoomStarted: _started,
    e.BreakStarted: _break_started,
    e.BreakEnded: _break_ended,
    e.RoomEnded: _ended,
    e.RoomLocked: _locked,
    e.RoomUnlocked: _unlocked,
    e.ChatModeChanged: _chat_mode,
    e.StaffJoined: _staff_joined,
    e.StaffLeft: _gone,
    e.ClientAdmitted: _admitted,
    e.ClientLeft: _gone,
    e.ConnectionLost: _lost,
    e.ConnectionReturned: _returned,
    e.HandRaised: _hand_raised,
    e.HandLowered: _hand_lowered,
    e.ClientMuted: _muted,
    e.ClientUnmuted: _unmuted,
    e.EveryoneMuted: _everyone_muted,
    e.ChatSent: _unchanged,
    e.StaffChatSent: _unchanged,
    e.ClientExpected: _expected,
    e.ClientWaiting: _waiting,
    e.WaitingLost: _lost,
    e.WaitingReturned: _returned,
    e.WaitingLeft: _gone,
    e.ClientRemoved: _removed,
    e.ClientRestored: _restored,
    e.ClientMovedToLobby: _to_lobby,
    e.SupportRequested: _support_open,
    e.SupportAnswered: _support_closed,
    e.YouWaiting: _you_waiting,
    e.YouAdmitted: _you_admitted,
    e.YouMovedToLobby: _you_to_lobby,
    e.YouRemoved: _removed,
    e.YouLeft: _gone,
    e.YouTimedOut: _gone,
    e.YouRestored: _restored,
    e.YouDismissed: _gone,
    e.YouAskedForSupport: _support_open,
    e.YouWereAnswered: _support_closed,
    e.YouWroteToStaff: _unchanged,
}
