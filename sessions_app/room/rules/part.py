"""Taking part: hands, mutes, chat, the silent hand."""

from sessions_app.room import activity_events as a
from sessions_app.room import commands as c
from sessions_app.room import events as e
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.case import (
    Case,
    Events,
    client_in,
    require_host,
    require_live,
    require_taking_part,
)
from sessions_app.room.state import Occupant
from sessions_app.room.words import ChatMode, Place, Role


def raise_hand(case: Case, command: c.HandRaise) -> Events:
    require_taking_part(case)
    if case.me in case.state.hands:
        raise RoomError("already_raised")
    return [e.HandRaised(at=case.now, person=case.me)]


def lower_hand(case: Case, command: c.HandLower) -> Events:
    person = command.person or case.me
    require_taking_part(case)
    if person != case.me:
        require_host(case)
    if person not in case.state.hands:
        raise RoomError("no_hand")
    return [e.HandLowered(at=case.now, person=person, by=case.me)]


def mute(case: Case, command: c.ClientMute) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, otherwise="not_in_room")
    if client.id in case.state.muted:
        raise RoomError("already_muted")
    return [e.ClientMuted(at=case.now, person=client.id, by=case.me)]


def unmute(case: Case, command: c.ClientUnmute) -> Events:
    require_taking_part(case)
    if case.me not in case.state.muted:
        raise RoomError("not_muted")
    return [e.ClientUnmuted(at=case.now, person=case.me)]


def mute_everyone(case: Case, command: c.EveryoneMute) -> Events:
    require_host(case)
    require_live(case)
    return [e.EveryoneMuted(at=case.now, by=case.me)]


def chat(case: Case, command: c.ChatSend) -> Events:
    if command.to == "staff":
        return _chat_to_staff(case, command)
    require_taking_part(case)
    side = case.state.side_of(case.me) or case.state.main_side
    if (
        not case.actor.role.hosts
        and case.state.chat_mode is not ChatMode.GROUP
        and case.me not in case.state.asides
    ):
        raise RoomError("chat_off")
    name = case[case.me].name
    if command.to == "everyone" and not case.actor.role.hosts:
        raise RoomError("not_allowed")
    if side and command.to == "room":
        said = {"side": side, "person": case.me, "message": command.id, "name": name, "text": command.text}
        return [a.SideChatSent.model_validate({"at": case.now, **said})]
    return [e.ChatSent(at=case.now, person=case.me, message=command.id, name=name, text=command.text)]


def _chat_to_staff(case: Case, command: c.ChatSend) -> Events:
    """Open from the door on and in every chat mode: a client can always reach the staff."""
    me = _present(case)
    said = e.StaffChatSent(at=case.now, person=me.id, message=command.id, name=me.name, text=command.text)
    if case.actor.role.hosts:
        return [said]
    return [said, e.YouWroteToStaff(at=case.now, person=me.id, message=command.id, text=command.text)]


def _present(case: Case) -> Occupant:
    if case.actor.role is Role.OBSERVER:
        raise RoomError("not_allowed")
    require_live(case)
    me = case.state.people.get(case.me)
    if me is None or me.place not in (Place.IN, Place.WAITING):
        raise RoomError("not_in_room")
    return me


def chat_mode(case: Case, command: c.ChatSetMode) -> Events:
    require_host(case)
    require_live(case)
    if command.mode is case.state.chat_mode:
        raise RoomError("same_mode")
    return [e.ChatModeChanged(at=case.now, mode=command.mode, by=case.me)]


def ask_support(case: Case, command: c.SupportRequest) -> Events:
    if case.actor.role is not Role.CLIENT:
        raise RoomError("not_a_client")
    _present(case)
    if case.me in case.state.support:
        raise RoomError("already_requested")
    return [
        e.SupportRequested(at=case.now, person=case.me),
        e.YouAskedForSupport(at=case.now, person=case.me),
    ]


def answer_support(case: Case, command: c.SupportAnswer) -> Events:
    require_host(case)
    if command.person not in case.state.support:
        raise RoomError("no_request")
    return [
        e.SupportAnswered(at=case.now, person=command.person, by=case.me),
        e.YouWereAnswered(at=case.now, person=command.person),
    ]
