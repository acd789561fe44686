"""A secret address under which a calendar program reads somebody's times: made anew, ended, looked up (AU-9)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from groups.models import CalendarFeed
from groups.roles import actor_for
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError


def _hash(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()


@transaction.atomic
def make_feed(*, actor: Actor, now: datetime) -> str:
    """A new secret (192 bits) in place of the old one, which ends; it is shown once. NotAllowedError without a role."""
    if actor.person_id is None or not actor.roles:
        raise NotAllowedError
    raw = secrets.token_urlsafe(24)
    CalendarFeed.objects.update_or_create(
        person_id=actor.person_id, defaults={"token_hash": _hash(raw), "created_at": now}
    )
    audit.record(actor=actor, action="calendar.made", program_id=None)
    return raw


@transaction.atomic
def end_feed(*, actor: Actor) -> bool:
    """Ends the actor's own address; False when there was none."""
    ended, _ = CalendarFeed.objects.filter(person_id=actor.who).delete()
    if ended:
        audit.record(actor=actor, action="calendar.ended", program_id=None)
    return bool(ended)


def actor_for_feed(raw: str, *, source: str = "", request_id: str = "") -> Actor | None:
    """Whose times the secret opens, with the rights they have at this moment; None when unknown, ended or switched off."""
    feed = CalendarFeed.objects.select_related("person").filter(token_hash=_hash(raw)).first()
    if feed is None or not feed.person.is_active:
        return None
    actor = actor_for(feed.person, source=source, request_id=request_id)
    return actor if actor.roles else None
