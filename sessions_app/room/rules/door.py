"""The door: arriving, waiting, being admitted, stepping out, being removed, losing the connection, leaving."""

from sessions_app.room import acts
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import (
    Case,
    Events,
    client_in,
    require_host,
    require_live,
)
from sessions_app.room.state import Occupant, Room
from sessions_app.room.words import Admission, LeaveReason, Phase, Place, Role


def _let_in(case: Case, person: str, name: str) -> Events:
    return [
        e.ClientAdmitted(at=case.now, person=person, name=name),
        e.YouAdmitted(at=case.now, person=person),
    ]


def _is_asked_about(client: Occupant) -> bool:
    """Whether staff must decide knowingly: nobody who leads tonight is licensed where this client is."""
    return client.door is not None and not client.door.licensed


def admit(case: Case, command: c.ClientAdmit) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.WAITING, otherwise="not_waiting")
    if case.state.locked:
        raise RoomError("room_locked")
    if not client.connected:
        raise RoomError("not_connected")
    if _is_asked_about(client) and not command.knowingly:
        raise RoomError("nobody_licensed")
    return _let_in(case, client.id, client.name)


def admit_all(case: Case, command: c.ClientAdmitAll) -> Events:
    require_host(case)
    require_live(case)
    if case.state.locked:
        raise RoomError("room_locked")
    ready = [person for person in case.state.at(Place.WAITING) if person.connected]
    if not ready:
        raise RoomError("nobody_waiting")
    clear = [person for person in ready if not _is_asked_about(person)]
    if not clear:
        raise RoomError("nobody_licensed")
    return [event for person in clear for event in _let_in(case, person.id, person.name)]


def set_admission(case: Case, command: c.AdmissionSet) -> Events:
    require_host(case)
    require_live(case)
    if command.policy is case.state.admission:
        raise RoomError("same_admission")
    changed = e.AdmissionChanged(at=case.now, policy=command.policy, by=case.me)
    return [changed, *admit_waiting(case, admission=command.policy)]


def _lets_in(state: Room) -> bool:
    """Whether the policy lets people in by itself now."""
    if state.locked:
        return False
    if state.admission is Admission.ALL:
        return state.live
    return state.admission is Admission.ROSTER and state.phase in (Phase.RUNNING, Phase.BREAK)


def admit_waiting(case: Case, **changes: object) -> Events:
    """Everybody whom the policy lets in by itself once the room is as `changes` say: never one whom staff took out, nor one
    about whom staff must decide.
    """
    if not _lets_in(case.state.model_copy(update=changes)):
        return []
    ready = [person for person in case.state.at(Place.WAITING) if person.connected]
    by_itself = [person for person in ready if not person.held and not _is_asked_about(person)]
    return [event for person in by_itself for event in _let_in(case, person.id, person.name)]


def remove(case: Case, command: c.ClientRemove) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, Place.WAITING, otherwise="no_such_person")
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


def restore(case: Case, command: c.ClientRestore) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.REMOVED, otherwise="not_removed")
    return [
        e.ClientRestored(at=case.now, person=client.id, by=case.me),
        e.YouRestored(at=case.now, person=client.id),
    ]


def step_out(case: Case, command: c.ClientToLobby) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, otherwise="not_in_room")
    return [
        e.ClientLeft(at=case.now, person=client.id, reason=LeaveReason.LEFT),
        e.ClientMovedToLobby(at=case.now, person=client.id, by=case.me, connected=client.connected),
        e.YouMovedToLobby(at=case.now, person=client.id),
    ]


def expect(case: Case, act: acts.Expect) -> Events:
    if case.me in case.state.people:
        return []  # known already: the roster is read again whenever somebody asks
    return [e.ClientExpected(at=case.now, person=case.me, name=act.name, staff_name=act.staff_name)]


def arrive(case: Case, act: acts.Arrive) -> Events:
    """A connection at the door. A second device of somebody who is here changes nothing (AT-5)."""
    known = case.state.people.get(case.me)
    if case.state.phase is Phase.ENDED:
        raise RoomError("room_ended")
    if known is not None and known.place is Place.REMOVED:
        raise RoomError("removed")
    if known is not None and known.place in (Place.IN, Place.WAITING):
        return _come_back(case, act, known)
    if case.actor.role is not Role.CLIENT:
        return [e.StaffJoined(at=case.now, person=case.me, name=act.name, role=case.actor.role)]
    require_live(case)
    return _come_in(case, act, known)


def _come_back(case: Case, act: acts.Arrive, known: Occupant) -> Events:
    if known.connected:
        return []
    if known.place is Place.IN:
        return [e.ConnectionReturned(at=case.now, person=known.id)]
    back: Events = [e.WaitingReturned(at=case.now, person=known.id, door=act.door)]
    return back + _let_in(case, case.me, known.name) if _passes(case, act, known) else back


def _come_in(case: Case, act: acts.Arrive, known: Occupant | None) -> Events:
    if known is not None and known.admitted_before:
        return _let_in(case, case.me, act.name)
    waiting: Events = [
        e.ClientWaiting(at=case.now, person=case.me, name=act.name, staff_name=act.staff_name, door=act.door),
        e.YouWaiting(at=case.now, person=case.me, name=act.name),
    ]
    return waiting + _let_in(case, case.me, act.name) if _passes(case, act, known) else waiting


def _passes(case: Case, act: acts.Arrive, known: Occupant | None) -> bool:
    """Whether the policy lets this client in by itself now, and no question is open."""
    held = known is not None and known.held
    licensed = act.door is None or act.door.licensed
    return _lets_in(case.state) and not held and licensed


def lose(case: Case, act: acts.Lose) -> Events:
    known = case.state.people.get(case.me)
    if known is None or not known.connected:
        return []  # a late word about a connection that counts no more (AT-9)
    if known.place is Place.WAITING:
        return [e.WaitingLost(at=case.now, person=known.id)]
    return [e.ConnectionLost(at=case.now, person=known.id)]


def give_up(case: Case, act: acts.GiveUp) -> Events:
    known = case.state.people.get(case.me)
    if known is None or known.connected or known.place not in (Place.IN, Place.WAITING):
        return []  # came back, or was dealt with, in the meantime
    return [*_go(case, known, LeaveReason.LOST), e.YouTimedOut(at=case.now, person=known.id)]


def leave(case: Case, command: c.RoomLeave) -> Events:
    known = case.state.people.get(case.me)
    if known is None or known.place not in (Place.IN, Place.WAITING):
        raise RoomError("not_in_room")
    return [*_go(case, known, LeaveReason.LEFT), e.YouLeft(at=case.now, person=known.id)]


def _go(case: Case, known: Occupant, reason: LeaveReason) -> Events:
    if known.place is Place.WAITING:
        return [e.WaitingLeft(at=case.now, person=known.id, reason=reason)]
    if known.role is Role.CLIENT:
        return [e.ClientLeft(at=case.now, person=known.id, reason=reason)]
    return [e.StaffLeft(at=case.now, person=known.id, reason=reason)]
