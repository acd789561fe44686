"""Whom an alert is told to. Nobody on call never means that nobody is told: the circle widens until somebody in it is there.

An absence only ever adds people: who is away is told as before, and so is who covers for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from checkins.models import Alert
from groups.cover import absences_in_force, away_now, with_covers
from groups.models import Enrolment, Person, StaffRole
from vio.common.permissions import ROLE_PERMISSIONS, Permission, Role

CLINICAL = tuple(
    role.value for role, granted in ROLE_PERMISSIONS.items() if Permission.ACT_ON_ALERTS in granted
)


def _in_force(program_id: UUID) -> QuerySet[StaffRole]:
    return StaffRole.objects.filter(
        program_id=program_id, withdrawn_at=None, person__is_active=True, role__in=CLINICAL
    )


def _people(roles: QuerySet[StaffRole]) -> list[Person]:
    return list(Person.objects.filter(pk__in=roles.values("person")).order_by("pk"))


def _until_somebody_is_there(
    alert: Alert, circles: Iterable[QuerySet[StaffRole]], now: datetime
) -> list[Person]:
    """The first circle with somebody in it, with the cover of who is away; wider ones too while all of them are away."""
    away = away_now(alert.program_id, now)
    told: list[Person] = []
    for circle in circles:
        told, anybody_there = with_covers([*told, *_people(circle)], away, now)
        if anybody_there:
            return told
    return told


def clinical_team(program_id: UUID) -> list[Person]:
    """Everybody who may act on alerts in a program, for assigning."""
    return _people(_in_force(program_id))


def team_with_absences(program_id: UUID, now: datetime) -> QuerySet[Person]:
    """The clinical team, each with `back_at`: when they are back (None: they are there)."""
    away = absences_in_force(program_id, now).filter(person=OuterRef("pk")).values("ends_at")[:1]
    held = _in_force(program_id).values("person")
    return Person.objects.filter(pk__in=held).annotate(back_at=Subquery(away)).order_by("pk")


def first_told(alert: Alert, now: datetime) -> list[Person]:
    """The people on call and the client's primary clinician; if there is neither, the whole clinical team (A10)."""
    roles = _in_force(alert.program_id)
    primary = Enrolment.objects.filter(client_id=alert.client_id, ends_on=None).exclude(
        primary_clinician=None
    )
    near = Q(is_on_call=True) | Q(person__in=primary.values("primary_clinician"))
    return _until_somebody_is_there(alert, [roles.filter(near), roles], now)


def supervisors(alert: Alert, now: datetime) -> list[Person]:
    """The supervisor on call; else all supervisors; else the directors; else the whole clinical team."""
    roles = _in_force(alert.program_id)
    supervising = roles.filter(role=Role.SUPERVISOR.value)
    directing = roles.filter(role=Role.DIRECTOR.value)
    circles = [supervising.filter(is_on_call=True), supervising, directing, roles]
    return _until_somebody_is_there(alert, circles, now)


def directors(alert: Alert, now: datetime) -> list[Person]:
    """The directors; without one the supervisors, then the whole clinical team."""
    roles = _in_force(alert.program_id)
    circles = [roles.filter(role=Role.DIRECTOR.value), roles.filter(role=Role.SUPERVISOR.value), roles]
    return _until_somebody_is_there(alert, circles, now)
