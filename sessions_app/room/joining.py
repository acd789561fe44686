"""How a connection comes in, catches up and goes: the steps between the handshake and being live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sessions_app.models import Session
from sessions_app.room import access, clock, snapshots
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.acts import Act, Arrive, Depart
from sessions_app.room.batch import Entry
from sessions_app.room.door.facts import DoorFacts
from sessions_app.room.door.selectors import AtDoor, facts_of_many
from sessions_app.room.errors import RoomError
from sessions_app.room.link import TOO_SLOW, Link
from sessions_app.room.presence import Proof
from sessions_app.room.replies import Resumed, wire
from vio.common.permissions import Permission
from vio.common.scope import every_program

if TYPE_CHECKING:
    from sessions_app.room.hub import Hub

DOOR_FIRST = 2.0
"""Seconds for which those who are in wait for those at the door: a handshake has five, a snapshot can come later."""
OPEN_AFTER_END = timedelta(minutes=10)  # RT-3: whole session + 10 min


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door: the login's key from their cookie, and which room."""

    login: str
    session_id: UUID


def doors(knocks: Sequence[Knock], *, now: datetime) -> list[Standing | Exception]:
    """Everything that is checked before a socket is accepted (WS-2), for all who knock at one moment: login, second factor,
    membership, agreement, and that a client has said where they are tonight. Per knock, in order,
    the standing or the AccessError that refuses it.

    Opens the waiting rooms whose time has come and which nobody has looked at yet.
    """
    with every_program():
        people = access.people_of_logins([knock.login for knock in knocks], now=now)
        known = [knock for knock in knocks if knock.login in people]
        tickets = [Ticket(knock.session_id, people[knock.login], knock.login) for knock in known]
        found = dict(zip(known, access.standings(tickets, now=now), strict=True))
        answers = _past_the_door([_admit(found.get(knock), now) for knock in knocks])
        for session_id in {
            answer.session_id for answer in answers if isinstance(answer, Standing) and answer.due
        }:
            clock.open_room(Session.objects.get(pk=session_id), now=now)
    return answers


def door(login: str, session_id: UUID, *, now: datetime) -> Standing:
    """The same for one. Raises AccessError."""
    (answer,) = doors([Knock(login, session_id)], now=now)
    if isinstance(answer, Exception):
        raise answer
    return answer


def _admit(standing: Standing | AccessError | None, now: datetime) -> Standing | Exception:
    if standing is None:
        return AccessError("signed_out")
    if isinstance(standing, AccessError):
        return standing
    if not standing.may(Permission.JOIN_ROOM):
        return AccessError("not_found")
    if standing.ended_at is not None and now - standing.ended_at > OPEN_AFTER_END:
        return AccessError("session_over")
    return standing


def _past_the_door(answers: list[Standing | Exception]) -> list[Standing | Exception]:
    """Clients bring what they confirmed for this session, whenever that was: who drops is not asked again."""
    knocking = {
        (answer.session_id, answer.client_id)
        for answer in answers
        if isinstance(answer, Standing) and answer.client_id and answer.ended_at is None
    }
    if not knocking:
        return answers
    facts = facts_of_many(knocking)
    return [_with_door(answer, facts) if isinstance(answer, Standing) else answer for answer in answers]


def _with_door(standing: Standing, facts: Mapping[AtDoor, DoorFacts]) -> Standing | Exception:
    if standing.client_id is None or standing.ended_at is not None:
        return standing
    door = facts.get((standing.session_id, standing.client_id))
    return replace(standing, door=door) if door else AccessError("door_needed")


async def join(hub: Hub, link: Link, seen: Mapping[str, int] | None) -> None:
    """Brings an accepted connection into the room: arrival, then snapshot or what was missed, then live.

    Raises RoomError or another DomainError when the room does not take this person now.
    """
    await hub.doors.settled(DOOR_FIRST)
    await hub.enter(link)
    over = link.standing.ended_at is not None
    if not over:
        try:
            await arrive(hub, link)
        except RoomError as error:
            if error.code != "room_ended":
                raise
    await show(hub, link, seen)


async def arrive(hub: Hub, link: Link) -> None:
    """Commits the arrival. From here on the connection counts as present."""
    who = link.standing
    arrival = Arrive(name=who.name, staff_name=who.staff_name, door=who.door)
    link.counted = True
    outcome = await hub.committer.submit(entry(link, arrival, permission=Permission.JOIN_ROOM))
    if outcome.error is not None:
        link.counted = False
        raise outcome.error


async def show(hub: Hub, link: Link, seen: Mapping[str, int] | None = None) -> None:
    """Sends the snapshot, or what was missed since `seen`, and goes live.

    On trouble the connection is closed with 1013, and the browser comes again.
    """
    try:
        view = await hub.views.ask((link.standing, seen))
    except Exception:  # raised again: the browser is only told to come back first
        link.close(TOO_SLOW)
        raise
    for line in view.missed:
        link.send_line(line)
    numbers = snapshots.numbers_for(view.viewer.audiences, view.moment.heads)
    link.send(wire(view.snapshot if view.snapshot is not None else Resumed(numbers=numbers)))
    if link.go_live(view.viewer, view.moment.version):
        link.hold()
        await show(hub, link)


async def resume(hub: Hub, link: Link, seen: Mapping[str, int]) -> None:
    """A live browser that is behind asks for what it lacks (RT-5)."""
    if link.joining:
        return
    link.hold()
    link.catching_up = True
    await show(hub, link, seen)


def leave(hub: Hub, link: Link, *, cause: str, at: datetime) -> None:
    """A connection is over, however that came about. Never waits and may be called twice; what cannot be committed now is
    closed by the sweep at the last proof of life (AT-4).
    """
    hub.forget(link)
    if link.counted:
        link.counted = False
        hub.later(_depart(hub, entry(link, Depart(at=at, cause=cause))))


async def _depart(hub: Hub, departure: Entry) -> None:
    await hub.committer.submit(departure)


def entry(link: Link, what: Act | Depart, *, permission: Permission | None = None) -> Entry:
    """An act of the house about this connection; with a permission, checked like a command."""
    return Entry(
        session_id=link.standing.session_id,
        program_id=link.standing.program_id,
        person_id=link.standing.person_id,
        client_id=link.standing.client_id,
        role=link.standing.role,
        connection=link.id,
        login=link.login if permission else "",
        permission=permission or Permission.SYSTEM,
        source=link.source,
        what=what,
    )


def proof(link: Link) -> Proof:
    """The connection's last proof of life."""
    return Proof(
        session_id=link.standing.session_id,
        program_id=link.standing.program_id,
        person_id=link.standing.person_id,
        client_id=link.standing.client_id,
        connection=link.id,
        at=link.last_seen,
    )


async def heal(hub: Hub, link: Link) -> None:
    """A live connection that was taken for dead (a stopped process, a stepped clock) counts again, as a new one."""
    link.id = hub.renumber(link)
    link.hold()
    await arrive(hub, link)
    await show(hub, link)
