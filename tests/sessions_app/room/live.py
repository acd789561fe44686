"""A room on real PostgreSQL for tests without a socket: entries by people of the world, and what the log then holds."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from groups.logins import BEGAN, KIND, SEEN
from groups.models import Client, Person
from sessions_app.models import Session
from sessions_app.room import log
from sessions_app.room.access import Standing, Ticket, standing
from sessions_app.room.acts import Act, Arrive, Depart
from sessions_app.room.batch import Entry, Outcome
from sessions_app.room.commands import ClientAdmit, Command, RoomOpen, RoomStart
from sessions_app.room.handlers import HANDLERS
from sessions_app.room.models import PresenceEvidence, RoomEvent, RoomState
from sessions_app.room.services import act
from sessions_app.room.state import Room
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.permissions import Permission

BEGIN = MONDAY_START


def person_of(who: Person | Client) -> Person:
    """The account behind somebody of the world."""
    return who.person if isinstance(who, Client) else who


def sign_in(who: Person | Client) -> str:
    """A login of this person as the sign-in pages make it; returns its key."""
    person = person_of(who)
    login = SessionStore()
    login[SESSION_KEY] = str(person.pk)
    login[HASH_SESSION_KEY] = person.get_session_auth_hash()
    login[KIND] = "client" if isinstance(who, Client) else "staff"
    login[BEGAN] = login[SEEN] = timezone.now().timestamp()
    login.set_expiry(24 * 3600)
    login.create()
    assert login.session_key
    return login.session_key


class LiveRoom:
    """One session's room; every step happens a second after the one before."""

    def __init__(self, world: World, session: Session | None = None, *, now: datetime = BEGIN) -> None:
        self.world = world
        world.group.chat_mode = "group"
        world.group.save()
        self.session = session or make_session(world.group)
        self.now = now
        self.logins: dict[UUID, str] = {}
        self.connections: dict[UUID, UUID] = {}

    def login(self, who: Person | Client) -> str:
        """The person's login, made when first needed."""
        person = person_of(who)
        if person.pk not in self.logins:
            self.logins[person.pk] = sign_in(person)
        return self.logins[person.pk]

    def standing(self, who: Person | Client) -> Standing:
        """The person's standing in this room."""
        return standing(Ticket(self.session.pk, person_of(who).pk, self.login(who)), now=self.now)

    def entry(self, who: Person | Client, what: Command | Act | Depart, **fields: object) -> Entry:
        """What the edge would hand over for this person."""
        person = person_of(who)
        permission = (
            HANDLERS[type(what)].needed_permission if isinstance(what, Command) else Permission.JOIN_ROOM
        )
        given = {
            "session_id": self.session.pk, "program_id": self.session.program_id, "person_id": person.pk,
            "login": self.login(who), "permission": permission, "what": what, "source": "test",
            "connection": self.connections.get(person.pk), **fields,
        }  # fmt: skip
        return Entry(**given)  # type: ignore[arg-type]  # fields by name

    def does(self, who: Person | Client, what: Command | Act | Depart, **fields: object) -> Outcome:
        """One entry, alone in its batch."""
        self.now += timedelta(seconds=1)
        return act([self.entry(who, what, **fields)], now=self.now)[0]

    def ok(self, who: Person | Client, what: Command | Act | Depart, **fields: object) -> Outcome:
        """The same, which must not be refused."""
        outcome = self.does(who, what, **fields)
        assert outcome.error is None, outcome.error.code
        return outcome

    def arrives(self, who: Person | Client) -> UUID:
        """A new connection of this person at the door; returns it."""
        seat = self.standing(who)
        connection = self.connections[seat.person_id] = uuid4()
        self.ok(who, Arrive(name=seat.name, staff_name=seat.staff_name), connection=connection)
        return connection

    def departs(self, who: Person | Client, connection: UUID, cause: str = "dropped") -> Outcome:
        """That connection ends now."""
        return self.ok(
            who,
            Depart(at=self.now, cause=cause),
            connection=connection,
            login="",
            permission=Permission.SYSTEM,
        )

    def running_with(self, *clients: Client) -> LiveRoom:
        """Opened and started by the facilitator, with these clients admitted."""
        self.arrives(self.world.facilitator)
        self.ok(self.world.facilitator, RoomOpen(id=uuid4()))
        for client in clients:
            self.arrives(client)
            self.ok(self.world.facilitator, ClientAdmit(id=uuid4(), person=str(client.person_id)))
        self.ok(self.world.facilitator, RoomStart(id=uuid4()))
        return self

    # --- what is there --------------------------------------------------------------------------------------

    @property
    def row(self) -> RoomState:
        """The state row as committed."""
        return RoomState.objects.get(pk=self.session.pk)

    @property
    def room(self) -> Room:
        """The room as committed."""
        return log.room_of(self.row.state)

    def kinds(self, audience: str | None = None) -> list[str]:
        """The kinds in the log, in order."""
        rows = RoomEvent.objects.filter(session=self.session).order_by("id")
        return [row.kind for row in rows if audience in (None, row.audience)]

    def frames(self) -> list[dict[str, object]]:
        """Every frame of the log, opened, in order."""
        return [json.loads(line.frame) for line in log.beyond(self.session.pk, {})]

    def evidence(self, who: Person | Client) -> list[tuple[str, str]]:
        """(kind, cause) of a person's evidence, in order of time."""
        rows = PresenceEvidence.objects.filter(session=self.session, person=person_of(who)).order_by(
            "at", "id"
        )
        return [(row.kind, row.cause) for row in rows]
