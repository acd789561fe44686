"""Invitations: the one way to a new account (AU-9). See docs/decisions for why the link is only ever mailed."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from groups.models import Invitation, Person, StaffRole
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotFoundError
from vio.common.mailing import send_soon
from vio.common.permissions import Permission
from vio.common.scope import every_program

VALID_FOR = timedelta(hours=72)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite(*, person: Person, program_id: UUID, actor: Actor, now: datetime) -> Invitation:
    """Mails a person who has no password yet a link that works once, for 72 hours; earlier links end.

    Staff are invited by who may manage staff, clients by who may manage enrolment. Raises NotAllowedError, and
    ConflictError for somebody who signs in already: a link may never replace a password.
    """
    is_staff = StaffRole.objects.filter(program_id=program_id, person=person, withdrawn_at=None).exists()
    actor.require(Permission.MANAGE_STAFF if is_staff else Permission.MANAGE_ENROLMENT, program_id)
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.has_usable_password() or not person.is_active:
        raise ConflictError(
            "This person signs in already, or the account is switched off.", code="has_sign_in"
        )
    with every_program():
        Invitation.objects.filter(person=person, used_at=None, expires_at__gt=now).update(expires_at=now)
    token = secrets.token_urlsafe(32)  # 256 bits
    invitation = Invitation.objects.create(
        program_id=program_id,
        person=person,
        token_hash=_hash(token),
        created_by_id=actor.person_id or person.pk,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    audit.record(actor=actor, action="invitation.sent", program_id=program_id, subject=invitation)
    _mail(person, token)
    return invitation


def _mail(person: Person, token: str) -> None:
    link = settings.ORIGINS[0] + reverse("account_welcome_link", kwargs={"token": token})
    text = (
        "Hello,\n\nan account was made for you. Open this link within 72 hours to choose your password. It works "
        f"once:\n\n{link}\n\nIf you did not expect this, there is nothing to do.\n"
    )
    send_soon(to=person.email, subject="Your account", text=text)


def open_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The invitation a link leads to, if it may still be used."""
    return _open(now, token_hash=_hash(token))


def open_invitation_by_id(invitation_id: str, *, now: datetime) -> Invitation | None:
    """The same by id, for the steps after the link was opened."""
    return _open(now, pk=invitation_id)


def _open(now: datetime, **which: str) -> Invitation | None:
    with every_program():
        found = Invitation.objects.select_related("person").filter(
            used_at=None, expires_at__gt=now, person__is_active=True, **which
        )
        return found.first()


@dataclass(frozen=True)
class Welcome:
    """What an invited person tells us."""

    first_name: str
    last_name: str
    password: str


@transaction.atomic
def accept_invitation(*, invitation: Invitation, welcome: Welcome, now: datetime, source: str = "") -> Person:
    """Sets name and password and uses the invitation up; of two at once one is refused.

    Raises NotFoundError when the link was used or is too old, BadInputError (fields) for a weak password or no name.
    """
    person = invitation.person
    if not welcome.first_name.strip():
        raise BadInputError(fields={"first_name": "Please tell us your first name."})
    try:
        validate_password(welcome.password, person)
    except ValidationError as error:
        raise BadInputError(fields={"password": " ".join(error.messages)}) from error
    Person.objects.select_for_update(no_key=True).get(
        pk=person.pk
    )  # before the invitation, as whoever ends it
    with every_program():
        used = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=now).update(
            used_at=now
        )
    if not used:
        raise NotFoundError
    person.first_name, person.last_name = welcome.first_name.strip(), welcome.last_name.strip()
    person.set_password(welcome.password)
    person.save(update_fields=["first_name", "last_name", "password"])
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    actor = Actor(person_id=person.pk, source=source)
    with every_program():
        audit.record(
            actor=actor, action="invitation.used", program_id=invitation.program_id, subject=invitation
        )
    return person
