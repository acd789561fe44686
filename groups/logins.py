"""Logins: how long they last, how fresh they are, and allauth's adapters.

A login is the signed-in state of one browser. It is never called a session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from groups.models import Person, StaffRole
from vio.common.scope import every_program

FRESH_FOR = timedelta(minutes=5)  # AU-8
# Requests that happen by themselves (live refreshes) carry this header and do not keep a login awake.
BACKGROUND_HEADER = "X-Background"


def second_factor_missing(person: Person) -> bool:
    """Whether this person has neither an authenticator app nor a passkey."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not Authenticator.objects.filter(user_id=person.pk, type__in=kinds).exists()


def holds_staff_role(person: Person) -> bool:
    """Whether this person holds any staff role now."""
    with every_program():
        return StaffRole.objects.filter(person_id=person.pk, withdrawn_at=None).exists()


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether this login proved who it is in the last five minutes (AU-8)."""
    records = get_authentication_records(request)
    if not records:
        return False
    return now.timestamp() - max(float(r["at"]) for r in records) <= FRESH_FOR.total_seconds()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by invitation; nobody signs up alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No: people are invited by their program."""
        return False


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Names for the second factor."""

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """The passkey's relying party."""
        entity: dict[str, Any] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "vio"}


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
    kind = login.get("vio_kind")
    if kind is None:
        kind = "staff" if holds_staff_role(person) else "client"
        login.update({"vio_kind": kind, "vio_began": now.timestamp(), "vio_seen": now.timestamp()})
    idle = now.timestamp() - float(login["vio_seen"])
    age = now.timestamp() - float(login["vio_began"])
    if idle > settings.LOGIN_IDLE[kind].total_seconds() or age > settings.LOGIN_OVERALL[kind].total_seconds():
        logout(request)
        return
    # Written at most twice a minute; a background refresh never counts as being there.
    if idle > 30 and BACKGROUND_HEADER not in request.headers:
        login["vio_seen"] = now.timestamp()
