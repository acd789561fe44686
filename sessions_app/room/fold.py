"""``apply(state, event)``: what each event changes. The server's state and every browser's view use this one
fold.

Events addressed to one person (``you.*``) change nothing that the matching event for room or staff has not
changed already; they exist so that a viewer who hears nothing else still arrives at the same view (RT-4).
"""

from collections.abc import Callable
from typing import Any

from sessions_app.room import events as e
from sessions_app.room.activity_fold import ACTIVITY_FOLDS, NOTHING_GOING_ON, out_of_sides, with_host
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Phase, Place, Role

Fold = Callable[[Room, Any], Room]


def apply(state: Room, event: e.Event) -> Room:
    """The state after one event. Total: every event class has an entry (a guard test walks them)."""
    return FOLDS[type(event)](state, event)


def apply_all(state: Room, events: "tuple[e.Event, ...] | list[e.Event]") -> Room:
    """The state after several events, in order."""
    for event in events:
        state = apply(state, event)
    return state


def _set(state: Room, **changes: object) -> Room:
    return state.model_copy(update=changes)


def _seat(state: Room, occupant: Occupant) -> Room:
    return _set(state, people={**state.people, occupant.id: occupant})


def _change(state: Room, person: str, **changes: object) -> Room:
    occupant = state.people.get(person)
    return state if occupant is None else _seat(state, occupant.model_copy(update=changes))


def _without_marks(state: Room, person: str) -> Room:
    hands = tuple(hand for hand in state.hands if hand != person)
    unmarked = _set(
        state, hands=hands, muted=state.muted - {person}, cameras_stopped=state.cameras_stopped - {person}
    )
    return out_of_sides(unmarked, person)


def _unchanged(state: Room, event: e.Event) -> Room:
    return state


def _opened(state: Room, event: e.RoomOpened) -> Room:
    return _set(state, phase=Phase.LOBBY, opened_at=event.at)


def _started(state: Room, event: e.RoomStarted) -> Room:
    return _set(state, phase=Phase.RUNNING, started_at=event.at)


def _break_started(state: Room, event: e.BreakStarted) -> Room:
    return _set(state, phase=Phase.BREAK, break_since=event.at)


def _break_ended(state: Room, event: e.BreakEnded) -> Room:
    return _set(state, phase=Phase.RUNNING, break_since=None)


def _ended(state: Room, event: e.RoomEnded) -> Room:
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
        cameras_stopped=frozenset(),
        **NOTHING_GOING_ON,
    )


def _locked(state: Room, event: e.RoomLocked) -> Room:
    return _set(state, locked=True)


def _unlocked(state: Room, event: e.RoomUnlocked) -> Room:
    return _set(state, locked=False)


def _chat_mode(state: Room, event: e.ChatModeChanged) -> Room:
    return _set(state, chat_mode=event.mode)


def _admission(state: Room, event: e.AdmissionChanged) -> Room:
    return _set(state, admission=event.policy)


def _staff_joined(state: Room, event: e.StaffJoined) -> Room:
    staff = Occupant(id=event.person, role=event.role, name=event.name, place=Place.IN, since=event.at)
    return with_host(_seat(state, staff))


def _admitted(state: Room, event: e.ClientAdmitted) -> Room:
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
            door=known.door if known else None,
        ),
    )


def _gone(
    state: Room,
    event: e.ClientLeft | e.StaffLeft | e.WaitingLeft | e.YouLeft | e.YouTimedOut | e.YouDismissed,
) -> Room:
    left = _change(state, event.person, place=Place.GONE, connected=False, since=event.at, lost_at=None)
    return with_host(_without_marks(left, event.person))


def _lost(state: Room, event: e.ConnectionLost | e.WaitingLost) -> Room:
    return with_host(_change(state, event.person, connected=False, lost_at=event.at))


def _returned(state: Room, event: e.ConnectionReturned | e.WaitingReturned) -> Room:
    return with_host(_change(state, event.person, connected=True, lost_at=None))


def _back_in_line(state: Room, event: e.WaitingReturned) -> Room:
    back = _returned(state, event)
    return back if event.door is None else _change(back, event.person, door=event.door)


def _hand_raised(state: Room, event: e.HandRaised) -> Room:
    return _set(state, hands=(*state.hands, event.person))


