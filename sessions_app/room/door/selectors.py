"""Reads of the door: what was confirmed for a session, what stands in the form before, what staff see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from groups.models import Client, StaffRole
from sessions_app.models import DoorConfirmation, Session, TechCheck
from sessions_app.room.door.facts import Check, DoorFacts
from sessions_app.selectors import expected_clients
from sessions_app.staffing.leaders import hosts_of, leaders_of

AtDoor = tuple[UUID, UUID]
"""Somebody at a door: session and client."""


def confirmed(session_id: UUID, client_id: UUID) -> DoorConfirmation | None:
    """What the client confirmed for this session, the latest of it; None before they did."""
    rows = DoorConfirmation.objects.filter(session=session_id, client=client_id)
    return rows.order_by("-at").first()


def is_confirmed(session_id: UUID, client_id: UUID) -> bool:
    """Whether the client has been through the door of this session; once is enough for the whole evening."""
    return DoorConfirmation.objects.filter(session=session_id, client=client_id).exists()


def last_confirmed(client: Client) -> DoorConfirmation | None:
    """What the client confirmed last, in any session."""
    return DoorConfirmation.objects.filter(client=client).order_by("-at").first()


def facts_of(session: Session, client_id: UUID) -> DoorFacts | None:
    """What staff see of a client at the door; None for one who has not confirmed where they are."""
    return facts_of_many({(session.pk, client_id)}).get((session.pk, client_id))


def facts_of_many(wanted: Collection[AtDoor]) -> dict[AtDoor, DoorFacts]:
    """The same for everybody who knocks at one moment; who has not confirmed is absent."""
    both = {"session__in": {session for session, _ in wanted}, "client__in": {client for _, client in wanted}}
    doors = {
        (row["session"], row["client"]): row
        for row in DoorConfirmation.objects.filter(**both)
        .order_by("at")
        .values("session", "client", "state", "sound_only")
    }
    checks = {(check.session_id, check.client_id): check for check in TechCheck.objects.filter(**both)}
    asked = {session for session, client in wanted if (session, client) in doors}
    sessions = Session.objects.filter(pk__in=asked).select_related("group")
    licensed = {session.pk: licensed_states(session) for session in sessions}
    return {
        pair: _facts(doors[pair], checks.get(pair), licensed[pair[0]]) for pair in wanted if pair in doors
    }


def _facts(door: Mapping[str, Any], check: TechCheck | None, licensed: frozenset[str]) -> DoorFacts:
    parts = {part: Check(getattr(check, part)) for part in PARTS} if check else {}
    return DoorFacts(
        state=door["state"], licensed=door["state"] in licensed, sound_only=door["sound_only"], **parts
    )


PARTS = ("camera", "microphone", "speaker", "connection")
"""The parts of the tech check, as columns and as fields."""


def licensed_states(session: Session) -> frozenset[str]:
    """The states in which somebody who leads this session is licensed on its date."""
    leaders = [each.person for each in hosts_of(session)]
    roles = StaffRole.objects.filter(program=session.program_id, person__in=leaders, withdrawn_at=None)
    return frozenset().union(*(role.licensed_on(session.local_date) for role in roles))


def names_in_use(session: Session, client: Client) -> frozenset[str]:
    """The names that others of this session go by, in small letters: nobody may take one of them."""
    others = [other.peer_name for other in expected_clients(session) if other.pk != client.pk]
    leaders = [each.person for each in leaders_of(session)]
    return frozenset(
        name.casefold()
        for name in [*others, *(n for p in leaders for n in (p.short_name, p.full_name, p.first_name))]
    )
