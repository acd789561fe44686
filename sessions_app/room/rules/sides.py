"""Side rooms: breakouts for everybody to see, private talks (asides) that peers learn nothing of."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

from sessions_app.room import activity_commands as ac
from sessions_app.room import activity_events as a
from sessions_app.room import events as e
from sessions_app.room.activity_state import Breakout
from sessions_app.room.errors import RoomError
from sessions_app.room.rules.apart import clashes, share_out
from sessions_app.room.rules.case import Case, Events, client_in, require_host, require_live
from sessions_app.room.words import MovedTo, Place, Role


def key_of(command: UUID, place: int = 0) -> str:
    """A side room's key: never the same twice in a session, because a command's id is not."""
    return hashlib.sha256(f"{command}:{place}".encode()).hexdigest()[:8]


def open_breakouts(case: Case, command: ac.BreakoutsOpen) -> Events:
    require_host(case)
    require_live(case)
    if case.state.breakouts:
        raise RoomError("breakouts_open")
    rooms = [
        Breakout(side=key_of(command.id, place), people=tuple(people))
        for place, people in enumerate(_assigned(case, command))
    ]
    minutes = command.minutes
    ends_at = case.now + timedelta(minutes=minutes) if minutes else None
    opened = a.BreakoutsOpened(at=case.now, by=case.me, rooms=tuple(rooms), ends_at=ends_at)
    moved = [person for room in rooms for person in room.people]
    stay = [person for person in _in_the_group(case) if person not in moved]
    return [
        opened,
        *(_you(case, person, MovedTo.BREAKOUT) for person in moved),
        *(_you(case, person, MovedTo.MAIN) for person in stay),
    ]


def _in_the_group(case: Case) -> list[str]:
    """Everybody in the room who is not in a private talk."""
    apart = {aside.side for aside in case.state.asides.values()}
    inside = [person.id for person in case.state.at(Place.IN)]
    return [person for person in inside if case.state.side_of(person) not in apart]


def _assigned(case: Case, command: ac.BreakoutsOpen) -> list[list[str]]:
    inside = [person.id for person in case.state.at(Place.IN) if person.role is Role.CLIENT]
    if command.rooms is None:
        return _at_random(case, inside, command.id, command.count or 2)
    rooms = [list(people) for people in command.rooms]
    chosen = [person for people in rooms for person in people]
    if len(set(chosen)) < len(chosen):
        raise RoomError("assigned_twice")
    for person in chosen:
        client_in(case, person, Place.IN, otherwise="not_in_room")
    if any(clashes(people, case.known.apart) for people in rooms):
        raise RoomError("kept_apart")
    return rooms


def _at_random(case: Case, people: list[str], command: UUID, count: int) -> list[list[str]]:
    if len(people) < 2:
        raise RoomError("too_few_people")
    shuffled = sorted(people, key=lambda person: hashlib.sha256(f"{command}:{person}".encode()).digest())
    rooms = share_out(shuffled, min(count, len(people)), case.known.apart)
    if rooms is None:
        raise RoomError("kept_apart")
    return rooms


def recall(case: Case, command: ac.BreakoutsRecall) -> Events:
    require_host(case)
    require_live(case)
    if not case.state.breakouts:
        raise RoomError("no_breakouts")
    return close_breakouts(case, case.me)


def close_breakouts(case: Case, by: str | None) -> Events:
    """Everybody back in the whole group, those too who stayed in the main room; a private talk goes on."""
    back = [_you(case, person, MovedTo.GROUP) for person in _in_the_group(case)]
    return [a.BreakoutsClosed(at=case.now, by=by), *back]


def assign(case: Case, command: ac.BreakoutAssign) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, otherwise="not_in_room")
    room = _breakout(case, command.side) if command.side else None
    if not case.state.breakouts:
        raise RoomError("no_breakouts")
    if _breakout_of(case, client.id) == room:
        raise RoomError("already_there")
    if room and clashes([*room.people, client.id], case.known.apart):
        raise RoomError("kept_apart")
    return _move(case, client.id, room)


def enter(case: Case, command: ac.SideEnter) -> Events:
    """Staff go from room to room; out of a private talk, which ends when nobody of the staff is left in it."""
    require_host(case)
    require_live(case)
    here = case.state.side_of(case.me)
    if here == (command.side or ""):
        raise RoomError("already_there")
    client = next((c for c, aside in case.state.asides.items() if aside.side == command.side), None)
    if client is not None:
        return [
            a.AsideJoined(at=case.now, person=client, by=case.me, joined=True),
            _you(case, case.me, MovedTo.ASIDE),
        ]
    room = _breakout(case, command.side) if command.side else None
    out = _out_of_aside(case)
    if out and _breakout_of(case, case.me) == room:
        return [*out, _you(case, case.me, _place_of(case, room))]
    return [*out, *_move(case, case.me, room)]


def _out_of_aside(case: Case) -> Events:
    for client, aside in case.state.asides.items():
        if case.me in aside.staff:
            return [a.AsideJoined(at=case.now, person=client, by=case.me, joined=False)]
    return []


def _breakout(case: Case, side: str) -> Breakout:
    for room in case.state.breakouts:
        if room.side == side:
            return room
    raise RoomError("no_such_side")


def _breakout_of(case: Case, person: str) -> Breakout | None:
    return next((room for room in case.state.breakouts if person in room.people), None)


def _move(case: Case, person: str, room: Breakout | None) -> Events:
    moved = a.BreakoutMoved(at=case.now, person=person, side=room.side if room else None, by=case.me)
    if person in case.state.asides:  # in a private talk: the move counts when that is over
        return [moved]
    return [moved, _you(case, person, _place_of(case, room))]


def _place_of(case: Case, room: Breakout | None) -> MovedTo:
    if room is not None:
        return MovedTo.BREAKOUT
    return MovedTo.MAIN if case.state.breakouts else MovedTo.GROUP


def open_aside(case: Case, command: ac.AsideOpen) -> Events:
    require_host(case)
    require_live(case)
    client = client_in(case, command.person, Place.IN, otherwise="not_in_room")
    if client.id in case.state.asides:
        raise RoomError("already_aside")
    answered: Events = []
    if client.id in case.state.support:
        answered = [
            e.SupportAnswered(at=case.now, person=client.id, by=case.me),
            e.YouWereAnswered(at=case.now, person=client.id),
        ]
    return [
        *answered,
        a.AsideOpened(at=case.now, person=client.id, side=key_of(command.id), by=case.me),
        _you(case, client.id, MovedTo.ASIDE),
        _you(case, case.me, MovedTo.ASIDE),
    ]


def close_aside(case: Case, command: ac.AsideClose) -> Events:
    person = command.person or case.me
    require_live(case)
    if person != case.me:
        require_host(case)
    if person not in case.state.asides:
        raise RoomError("no_aside")
    return end_aside(case, person)


def end_aside(case: Case, client: str) -> Events:
    """The private talk is over: whoever is still in the room goes back to where they were."""
    aside = case.state.asides[client]
    back = [
        _you(case, person, _place_of(case, _breakout_of(case, person)))
        for person in (client, *aside.staff)
        if case.state.place_of(person) is Place.IN
    ]
    return [a.AsideClosed(at=case.now, person=client), *back]


def _you(case: Case, person: str, to: MovedTo) -> a.YouMoved:
    return a.YouMoved(at=case.now, person=person, to=to)
