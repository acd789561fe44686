"""Writes about accounts: ending every login of a person, switching an account off and on, its time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import F

from groups.logins import ring_revoked
from groups.models import ApiToken, Client, Invitation, Person, StaffRole
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Permission
from vio.common.scope import every_program


@transaction.atomic
def end_logins(*, person: Person, actor: Actor, now: datetime, reason: str = "asked") -> None:
    """Ends every login of this person once committed, and tells their sockets (AU-7).

    Called for a changed password, factor or role and for "sign out everywhere". `reason` is a code.
    """
    Person.objects.filter(pk=person.pk).update(login_epoch=F("login_epoch") + 1)
    audit.record(actor=actor, action="logins.ended", program_id=None, subject=person, reason=reason)
    ring_revoked(person.pk)


@transaction.atomic
def deactivate_person(*, person: Person, actor: Actor, now: datetime) -> None:
    """Switches an account off: no sign-in, every login, token and open invitation ends at once (AU-7).

    Raises NotFoundError for somebody in none of the actor's programs, NotAllowedError unless the actor may manage
    everything this person is, ConflictError for oneself.
    """
    _require_over(actor, person)
    if actor.person_id == person.pk:
        raise ConflictError("You cannot switch off your own account.", code="own_account")
    Person.objects.filter(pk=person.pk).update(is_active=False)
    ApiToken.objects.filter(person=person, revoked_at=None).update(revoked_at=now)
    with every_program():
        Invitation.objects.filter(person=person, used_at=None, expires_at__gt=now).update(expires_at=now)
    end_logins(person=person, actor=actor, now=now, reason="deactivated")
    person.is_active = False


@transaction.atomic
def reactivate_person(*, person: Person, actor: Actor, now: datetime) -> None:
    """Switches an account on again; what ended stays ended. Raises as `deactivate_person`."""
    _require_over(actor, person)
    Person.objects.filter(pk=person.pk).update(is_active=True)
    audit.record(actor=actor, action="account.reactivated", program_id=None, subject=person)
    person.is_active = True


def _require_over(actor: Actor, person: Person) -> None:
    """Whether the actor manages this person in every program where they are anything."""
    if actor.system:
        return
    with every_program():
        staff = set(
            StaffRole.objects.filter(person=person, withdrawn_at=None).values_list("program_id", flat=True)
        )
        charts = set(Client.objects.filter(person=person).values_list("program_id", flat=True))
    if not (staff | charts) & actor.program_ids:
        raise NotFoundError
    if not all(actor.may(Permission.MANAGE_STAFF, p) for p in staff):
        raise NotAllowedError
    if not all(actor.may(Permission.MANAGE_ENROLMENT, p) for p in charts):
        raise NotAllowedError


@transaction.atomic
def set_timezone(*, person: Person, timezone: str, actor: Actor) -> None:
    """Changes the zone in which a person reads times; raises BadInputError for a zone nobody knows."""
    if timezone not in available_timezones():
        raise BadInputError(fields={"timezone": "Choose a zone of the list."})
    Person.objects.filter(pk=person.pk).update(timezone=timezone)
    person.timezone = timezone
    audit.record(actor=actor, action="account.timezone_changed", program_id=None, subject=person)
