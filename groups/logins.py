"""Logins: how long they last, how fresh they are, and whether one still stands.

A login is the signed-in state of one browser. It is never called a session.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as StoredLogin
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from groups.models import Person, StaffRole
from vio.common.realtime import ring_on_commit
from vio.common.scope import every_program

FRESH_FOR = timedelta(minutes=5)  # AU-8
# Requests that happen by themselves (live refreshes) carry this header and do not keep a login awake.
BACKGROUND_HEADER = "X-Background"
KIND, BEGAN, SEEN = "vio_kind", "vio_began", "vio_seen"
_RECORDS, _RECORDS_OF = "account_authentication_methods", "account_authentication_methods_user"


def holds_staff_role(person: Person) -> bool:
    """Whether this person holds any staff role now."""
    with every_program():
        return StaffRole.objects.filter(person_id=person.pk, withdrawn_at=None).exists()


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether this login proved who it is in the last five minutes (AU-8)."""
    user = request.user if isinstance(request.user, Person) else None
    records = get_authentication_records(request, user)
    return bool(records) and now.timestamp() - max(float(r["at"]) for r in records) <= _seconds(FRESH_FOR)


def _seconds(duration: timedelta) -> float:
    return duration.total_seconds()


# --- how long a login lasts (AU-6) -------------------------------------------------------------------------


def begin(request: HttpRequest, person: Person, now: datetime) -> None:
    """Writes on a new login when it began and which limits it has."""
    kind = "staff" if holds_staff_role(person) else "client"
    request.session.update({KIND: kind, BEGAN: now.timestamp(), SEEN: now.timestamp()})


def is_over(facts: Mapping[str, Any], *, now: datetime, in_room: bool = False) -> bool:
    """Whether a login was idle or lived too long. In a room heartbeats stand for being there: only its age counts."""
    kind = facts.get(KIND)
    if kind is None:
        return True
    too_old = now.timestamp() > ends_at(facts)
    too_idle = now.timestamp() - float(facts[SEEN]) > _seconds(settings.LOGIN_IDLE[kind])
    return too_old or (too_idle and not in_room)


def ends_at(facts: Mapping[str, Any]) -> float:
    """The last instant (seconds since 1970) at which a login is not too old; -inf for one without limits of its own."""
    kind = facts.get(KIND)
    return -math.inf if kind is None else float(facts[BEGAN]) + _seconds(settings.LOGIN_OVERALL[kind])


def stands(facts: Mapping[str, Any], person: Person, *, now: datetime, in_room: bool = False) -> bool:
    """Whether the stored facts of a login are this person's, made since the last change of password, factor or role
    (the login epoch), by an account that is not switched off, and within the time limits (AU-6, AU-7)."""
    return is_theirs(facts, person) and not is_over(facts, now=now, in_room=in_room)


def is_theirs(facts: Mapping[str, Any], person: Person) -> bool:
    """The part of `stands` that does not depend on the time."""
    if not person.is_active or facts.get(SESSION_KEY) != str(person.pk):
        return False
    return compare_digest(str(facts.get(HASH_SESSION_KEY, "")), person.get_session_auth_hash())


def time_out_middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Ends a login that was idle or lived too long, on the server (AU-6)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if isinstance(request.user, Person):
            _end_or_touch(request, request.user, timezone.now())
        return get_response(request)

    return middleware


def _end_or_touch(request: HttpRequest, person: Person, now: datetime) -> None:
    login = request.session
    if KIND not in login:
        begin(request, person, now)
    in_background = BACKGROUND_HEADER in request.headers
    if is_over(login, now=now):
        if in_background and not is_over(login, now=now, in_room=True):
            # Nobody asked for this page: it is refused, and a room that is open beside it goes on.
            request.user = AnonymousUser()
        else:
            logout(request)
    elif not in_background and now.timestamp() - float(login[SEEN]) > 30:
        # Written at most twice a minute; a background refresh never counts as being there.
        login[SEEN] = now.timestamp()


# --- a login as sockets see it -------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundLogin:
    """A login that stands, found by its key."""

    key: str
    person: Person
    fresh: bool


def find_login(key: str, *, now: datetime, in_room: bool = False) -> FoundLogin | None:
    """The login with that key, if it stands."""
    stored = StoredLogin.objects.filter(session_key=key, expire_date__gt=now).first() if key else None
    if stored is None:
        return None
    facts = SessionStore().decode(stored.session_data)
    owner = facts.get(SESSION_KEY)
    person = Person.objects.filter(pk=str(owner)).first() if owner else None
    if person is None or not stands(facts, person, now=now, in_room=in_room):
        return None
    return FoundLogin(key, person, _is_fresh(facts, person, now))


def _is_fresh(facts: Mapping[str, Any], person: Person, now: datetime) -> bool:
    records = facts.get(_RECORDS) or [] if facts.get(_RECORDS_OF) == str(person.pk) else []
    return any(now.timestamp() - float(r["at"]) <= _seconds(FRESH_FOR) for r in records)


_HOLDS = """
SELECT s.session_data, p.password, p.login_epoch, p.is_active
FROM django_session s, groups_person p WHERE s.session_key = %s AND s.expire_date > %s AND p.id = %s
"""


def login_holds(session_key: str, person_id: UUID, now: datetime, *, in_room: bool = False) -> bool:
    """Whether that login of that person still stands: one statement, for sockets to ask again (AU-7)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, [session_key, now, person_id])
        row = cursor.fetchone()
    if row is None:
        return False
    data, password, epoch, is_active = row
    person = Person(pk=person_id, password=password, login_epoch=epoch, is_active=is_active)
    return stands(SessionStore().decode(data), person, now=now, in_room=in_room)


def touch_login(session_key: str, *, now: datetime) -> None:
    """Marks the person as being there: for what somebody does on a socket, never for heartbeats."""
    store = SessionStore(session_key)
    if KIND in store and now.timestamp() - float(store[SEEN]) > 30:
        store[SEEN] = now.timestamp()
        store.save(must_create=False)


def ring_revoked(person_id: UUID) -> None:
    """Tells every process, after the commit, to look again at the sockets of this person (AU-7)."""
    ring_on_commit(f"person:{person_id}", {"kind": "revoked"})


def forget_ended(*, now: datetime) -> int:
    """Removes logins whose last possible moment has passed; returns how many."""
    return StoredLogin.objects.filter(expire_date__lt=now).delete()[0]
