"""Who is acting: a person with roles in programs, or the system itself.

An Actor is made once at the edge and handed to every service; services never look up who is signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from vio.common.errors import NotAllowedError
from vio.common.permissions import STAFF_ROLES, Permission, Role, permissions_of


@dataclass(frozen=True)
class Actor:
    """A person acting in the programs where they hold roles, or the system (`person_id` None, `system` True).

    `source` is where the act comes from (an address, "cli", "beat"); `request_id` ties log and audit together.
    `fresh` tells whether the sign-in is at most five minutes old (AU-8). `known` may hold the rows of these programs, read
    together with the roles for one request that changes nothing; `groups.access` uses them in place of a question.
    """

    person_id: UUID | None
    roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)
    system: bool = False
    fresh: bool = False
    source: str = ""
    request_id: str = ""
    known: Mapping[UUID, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def program_ids(self) -> frozenset[UUID]:
        """The programs this person has any role in."""
        return frozenset(self.roles)

    @property
    def is_staff(self) -> bool:
        """Whether any role is a staff role."""
        return any(roles & STAFF_ROLES for roles in self.roles.values())

    @property
    def who(self) -> UUID:
        """The person acting; raises NotAllowedError when it is the system, which signs and writes nothing in a name."""
        if self.person_id is None:
            raise NotAllowedError
        return self.person_id

    def roles_in(self, program_id: UUID) -> frozenset[Role]:
        """The roles in one program; none in a program that is not theirs."""
        return self.roles.get(program_id, frozenset())

    def may(self, permission: Permission, program_id: UUID) -> bool:
        """Whether a role in that program carries the permission; the system may everything."""
        if self.system:
            return True
        return permission in permissions_of(self.roles_in(program_id))

    def may_somewhere(self, permission: Permission) -> bool:
        """Whether any role in any program carries the permission."""
        if permission is Permission.PUBLIC or self.system:
            return True
        if permission is Permission.SIGNED_IN:
            return self.person_id is not None
        return any(self.may(permission, program_id) for program_id in self.roles)

    def programs_with(self, permission: Permission) -> frozenset[UUID]:
        """The programs in which this person may do that."""
        return frozenset(p for p in self.roles if self.may(permission, p))

    def require(self, permission: Permission, program_id: UUID) -> None:
        """Raises NotAllowedError unless `may`."""
        if not self.may(permission, program_id):
            raise NotAllowedError


NOBODY = Actor(person_id=None)


def system_actor(source: str) -> Actor:
    """The scheduler, the worker, the seed or the `vio` command acting by itself; `source` says which."""
    return Actor(person_id=None, system=True, source=source, fresh=True)
