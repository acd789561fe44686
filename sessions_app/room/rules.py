"""What may happen in a room: ``decide(state, command, actor, now)`` gives the events, or a ``RoomError``.

Pure: no database, clock or socket. A wrong transition is refused with a code, never passed over in silence.
Who may join at all was decided before (access); here it is decided what somebody in this place and role may
do now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.fold import apply, apply_all
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Admission, ChatMode, LeaveReason, Phase, Place, Role

__all__ = ["RoomActor", "apply", "apply_all", "decide"]

Events = list[e.Event]
NO_MESSAGE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RoomActor:
    """Who acts in the room: the person's id and role tonight, as access decided them."""

    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class _Case:
    """One question to the rules: everything a rule may look at."""

    state: Room
    actor: RoomActor
    now: datetime

    @property
    def me(self) -> str:
        return self.actor.person

    def __getitem__(self, person: str) -> Occupant:
        occupant = self.state.people.get(person)
        if occupant is None:
            raise RoomError("no_such_person")
        return occupant


Rule = Callable[[_Case, Any], Events]


def decide(state: Room, command: "c.Command | acts.Act", actor: RoomActor, now: datetime) -> Events:
    """The events this command leads to, in the order of the log.

    Raises RoomError with a code when the room, the place or the role does not allow it. ``now`` is aware,
    UTC.
    """
    return RULES[type(command)](_Case(state, actor, now), command)


# --- what must hold ---------------------------------------------------------------------------------------


def _require_host(case: _Case) -> None:
    if not case.actor.role.hosts:
        raise RoomError("not_allowed")
    if case.state.place_of(case.me) is not Place.IN:
        raise RoomError("not_in_room")


def _require_live(case: _Case) -> None:
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if not case.state.live:
        raise RoomError("not_open")


def _require_taking_part(case: _Case) -> None:
    """In the room, while it is open, and not as an observer."""
    if case.actor.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    _require_live(case)
    if case.state.place_of(case.me) is not Place.IN:
        raise RoomError("not_in_room")


def _client(case: _Case, person: str, *places: Place, otherwise: str) -> Occupant:
    occupant = case[person]
    if occupant.role is not Role.CLIENT:
        raise RoomError("not_a_client")
    if occupant.place not in places:
        raise RoomError(otherwise)
    return occupant


# --- the evening's course ---------------------------------------------------------------------------------


def _open(case: _Case, command: c.RoomOpen) -> Events:
    _require_host(case)
    return _open_by(case, case.me)


def _open_due(case: _Case, act: acts.OpenDue) -> Events:
    return _open_by(case, None)


def _open_by(case: _Case, by: str | None) -> Events:
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if case.state.phase is not Phase.CLOSED:
        raise RoomError("already_open")
    return [e.RoomOpened(at=case.now, by=by)]


def _start(case: _Case, command: c.RoomStart) -> Events:
    _require_host(case)
    _require_live(case)
    if case.state.phase is not Phase.LOBBY:
        raise RoomError("already_started")
    return [e.RoomStarted(at=case.now, by=case.me)]


def _break_start(case: _Case, command: c.BreakStart) -> Events:
    _require_host(case)
    _require_live(case)
    if case.state.phase is not Phase.RUNNING:
        raise RoomError("on_break" if case.state.phase is Phase.BREAK else "not_running")
    return [e.BreakStarted(at=case.now, by=case.me)]


def _break_end(case: _Case, command: c.BreakEnd) -> Events:
    _require_host(case)
    _require_live(case)
    if case.state.phase is not Phase.BREAK:
        raise RoomError("no_break")
    return [e.BreakEnded(at=case.now, by=case.me)]


def _end(case: _Case, command: c.RoomEnd) -> Events:
    _require_host(case)
    _require_live(case)
    return _end_by(case, case.me)


def _end_due(case: _Case, act: acts.EndDue) -> Events:
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    return _end_by(case, None)


def _end_by(case: _Case, by: str | None) -> Events:
    waiting = [e.YouDismissed(at=case.now, person=person.id) for person in case.state.at(Place.WAITING)]
    return [e.RoomEnded(at=case.now, by=by), *waiting]


def _lock(case: _Case, command: c.RoomLock) -> Events:
    _require_host(case)
    _require_live(case)
    if case.state.locked:
        raise RoomError("already_locked")
    return [e.RoomLocked(at=case.now, by=case.me)]


def _unlock(case: _Case, command: c.RoomUnlock) -> Events:
    _require_host(case)
    _require_live(case)
    if not case.state.locked:
        raise RoomError("not_locked")
    return [e.RoomUnlocked(at=case.now, by=case.me)]


# --- the door ---------------------------------------------------------------------------------------------


def _let_in(case: _Case, person: str, name: str) -> Events:
    return [
        e.ClientAdmitted(at=case.now, person=person, name=name),
        e.YouAdmitted(at=case.now, person=person),
    ]


