"""Tokens for the API: made by a person for their own programs, shown once, stored hashed, revocable (AU-9)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from groups.factors import second_factor_missing
from groups.models import ApiToken, Person
from groups.roles import actor_for
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError

PREFIX = "vio_"
LONGEST_DAYS = 365
MOST_PER_PERSON = 20
_SEEN_EVERY = timedelta(minutes=1)


def _hash(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


def tokens_of(person_id: UUID) -> QuerySet[ApiToken]:
    """The tokens a person has made, newest first; revoked ones are gone from sight."""
    return ApiToken.objects.filter(person_id=person_id, revoked_at=None).order_by("-created_at")


@transaction.atomic
def create_token(*, actor: Actor, name: str, days: int, now: datetime) -> tuple[ApiToken, str]:
    """A new token and its text (256 bits), which is shown once and kept nowhere.

    Raises NotAllowedError without a role, BadInputError for a bad name or life, ConflictError beyond twenty.
    """
    if actor.person_id is None or not actor.roles:
        raise NotAllowedError
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInputError(fields={"days": f"Choose 1 to {LONGEST_DAYS} days."})
    if not name.strip() or len(name.strip()) > 60:
        raise BadInputError(fields={"name": "Give it a name of up to 60 characters."})
    person = Person.objects.select_for_update(no_key=True).get(pk=actor.person_id)
    if tokens_of(person.pk).filter(expires_at__gt=now).count() >= MOST_PER_PERSON:
        raise ConflictError("You have many tokens. Please end one first.", code="too_many_tokens")
    raw = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=person,
        name=name.strip(),
        token_hash=_hash(raw),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record(actor=actor, action="token.created", program_id=None, subject=token, details={"days": days})
    return token, raw


@transaction.atomic
def revoke_token(*, actor: Actor, token_id: UUID, now: datetime) -> None:
    """Ends one of the actor's own tokens; raises NotFoundError for any other."""
    if actor.person_id is None:
        raise NotFoundError
    mine = ApiToken.objects.filter(pk=token_id, person_id=actor.person_id, revoked_at=None)
    token = mine.first()
    if token is None or not mine.update(revoked_at=now):
        raise NotFoundError
    audit.record(actor=actor, action="token.revoked", program_id=None, subject=token)


def actor_for_token(raw: str, now: datetime, *, source: str = "", request_id: str = "") -> Actor | None:
    """The actor a token stands for at this moment; None when it is unknown, ended, or its person may not act.

    It is never fresh: acts that need a fresh sign-in (AU-8) cannot be done by token.
    """
    found = ApiToken.objects.select_related("person").filter(token_hash=_hash(raw), revoked_at=None)
    token = found.filter(expires_at__gt=now).first()
    if token is None or not token.person.is_active:
        return None
    actor = actor_for(token.person, source=source, request_id=request_id)
    if actor.is_staff and second_factor_missing(token.person):
        return None
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _SEEN_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return actor
