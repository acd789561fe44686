"""Rooms beyond those of the demo: a program of their own, so that rehearsals never stand in the demo's lists."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction

from groups.models import Client, Group, LevelOfCare, Person, Program
from groups.selectors import current_agreement, today_of
from groups.services.agreements import accept_agreement, publish_agreement
from groups.services.enrolment import add_client, enrol_client
from groups.services.leaders import assign_staff
from groups.services.memberships import add_member, save_group
from groups.services.people import PersonDetails
from groups.services.programs import save_level
from groups.services.staff import add_staff
from vio.common.actors import Actor
from vio.common.permissions import Role
from vio.demo import cast
from vio.demo.book import WHEREABOUTS

PROGRAM_NAME = "Rehearsal rooms"
CLIENTS_A_ROOM = 10
FIRST_NAMES = ("Abel", "Bea", "Cyrus", "Dana", "Edith", "Felix", "Greta", "Hugo", "Iris", "Jules")


def extra_groups(number: int, *, actor: Actor, now: datetime) -> list[Group]:
    """That many groups with a facilitator and ten clients each; made once, used again by later rehearsals."""
    if number <= 0:
        return []
    program = _program(actor, now)
    return [_group(program, n, actor, now) for n in range(1, number + 1)]


@transaction.atomic
def _program(actor: Actor, now: datetime) -> Program:
    found = Program.objects.filter(is_demo=True, name=PROGRAM_NAME).first()
    if found is not None:
        return found
    program = Program.objects.create(name=PROGRAM_NAME, is_demo=True)
    values = {"code": "2.1", "name": "Intensive outpatient", "weekly_minutes": 540, "weekly_days": 3}
    save_level(actor=actor, program=program, values=values)
    publish_agreement(actor=actor, program=program, text="What is said here stays here.", now=now)
    return program


@transaction.atomic
def _group(program: Program, number: int, actor: Actor, now: datetime) -> Group:
    name = f"Rehearsal {number}"
    found = Group.objects.filter(program=program, name=name).select_related("program").first()
    if found is not None:
        return found
    values = {"name": name, "service_type": "group_therapy", "chat_mode": "group"}
    group = save_group(actor=actor, program=program, values=values, now=now)
    details = PersonDetails(f"host{number}@rehearsal.{cast.DOMAIN}", "Host", str(number))
    role = add_staff(
        actor=actor, program=program, person=details, role=Role.FACILITATOR, now=now,
        licensed_states=[WHEREABOUTS.state],  # where everybody here says they are; otherwise nobody is simply let in
    )  # fmt: skip
    TOTP.activate(role.person, cast.factor_secret(role.person.email))
    today = today_of(program, now)
    assign_staff(actor=actor, group=group, person=role.person, role="facilitator", starts_on=today, now=now)
    for first in FIRST_NAMES[:CLIENTS_A_ROOM]:
        _client(group, first, number, actor, now)
    return group


def _client(group: Group, first: str, number: int, actor: Actor, now: datetime) -> Client:
    email = f"{first.lower()}{number}@rehearsal.{cast.DOMAIN}"
    client = add_client(
        actor=actor, program=group.program, person=PersonDetails(email, first, f"Room {number}"), now=now
    )
    today = today_of(group.program, now)
    level = LevelOfCare.objects.get(program=group.program, code="2.1")
    enrol_client(actor=actor, client=client, level=level, starts_on=today, now=now)
    add_member(actor=actor, group=group, client=client, starts_on=today, now=now)
    agreement = current_agreement(group.program_id)
    if agreement is not None:
        accept_agreement(actor=actor, client=client, agreement=agreement, now=now)
    return Client.objects.get(person=Person.objects.get(email=email), program=group.program)
