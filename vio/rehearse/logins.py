"""Logins made in the database, so that a rehearsal of hundreds of people need not type a hundred passwords."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as StoredLogin

from groups.logins import BEGAN, KIND, SEEN, holds_staff_role
from groups.models import Person


def mint_login(person: Person, *, now: datetime) -> str:
    """A login of this person as the sign-in pages leave it; returns its key."""
    login = SessionStore()
    login[SESSION_KEY] = str(person.pk)
    login[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    login[HASH_SESSION_KEY] = person.get_session_auth_hash()
    login[KIND] = "staff" if holds_staff_role(person) else "client"
    login[BEGAN] = login[SEEN] = now.timestamp()
    login.create()
    return str(login.session_key)


def cookie_of(key: str) -> str:
    """The Cookie header of a login."""
    return f"{settings.SESSION_COOKIE_NAME}={key}"


def forget_logins(keys: list[str]) -> None:
    """Ends logins that were made for a rehearsal."""
    StoredLogin.objects.filter(session_key__in=keys).delete()
