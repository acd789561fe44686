"""From a person to an Actor: which roles they hold, in which programs, at this moment."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from groups.models import Client, Person, StaffRole
from vio.common.actors import NOBODY, Actor
from vio.common.permissions import Role
from vio.common.scope import every_program


def roles_of(person_id: UUID) -> dict[UUID, frozenset[Role]]:
    """{program id: roles} from staff roles in force and from charts."""
    found: dict[UUID, set[Role]] = defaultdict(set)
    with every_program():
        staff = StaffRole.objects.filter(person_id=person_id, withdrawn_at=None).values_list(
            "program_id", "role"
        )
        for program_id, role in staff:
            found[program_id].add(Role(role))
        for program_id in Client.objects.filter(person_id=person_id).values_list("program_id", flat=True):
            found[program_id].add(Role.CLIENT)
    return {program_id: frozenset(roles) for program_id, roles in found.items()}


def actor_for(person: Person, *, source: str = "", request_id: str = "", fresh: bool = False) -> Actor:
    """The Actor a person is now; nobody when the account is switched off."""
    if not person.is_active:
        return NOBODY
    return Actor(
        person_id=person.pk, roles=roles_of(person.pk), fresh=fresh, source=source, request_id=request_id
    )