def _admit(case: _Case, command: c.ClientAdmit) -> Events:
    _require_host(case)
    _require_live(case)
    client = _client(case, command.person, Place.WAITING, otherwise="not_waiting")
    if case.state.locked:
        raise RoomError("room_locked")
    if not client.connected:
        raise RoomError("not_connected")
    return _let_in(case, client.id, client.name)


def _admit_all(case: _Case, command: c.ClientAdmitAll) -> Events:
    _require_host(case)
    _require_live(case)
    if case.state.locked:
        raise RoomError("room_locked")
    ready = [person for person in case.state.at(Place.WAITING) if person.connected]
    if not ready:
        raise RoomError("nobody_waiting")
    return [event for person in ready for event in _let_in(case, person.id, person.name)]


def _remove(case: _Case, command: c.ClientRemove) -> Events:
    _require_host(case)
    _require_live(case)
    client = _client(case, command.person, Place.IN, Place.WAITING, otherwise="no_such_person")
    seen = (
        [e.ClientLeft(at=case.now, person=client.id, reason=LeaveReason.LEFT)]
        if client.place is Place.IN
        else []
    )
    return [
        *seen,
        e.ClientRemoved(at=case.now, person=client.id, reason_code=command.reason_code, by=case.me),
        e.YouRemoved(at=case.now, person=client.id, reason_code=command.reason_code),
    ]


def _restore(case: _Case, command: c.ClientRestore) -> Events:
    _require_host(case)
    _require_live(case)
    client = _client(case, command.person, Place.REMOVED, otherwise="not_removed")
    return [
        e.ClientRestored(at=case.now, person=client.id, by=case.me),
        e.YouRestored(at=case.now, person=client.id),
    ]


def _step_out(case: _Case, command: c.ClientToLobby) -> Events:
    _require_host(case)
    _require_live(case)
    client = _client(case, command.person, Place.IN, otherwise="not_in_room")
    return [
        e.ClientLeft(at=case.now, person=client.id, reason=LeaveReason.LEFT),
        e.ClientMovedToLobby(at=case.now, person=client.id, by=case.me, connected=client.connected),
        e.YouMovedToLobby(at=case.now, person=client.id),
    ]


def _expect(case: _Case, act: acts.Expect) -> Events:
    if case.me in case.state.people:
        return []  # known already: the roster is read again whenever somebody asks
    return [e.ClientExpected(at=case.now, person=case.me, name=act.name, staff_name=act.staff_name)]


def _arrive(case: _Case, act: acts.Arrive) -> Events:
    """A connection at the door. A second device of somebody who is here changes nothing (AT-5)."""
    known = case.state.people.get(case.me)
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if known is not None and known.place is Place.REMOVED:
        raise RoomError("removed")
    if known is not None and known.place in (Place.IN, Place.WAITING):
        return _come_back(case, known)
    if case.actor.role is not Role.CLIENT:
        return [e.StaffJoined(at=case.now, person=case.me, name=act.name, role=case.actor.role)]
    _require_live(case)
    return _come_in(case, act, known)


def _come_back(case: _Case, known: Occupant) -> Events:
    if known.connected:
        return []
    if known.place is Place.IN:
        return [e.ConnectionReturned(at=case.now, person=known.id)]
    return [e.WaitingReturned(at=case.now, person=known.id)]


def _come_in(case: _Case, act: acts.Arrive, known: Occupant | None) -> Events:
    if known is not None and known.admitted_before:
        return _let_in(case, case.me, act.name)
    waiting: Events = [
        e.ClientWaiting(at=case.now, person=case.me, name=act.name, staff_name=act.staff_name),
        e.YouWaiting(at=case.now, person=case.me, name=act.name),
    ]
    if case.state.admission is Admission.ROSTER and not case.state.locked:
        return waiting + _let_in(case, case.me, act.name)
    return waiting


def _lose(case: _Case, act: acts.Lose) -> Events:
    known = case.state.people.get(case.me)
    if known is None or not known.connected:
        return []  # a late word about a connection that counts no more (AT-9)
    if known.place is Place.WAITING:
        return [e.WaitingLost(at=case.now, person=known.id)]
    return [e.ConnectionLost(at=case.now, person=known.id)]


def _give_up(case: _Case, act: acts.GiveUp) -> Events:
    known = case.state.people.get(case.me)
    if known is None or known.connected or known.place not in (Place.IN, Place.WAITING):
        return []  # came back, or was dealt with, in the meantime
    return [*_go(case, known, LeaveReason.LOST), e.YouTimedOut(at=case.now, person=known.id)]


def _leave(case: _Case, command: c.RoomLeave) -> Events:
    known = case.state.people.get(case.me)
    if known is None or known.place not in (Place.IN, Place.WAITING):
        raise RoomError("not_in_room")
    return [*_go(case, known, LeaveReason.LEFT), e.YouLeft(at=case.now, person=known.id)]


