"""Who answers for a client, and who is away: reads of absences (F2, A10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from groups.cover_rules import Away, stands_in, who_is_there
from groups.models import Absence, Client, Person, Program, StaffRole
from vio.common import wording
from vio.common.permissions import ROLE_PERMISSIONS, Permission, Role

ANSWERING = tuple(role.value for role, may in ROLE_PERMISSIONS.items() if Permission.ACT_ON_FOLLOW_UP in may)
"""Roles that follow up on clients; a cover holds one of them."""


def answering_roles(program_id: UUID) -> QuerySet[StaffRole]:
    """The roles in force of those who may follow up on clients in a program, longest held first."""
    held = StaffRole.objects.filter(
        program=program_id, withdrawn_at=None, role__in=ANSWERING, person__is_active=True
    )
    return held.order_by("granted_at", "pk")


def owner_answers() -> Exists:
    """A condition on rows with a program and an owner: the owner may follow up on clients there.

    Who may not any more has lost the role for it, or the account: what they own goes to somebody else.
    """
    held = StaffRole.objects.filter(
        program=OuterRef("program"), person=OuterRef("owner"), withdrawn_at=None, role__in=ANSWERING,
        person__is_active=True,
    )  # fmt: skip
    return Exists(held)


def possible_covers(program: Program, *, but: UUID | None = None) -> list[Person]:
    """Who may stand in, by name, without the person `but`."""
    held = answering_roles(program.pk)
    able = held if but is None else held.exclude(person=but)
    people = Person.objects.filter(pk__in=able.values("person"))
    return list(people.order_by("first_name", "last_name", "pk"))


def absences_in_force(program_id: UUID, now: datetime) -> QuerySet[Absence]:
    """The absences of a program that hold at an instant; at most one per person."""
    return Absence.objects.filter(program=program_id, starts_at__lte=now, ends_at__gt=now)


def away_now(program_id: UUID, now: datetime) -> list[Away]:
    """The absences of a program at an instant; a cover who lost their role meanwhile is none."""
    able = set(answering_roles(program_id).values_list("person_id", flat=True))
    rows = absences_in_force(program_id, now)
    return [
        Away(row.person_id, row.starts_at, row.ends_at, row.cover_id if row.cover_id in able else None)
        for row in rows
    ]


def away_until(program_id: UUID, now: datetime) -> dict[UUID, datetime]:
    """{person: when they are back} of those away at an instant."""
    return dict(absences_in_force(program_id, now).values_list("person_id", "ends_at"))


def back_words(until: datetime, tz: str | tzinfo) -> str:
    """When somebody is back, on the wall clock of a zone: "away until Mon, Apr 13, 9:00 AM"."""
    return f"away until {wording.local_day(until, tz)}, {wording.clock(until, tz)}"


def handed_words(
    giver: Person, owner: Person | None, until: datetime | None, tz: str | tzinfo, *, left: bool = False
) -> str:
    """Why work left somebody: "Handed from Carla Diaz to Ben Ito: Carla Diaz is away until Mon, Apr 13, 9:00 AM.".

    With `left` they are not away, but answer for nobody here any more.
    """
    gone = back_words(until, tz) if until else "away"
    why = f"{giver.full_name} {'does not answer for clients here any more' if left else f'is {gone}'}."
    if owner is None:
        return f"Taken from {giver.full_name}: {why} Nobody was there to take it."
    return f"Handed from {giver.full_name} to {owner.full_name}: {why}"


def answering_for(
    client: Client, now: datetime, *, first: Iterable[UUID] = (), widely: bool = False
) -> UUID | None:
    """Who looks after a client at an instant (F2); None when nobody is there.

    In this order, each followed by their cover: `first`, the primary clinician, who is on call, the supervisors; `widely`
    also the directors, then anybody who may (A10). Never the client themself, who may be of the staff as well.
    """
    roles = [role for role in answering_roles(client.program_id) if role.person_id != client.person_id]
    enrolment = client.enrolments.filter(ends_on=None).exclude(primary_clinician=None).first()
    able = {role.person_id for role in roles}
    primary = enrolment.primary_clinician_id if enrolment is not None else None
    claims = [
        *first,
        *([primary] if primary in able and primary is not None else []),
        *(role.person_id for role in roles if role.is_on_call),
        *(role.person_id for role in roles if role.role == Role.SUPERVISOR.value),
    ]
    if widely:
        claims += [role.person_id for role in roles if role.role == Role.DIRECTOR.value]
        claims += [role.person_id for role in roles]
    away = [
        one if one.cover in able else replace(one, cover=None) for one in away_now(client.program_id, now)
    ]
    return who_is_there(claims, away, now)


def with_covers(people: Iterable[Person], away: list[Away], now: datetime) -> tuple[list[Person], bool]:
    """These people and who stands in for those of them who are away, by id; and whether any of all of them is there."""
    asked = {person.pk: person for person in people}
    answering = {one for pk in asked if (one := stands_in(pk, away, now)) is not None}
    covers = Person.objects.filter(pk__in=answering - asked.keys())
    told = [*asked.values(), *covers]
    return sorted(told, key=lambda person: person.pk.int), bool(answering)


def coming_absences(program: Program, now: datetime) -> QuerySet[Absence]:
    """The absences of a program that are not over, soonest first."""
    rows = Absence.objects.filter(program=program, ends_at__gt=now)
    return rows.select_related("program", "person", "cover").order_by("starts_at", "pk")