def _hand_lowered(state: Room, event: e.HandLowered) -> Room:
    return _set(state, hands=tuple(hand for hand in state.hands if hand != event.person))


def _muted(state: Room, event: e.ClientMuted) -> Room:
    return _set(state, muted=state.muted | {event.person})


def _unmuted(state: Room, event: e.ClientUnmuted) -> Room:
    return _set(state, muted=state.muted - {event.person})


def _camera_stopped(state: Room, event: e.ClientCameraStopped) -> Room:
    return _set(state, cameras_stopped=state.cameras_stopped | {event.person})


def _camera_resumed(state: Room, event: e.ClientCameraResumed) -> Room:
    return _set(state, cameras_stopped=state.cameras_stopped - {event.person})


def _share_changed(state: Room, event: e.ShareChanged) -> Room:
    return _set(state, share_open=event.allowed)


def _everyone_muted(state: Room, event: e.EveryoneMuted) -> Room:
    clients = {person.id for person in state.at(Place.IN) if person.role is Role.CLIENT}
    return _set(state, muted=state.muted | clients)


def _expected(state: Room, event: e.ClientExpected) -> Room:
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


def _waiting(state: Room, event: e.ClientWaiting) -> Room:
    known = state.people.get(event.person)
    return _seat(
        state,
        Occupant(
            id=event.person,
            role=Role.CLIENT,
            name=event.name,
            staff_name=event.staff_name,
            place=Place.WAITING,
            since=event.at,
            held=known.held if known else False,
            door=event.door,
        ),
    )


def _to_lobby(state: Room, event: e.ClientMovedToLobby) -> Room:
    lost_at = None if event.connected else event.at
    moved = _change(state, event.person, connected=event.connected, lost_at=lost_at)
    return _you_to_lobby(moved, event)


def _you_to_lobby(state: Room, event: e.ClientMovedToLobby | e.YouMovedToLobby) -> Room:
    moved = _change(
        state, event.person, place=Place.WAITING, since=event.at, admitted_before=False, held=True
    )
    return _without_marks(moved, event.person)


def _removed(state: Room, event: e.ClientRemoved | e.YouRemoved) -> Room:
    removed = _change(
        state,
        event.person,
        place=Place.REMOVED,
        connected=False,
        since=event.at,
        lost_at=None,
        admitted_before=False,
        held=True,
    )
    return _without_marks(removed, event.person)


def _restored(state: Room, event: e.ClientRestored | e.YouRestored) -> Room:
    return _change(state, event.person, place=Place.GONE, since=event.at)


def _you_waiting(state: Room, event: e.YouWaiting) -> Room:
    known = state.people.get(event.person)
    waiting = known or Occupant(id=event.person, role=Role.CLIENT, name=event.name, place=Place.WAITING)
    changes = {"place": Place.WAITING, "since": event.at, "name": event.name}
    return _seat(state, waiting.model_copy(update=changes))


def _you_admitted(state: Room, event: e.YouAdmitted) -> Room:
    return _change(state, event.person, place=Place.IN, since=event.at, admitted_before=True)


def _support_open(state: Room, event: e.SupportRequested | e.YouAskedForSupport) -> Room:
    return _set(state, support={**state.support, event.person: event.at})


def _support_closed(state: Room, event: e.SupportAnswered | e.YouWereAnswered) -> Room:
    asked = {key: at for key, at in state.support.items() if key != event.person}
    return _set(state, support=asked, overdue=state.overdue - {event.person})


FOLDS: dict[type[e.Event], Fold] = {
    e.RoomOpened: _opened,
    e.RoomStarted: _started,
    e.BreakStarted: _break_started,
    e.BreakEnded: _break_ended,
    e.RoomEnded: _ended,
    e.RoomLocked: _locked,
    e.RoomUnlocked: _unlocked,
    e.ChatModeChanged: _chat_mode,
    e.AdmissionChanged: _admission,
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
    e.ClientCameraStopped: _camera_stopped,
    e.ClientCameraResumed: _camera_resumed,
    e.ShareChanged: _share_changed,
    e.EveryoneMuted: _everyone_muted,
    e.ChatSent: _unchanged,
    e.StaffChatSent: _unchanged,
    e.ClientExpected: _expected,
    e.ClientWaiting: _waiting,
    e.WaitingLost: _lost,
    e.WaitingReturned: _back_in_line,
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
    **ACTIVITY_FOLDS,
}