def _go(case: _Case, known: Occupant, reason: LeaveReason) -> Events:
    if known.place is Place.WAITING:
        return [e.WaitingLeft(at=case.now, person=known.id, reason=reason)]
    if known.role is Role.CLIENT:
        return [e.ClientLeft(at=case.now, person=known.id, reason=reason)]
    return [e.StaffLeft(at=case.now, person=known.id, reason=reason)]


# --- taking part ------------------------------------------------------------------------------------------


def _raise_hand(case: _Case, command: c.HandRaise) -> Events:
    _require_taking_part(case)
    if case.me in case.state.hands:
        raise RoomError("already_raised")
    return [e.HandRaised(at=case.now, person=case.me)]


def _lower_hand(case: _Case, command: c.HandLower) -> Events:
    person = command.person or case.me
    _require_taking_part(case)
    if person != case.me:
        _require_host(case)
    if person not in case.state.hands:
        raise RoomError("no_hand")
    return [e.HandLowered(at=case.now, person=person, by=case.me)]


def _mute(case: _Case, command: c.ClientMute) -> Events:
    _require_host(case)
    _require_live(case)
    client = _client(case, command.person, Place.IN, otherwise="not_in_room")
    if client.id in case.state.muted:
        raise RoomError("already_muted")
    return [e.ClientMuted(at=case.now, person=client.id, by=case.me)]


def _unmute(case: _Case, command: c.ClientUnmute) -> Events:
    _require_taking_part(case)
    if case.me not in case.state.muted:
        raise RoomError("not_muted")
    return [e.ClientUnmuted(at=case.now, person=case.me)]


def _mute_everyone(case: _Case, command: c.EveryoneMute) -> Events:
    _require_host(case)
    _require_live(case)
    return [e.EveryoneMuted(at=case.now, by=case.me)]


def _chat(case: _Case, command: c.ChatSend) -> Events:
    if command.to == "staff":
        return _chat_to_staff(case, command)
    _require_taking_part(case)
    if not case.actor.role.hosts and case.state.chat_mode is not ChatMode.GROUP:
        raise RoomError("chat_off")
    name = case[case.me].name
    return [e.ChatSent(at=case.now, person=case.me, message=command.id, name=name, text=command.text)]


def _chat_to_staff(case: _Case, command: c.ChatSend) -> Events:
    """Open from the door on and in every chat mode: a client can always reach the staff."""
    me = _present(case)
    said = e.StaffChatSent(at=case.now, person=me.id, message=command.id, name=me.name, text=command.text)
    if case.actor.role.hosts:
        return [said]
    return [said, e.YouWroteToStaff(at=case.now, person=me.id, message=command.id, text=command.text)]


def _present(case: _Case) -> Occupant:
    if case.actor.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    _require_live(case)
    me = case.state.people.get(case.me)
    if me is None or me.place not in (Place.IN, Place.WAITING):
        raise RoomError("not_in_room")
    return me


def _chat_mode(case: _Case, command: c.ChatSetMode) -> Events:
    _require_host(case)
    _require_live(case)
    if command.mode is case.state.chat_mode:
        raise RoomError("same_mode")
    return [e.ChatModeChanged(at=case.now, mode=command.mode, by=case.me)]


def _ask_support(case: _Case, command: c.SupportRequest) -> Events:
    if case.actor.role is not Role.CLIENT:
        raise RoomError("not_a_client")
    _present(case)
    if case.me in case.state.support:
        raise RoomError("already_requested")
    return [
        e.SupportRequested(at=case.now, person=case.me),
        e.YouAskedForSupport(at=case.now, person=case.me),
    ]


def _answer_support(case: _Case, command: c.SupportAnswer) -> Events:
    _require_host(case)
    if command.person not in case.state.support:
        raise RoomError("no_request")
    return [
        e.SupportAnswered(at=case.now, person=command.person, by=case.me),
        e.YouWereAnswered(at=case.now, person=command.person),
    ]


RULES: dict[type, Rule] = {
    c.RoomOpen: _open,
    c.RoomStart: _start,
    c.BreakStart: _break_start,
    c.BreakEnd: _break_end,
    c.RoomEnd: _end,
    c.RoomLock: _lock,
    c.RoomUnlock: _unlock,
    c.ClientAdmit: _admit,
    c.ClientAdmitAll: _admit_all,
    c.ClientRemove: _remove,
    c.ClientRestore: _restore,
    c.ClientToLobby: _step_out,
    c.ClientMute: _mute,
    c.ClientUnmute: _unmute,
    c.EveryoneMute: _mute_everyone,
    c.RoomLeave: _leave,
    c.HandRaise: _raise_hand,
    c.HandLower: _lower_hand,
    c.ChatSend: _chat,
    c.ChatSetMode: _chat_mode,
    c.SupportRequest: _ask_support,
    c.SupportAnswer: _answer_support,
    acts.Expect: _expect,
    acts.Arrive: _arrive,
    acts.Lose: _lose,
    acts.GiveUp: _give_up,
    acts.OpenDue: _open_due,
    acts.EndDue: _end_due,
}
