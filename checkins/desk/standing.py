"""From a login's key to the actor at the desk's socket, asked again before anything is said (AU-7)."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as Login

from groups.actors import actor_for
from groups.factors import second_factor_missing
from groups.models import Person
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError, SignInNeededError
from vio.common.permissions import Permission
from vio.common.scope import every_program


def actor_at_desk(login: str, *, source: str, now: datetime) -> Actor:
    """Who this login is, with the roles of this moment.

    Raises SignInNeededError when the login is over, NotAllowedError when this person has no desk (any more).
    """
    with every_program():
        person = _person_of(login, now)
        actor = actor_for(person, source=source)
        if second_factor_missing(person) or not actor.may_somewhere(Permission.SEE_ALERTS):
            raise NotAllowedError
    return actor


def _person_of(login: str, now: datetime) -> Person:
    row = Login.objects.filter(session_key=login, expire_date__gt=now).first() if login else None
    facts = SessionStore().decode(row.session_data) if row else {}
    key = facts.get("_auth_user_id")
    person = Person.objects.filter(pk=str(key), is_active=True).first() if key else None
    if person is None or _over(facts, now):
        raise SignInNeededError
    if not compare_digest(str(facts.get("_auth_user_hash")), person.get_session_auth_hash()):
        raise SignInNeededError
    return person


def _over(facts: dict[str, object], now: datetime) -> bool:
    """Idle or overall time used up (AU-6): an open socket keeps nobody signed in."""
    kind = str(facts.get("vio_kind") or "staff")
    seen, began = facts.get("vio_seen"), facts.get("vio_began")
    idle = now.timestamp() - float(str(seen)) if seen is not None else 0.0
    age = now.timestamp() - float(str(began)) if began is not None else 0.0
    return (
        idle > settings.LOGIN_IDLE[kind].total_seconds() or age > settings.LOGIN_OVERALL[kind].total_seconds()
    )
