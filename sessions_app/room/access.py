"""From a login and a session id to somebody's standing in that room; the only way into a room (AZ-2).

One statement answers for many connections at once: at the handshake for one, inside every batch of commands for all of
its senders, and every few seconds for everybody who is connected. So a right that was withdrawn is gone with the next
command, whether a bell rang or not (AU-7).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as Login
from django.db import connection

from groups.logins import ends_at, is_theirs
from groups.models import Person
from sessions_app.room.arrays import array
from sessions_app.room.door.facts import DoorFacts
from sessions_app.room.rights import NOW_IF_SAFE, Told, rights
from sessions_app.room.words import Role
from vio.common.actors import Actor
from vio.common.errors import DomainError
from vio.common.permissions import Permission, permissions_of
from vio.common.permissions import Role as ProgramRole
from vio.common.scope import every_program

MESSAGES: Final[dict[str, str]] = {
    "signed_out": "Please sign in again.",
    "not_found": "We could not find that.",
    "agreement_needed": "Please read and accept the group agreement first.",
    "session_over": "This session is over.",
    "door_needed": "Please say where you are tonight first.",
}


class AccessError(DomainError):
    """This person may not be in this room (any more); ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code], code=code)
        self.status = {"signed_out": 401, "not_found": 404}.get(code, 403)


class Ticket(NamedTuple):
    """Who asks for which room, by which login (the login's key; None for the system's own tests of a right)."""

    session_id: UUID
    person_id: UUID
    login: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who may be in a room: who they are there, and under which names.

    `due` tells that the waiting room should be open by now and is not: whoever looks opens it. `door` is what a client
    confirmed before coming in, read at the handshake.
    """

    session_id: UUID
    program_id: UUID
    group_id: UUID
    person_id: UUID
    client_id: UUID | None
    role: Role
    name: str
    staff_name: str
    roles: frozenset[ProgramRole]
    due: bool
    ended_at: datetime | None
    door: DoorFacts | None = None

    def actor(self, *, source: str) -> Actor:
        """The same person as services and the audit trail know them."""
        return Actor(person_id=self.person_id, roles={self.program_id: self.roles}, source=source)

    def may(self, permission: Permission) -> bool:
        """Whether a role in this program carries the permission."""
        return permission in permissions_of(self.roles)


def people_of_logins(logins: Sequence[str], *, now: datetime) -> dict[str, UUID]:
    """Whose logins these are; none, an expired or an unreadable one is absent. One statement."""
    rows = Login.objects.filter(session_key__in={login for login in logins if login}, expire_date__gt=now)
    people = {}
    for row in rows:
        with suppress(ValueError):
            people[row.session_key] = UUID(str(_facts_of(row.session_data).get("_auth_user_id")))
    return people


def standings(tickets: Sequence[Ticket], *, now: datetime) -> list[Standing | AccessError]:
    """For each ticket, in order, the standing or why there is none. One statement."""
    if not tickets:
        return []
    with every_program(), connection.cursor() as cursor:
        cursor.execute(QUERY, query_values(tickets, now=now))
        return judged(cursor, tickets, now=now)


def query_values(tickets: Sequence[Ticket], *, now: datetime) -> list[Any]:
    """The parameters of the statement that answers for these tickets."""
    columns = ([t.session_id for t in tickets], [t.person_id for t in tickets], [t.login for t in tickets])
    return [*(array(column) for column in columns), now]


def judged(answer: Any, tickets: Sequence[Ticket], *, now: datetime) -> list[Standing | AccessError]:
    """The statement's rows as standings, one per ticket in order; they are remembered in `rights`."""
    rows = {row[0]: row for row in answer.fetchall()}
    return [_told(ticket, rows.get(number), now) for number, ticket in enumerate(tickets, 1)]


def _told(ticket: Ticket, row: Sequence[Any] | None, now: datetime) -> Standing | AccessError:
    if row is None:
        return AccessError("not_found")
    facts = Facts._make(row[1:-2])
    told = Told(row[-2].partition(",")[2], _keys(facts, ticket), now, *_judge(facts))
    rights.remember(ticket, told, view=row[-1])
    return answered(told, now)


