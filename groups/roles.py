"""From a person to an Actor: which roles they hold, in which programs, at this moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from groups.factors import FACTORS
from groups.models import Person, Program
from vio.common.actors import NOBODY, Actor
from vio.common.permissions import Role

_STANDING = """
SELECT (held.program).*, held.role, EXISTS (
  SELECT FROM mfa_authenticator a WHERE a.user_id = %(person)s AND a.type = ANY (%(factors)s)) AS has_factor
FROM vio_standing(%(person)s) held"""


@dataclass(frozen=True)
class Standing:
    """What a person is: roles and rows of their programs by the program's id, and whether they have a second factor."""

    roles: Mapping[UUID, frozenset[Role]]
    programs: Mapping[UUID, Program]
    has_factor: bool


def standing_of(person_id: UUID) -> Standing:
    """Staff roles in force and charts, in whatever programs; one statement, whatever the scope.

    Without any role `has_factor` is False: nothing depends on it then.
    """
    found: dict[UUID, set[Role]] = defaultdict(set)
    programs: dict[UUID, Program] = {}
    has_factor = False
    rows: Iterable[Any] = Program.objects.raw(
        _STANDING, {"person": person_id, "factors": [str(factor) for factor in FACTORS]}
    )
    for row in rows:  # a program, once for each role, with what stands beside it
        found[row.pk].add(Role(row.role))
        programs.setdefault(row.pk, row)
        has_factor = row.has_factor
    return Standing({key: frozenset(roles) for key, roles in found.items()}, programs, has_factor)


def roles_of(person_id: UUID) -> Mapping[UUID, frozenset[Role]]:
    """{program id: roles} from staff roles in force and from charts."""
    return standing_of(person_id).roles


def actor_for(person: Person, *, source: str = "", request_id: str = "", fresh: bool = False) -> Actor:
    """The Actor a person is now; nobody when the account is switched off."""
    if not person.is_active:
        return NOBODY
    return Actor(
        person_id=person.pk, roles=roles_of(person.pk), fresh=fresh, source=source, request_id=request_id
    )
