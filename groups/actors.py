"""Who is acting: behind a request, behind a socket, or in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from groups.factors import second_factor_missing
from groups.logins import find_login, is_fresh
from groups.models import Person
from groups.roles import actor_for, roles_of, standing_of
from groups.services.tokens import actor_for_token
from vio.common.actors import NOBODY, Actor
from vio.common.http import PageRequest, address_of, wants_json
from vio.common.permissions import Permission, needed
from vio.common.scope import scope

__all__ = [
    "ActorMiddleware",
    "SignedIn",
    "acting_as",
    "actor_for",
    "actor_middleware",
    "roles_of",
    "second_factor_missing",
    "signed_in",
]


@contextmanager
def acting_as(person: Person, *, source: str = "", fresh: bool = False) -> Iterator[Actor]:
    """The Actor of a person, with the database showing their programs: for sockets, tests and commands."""
    actor = actor_for(person, source=source, fresh=fresh)
    with scope(actor.program_ids):
        yield actor


@dataclass(frozen=True)
class SignedIn:
    """Who is behind a socket: the actor, and the key of the login to ask about again."""

    actor: Actor
    login_key: str


def signed_in(login_key: str, *, now: datetime, source: str = "", in_room: bool = False) -> SignedIn | None:
    """Whose login that key is (`vio.common.sockets.login_of` reads it from a handshake); None for nobody, for a login
    that ended, and for staff without a second factor.

    Synchronous: call it in a thread. Ask `groups.logins.login_holds` again before acting later.
    """
    found = find_login(login_key, now=now, in_room=in_room)
    if found is None:
        return None
    actor = actor_for(found.person, source=source, fresh=found.fresh)
    if actor.is_staff and second_factor_missing(found.person):
        return None
    return SignedIn(actor, found.key)


class ActorMiddleware:
    """Puts the actor on the request and shows the database only their programs.

    Programs may name themselves by a token instead of a login (API only). A member of staff without a second factor has
    no role until it is set up (AU-2): whatever page they ask for, they are led to set it up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """One request."""
        page = cast("PageRequest", request)
        page.actor = _actor_of(page)
        with scope(page.actor.program_ids):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Leads to the second factor, before the view can refuse for want of a role."""
        open_to_all = needed(view) is Permission.PUBLIC or request.path.startswith("/account/")
        if open_to_all or wants_json(request) or not getattr(request, "factor_missing", False):
            return None
        return redirect("second_factor")


def actor_middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> ActorMiddleware:
    """What the settings name."""
    return ActorMiddleware(get_response)


def _actor_of(request: PageRequest) -> Actor:
    source, request_id = address_of(request), request.request_id
    raw_token = _token_of(request)
    if raw_token is not None:
        # A token is sent on purpose, never by a browser alone: forged forms are no danger.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # Django's own switch
        found = actor_for_token(raw_token, timezone.now(), source=source, request_id=request_id)
        return found or Actor(person_id=None, source=source, request_id=request_id)
    person = request.user
    if not isinstance(person, Person):
        return Actor(person_id=None, source=source, request_id=request_id)
    fresh = is_fresh(request, now=timezone.now())
    nobody = Actor(person_id=person.pk, source=source, request_id=request_id, fresh=fresh)
    if not person.is_active:
        return NOBODY
    standing = standing_of(person.pk)
    known = standing.programs if request.method in {"GET", "HEAD"} else {}
    actor = replace(nobody, roles=standing.roles, known=known)
    if actor.is_staff and not standing.has_factor:
        request.factor_missing = True  # type: ignore[attr-defined]  # read in process_view
        return nobody
    return actor


def _token_of(request: PageRequest) -> str | None:
    kind, _, raw = request.headers.get("Authorization", "").partition(" ")
    return raw.strip() if wants_json(request) and kind.lower() == "bearer" else None