def answered(told: Told, now: datetime) -> Standing | AccessError:
    """What was told, as an answer at an instant."""
    found = told.at(now)
    return AccessError(found) if isinstance(found, str) else found


def _keys(facts: Facts, ticket: Ticket) -> tuple[str, ...]:
    """Under which a change of these facts would be noted (see the table's triggers)."""
    about = (facts.session_id, facts.program_id, facts.group_id, facts.person_id, facts.client_id)
    return (*(str(key) for key in about if key), ticket.login)


def standing(ticket: Ticket, *, now: datetime) -> Standing:
    """One person's standing. Raises AccessError."""
    found = standings([ticket], now=now)[0]
    if isinstance(found, AccessError):
        raise found
    return found


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A client who belongs to the group on the session's date."""

    person_id: UUID
    client_id: UUID
    name: str
    staff_name: str


def roster(group_id: UUID, on: date) -> list[RosterEntry]:
    """The clients whose membership covers the date, by name."""
    from groups.models import Membership

    places = (
        Membership.objects.filter(group_id=group_id, starts_on__lte=on)
        .exclude(ends_on__lt=on)
        .select_related("client__person")
        .order_by("client__person__first_name", "client_id")
    )
    return [
        RosterEntry(
            person_id=place.client.person_id,
            client_id=place.client_id,
            name=place.client.peer_name,
            staff_name=place.client.person.full_name,
        )
        for place in places
    ]


class Facts(NamedTuple):
    """What the statement says of one ticket, in the order of its columns."""

    session_id: UUID
    program_id: UUID
    group_id: UUID
    status: str
    ended_at: datetime | None
    due: bool
    person_id: UUID
    first_name: str
    last_name: str
    is_active: bool
    password: str
    login_epoch: int
    client_id: UUID | None
    privacy_name: str | None
    member: bool
    agreed: bool
    group_role: str | None
    staff_roles: str
    second_factor: bool
    session_data: str | None
    login_ends: datetime | None


def _judge(facts: Facts) -> tuple[Standing | str, float]:
    """What follows, and until which instant (seconds since 1970) the login holds."""
    if facts.status == "cancelled":
        return "not_found", math.inf
    return _standing(facts), _login_holds_until(facts)


@lru_cache(maxsize=4096)
def _standing(row: Facts) -> Standing | str:
    """What follows from a row alone: the standing, or the code that refuses it. The same row says the same for ever."""
    roles = frozenset(ProgramRole(role) for role in row.staff_roles.split())
    role = _room_role(row, roles)
    if role is None:
        return "not_found"
    if role is not Role.CLIENT and not row.second_factor:
        return "not_found"  # staff are nobody until the second factor is set up (AU-2)
    if role is Role.CLIENT and not row.agreed:
        return "agreement_needed"
    person = Person(pk=row.person_id, first_name=row.first_name, last_name=row.last_name)
    client = role is Role.CLIENT
    return Standing(
        session_id=row.session_id,
        program_id=row.program_id,
        group_id=row.group_id,
        person_id=row.person_id,
        client_id=row.client_id if client else None,
        role=role,
        name=(row.privacy_name if client else "") or person.short_name,
        staff_name=person.full_name,
        roles=roles | ({ProgramRole.CLIENT} if client else frozenset()),
        due=row.due,
        ended_at=row.ended_at,
    )


def _login_holds_until(facts: Facts) -> float:
    """The login exists, is this person's, was made after the last change of password, factors or roles, and is not too
    old (AU-6, AU-7). In a room nobody is idle: heartbeats stand for being there."""
    owner = (facts.person_id, facts.password, facts.login_epoch, facts.is_active)
    if not facts.session_data or not facts.login_ends or not _is_theirs(facts.session_data, *owner):
        return -math.inf
    return min(facts.login_ends.timestamp(), ends_at(_facts_of(facts.session_data)))


@lru_cache(maxsize=4096)
def _is_theirs(stored: str, person_id: UUID, password: str, login_epoch: int, is_active: bool) -> bool:
    """Whether a stored login is this person's: a signature over exactly these values."""
    person = Person(pk=person_id, password=password, login_epoch=login_epoch, is_active=is_active)
    return is_theirs(_facts_of(stored), person)


