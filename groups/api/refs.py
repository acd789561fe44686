"""How people are named in answers to staff."""

from __future__ import annotations

from uuid import UUID

from groups.models import Person
from vio.common.api.schemas import Output


class PersonRef(Output):
    """Somebody, by id and name."""

    id: UUID
    name: str


def person_ref(person: Person | None) -> PersonRef | None:
    """A person as they go out; nobody stays nobody."""
    return PersonRef(id=person.pk, name=person.full_name) if person is not None else None
