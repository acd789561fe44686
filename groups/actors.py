"""From a person to an Actor: which roles they hold, in which programs, at this moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from groups.logins import is_fresh, second_factor_missing
from groups.models import Client, Person, StaffRole
from vio.common.actors import NOBODY, Actor
from vio.common.http import PageRequest, address_of
from vio.common.permissions import Role
from vio.common.scope import every_program, scope


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


@contextmanager
def acting_as(person: Person, *, source: str = "", fresh: bool = False) -> Iterator[Actor]:
    """The Actor of a person, with the database showing their programs: for sockets, tests and commands."""
    actor = actor_for(person, source=source, fresh=fresh)
    with scope(actor.program_ids):
        yield actor


def actor_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Puts the actor on the request and shows the database only their programs.

    A member of staff without a second factor is nobody until it is set up (AU-2): only the sign-in pages work.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = cast("PageRequest", request)
        page.actor = _actor_of(page)
        with scope(page.actor.program_ids):
            return get_response(request)

    return middleware


def _actor_of(request: PageRequest) -> Actor:
    person = request.user
    if not isinstance(person, Person):
        return Actor(person_id=None, source=address_of(request), request_id=request.request_id)
    actor = actor_for(
        person,
        source=address_of(request),
        request_id=request.request_id,
        fresh=is_fresh(request, now=timezone.now()),
    )
    if actor.is_staff and second_factor_missing(person):
        return Actor(person_id=person.pk, source=actor.source, request_id=actor.request_id)
    return actor