@lru_cache(maxsize=4096)
def _facts_of(stored: str) -> dict[str, Any]:
    """What a stored login says. It is signed, so the same text says the same for ever; it is only read here."""
    facts: dict[str, Any] = SessionStore().decode(stored)
    return facts


def _room_role(row: Facts, roles: frozenset[ProgramRole]) -> Role | None:
    """Staff as the group or this one session says; supervisors and directors may observe; members are clients."""
    if row.group_role and roles:
        return Role(row.group_role)
    if roles & {ProgramRole.SUPERVISOR, ProgramRole.DIRECTOR}:
        return Role.OBSERVER
    return Role.CLIENT if row.member else None


def tickets_of(standing_and_login: Iterable[tuple[Standing, str]]) -> list[Ticket]:
    """Tickets to ask again for those who were let in before."""
    return [Ticket(s.session_id, s.person_id, login) for s, login in standing_and_login]


QUERY = f"""
SELECT found.*, found::text AS text,
  {NOW_IF_SAFE} AS view FROM (
SELECT q.number, s.id AS session_id, s.program_id, s.group_id, s.status, s.ended_at,
  (s.status = 'scheduled' AND s.ends_at > t.now
    AND s.starts_at - make_interval(mins => g0.lobby_opens_minutes) <= t.now) AS due,
  p.id AS person_id, p.first_name, p.last_name, p.is_active, p.password, p.login_epoch,
  c.id AS client_id, c.privacy_name,
  EXISTS (
    SELECT FROM groups_membership m WHERE m.client_id = c.id AND m.group_id = s.group_id
      AND m.starts_on <= s.local_date AND (m.ends_on IS NULL OR m.ends_on >= s.local_date))
    AND EXISTS (
      SELECT FROM groups_enrolment e WHERE e.client_id = c.id
        AND e.starts_on <= s.local_date AND (e.ends_on IS NULL OR e.ends_on >= s.local_date)) AS member,
  NOT EXISTS (
    SELECT FROM groups_agreement a WHERE a.program_id = s.program_id
      AND a.version = (SELECT max(version) FROM groups_agreement WHERE program_id = s.program_id)
      AND NOT EXISTS (
        SELECT FROM groups_agreementacceptance x WHERE x.agreement_id = a.id AND x.client_id = c.id)) AS agreed,
  COALESCE(
    (SELECT ss.role FROM sessions_app_sessionstaff ss WHERE ss.session_id = s.id AND ss.person_id = p.id
      AND ss.ended_at IS NULL),
    (SELECT g.role FROM groups_groupstaff g WHERE g.group_id = s.group_id AND g.person_id = p.id
      AND g.starts_on <= s.local_date AND (g.ends_on IS NULL OR g.ends_on >= s.local_date)
      AND NOT EXISTS (SELECT FROM sessions_app_sessionstaff away WHERE away.session_id = s.id
        AND away.stands_in_for_id = p.id AND away.ended_at IS NULL)
      ORDER BY g.starts_on DESC LIMIT 1)) AS group_role,
  (SELECT coalesce(string_agg(r.role, ' ' ORDER BY r.role), '') FROM groups_staffrole r
    WHERE r.program_id = s.program_id AND r.person_id = p.id AND r.withdrawn_at IS NULL) AS staff_roles,
  EXISTS (
    SELECT FROM mfa_authenticator f WHERE f.user_id = p.id AND f.type IN ('totp', 'webauthn')) AS second_factor,
  l.session_data, l.expire_date AS login_ends
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) WITH ORDINALITY AS q (session_id, person_id, login, number)
CROSS JOIN (SELECT %s::timestamptz AS now) t
JOIN sessions_app_session s ON s.id = q.session_id
JOIN groups_program g0 ON g0.id = s.program_id
JOIN groups_person p ON p.id = q.person_id
LEFT JOIN groups_client c ON c.program_id = s.program_id AND c.person_id = p.id
LEFT JOIN django_session l ON l.session_key = q.login AND l.expire_date > t.now
) found
"""  # noqa: S608  # put together from the house's own words
