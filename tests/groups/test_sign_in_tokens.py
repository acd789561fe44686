"""Tokens for the API: shown once, kept as hashes, revocable, never more than their person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from groups.actors import actor_middleware
from groups.models import ApiToken, Person
from groups.services.tokens import actor_for_token, create_token, revoke_token
from tests.factories import make_person, make_staff
from tests.groups.visitor import EVENING, Visitor
from tests.worlds import World
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.permissions import Role


def token_of(world: World, who: Person, days: int = 30) -> tuple[ApiToken, str]:
    """A new token."""
    return create_token(actor=world.actor(who), name="reports", days=days, now=EVENING)


def test_a_token_stands_for_its_person(world: World) -> None:
    token, raw = token_of(world, world.facilitator)
    assert len(raw) >= 43
    actor = actor_for_token(raw, EVENING, source="192.0.2.1")
    assert actor is not None
    assert actor.person_id == world.facilitator.pk
    assert actor.roles_in(world.program.pk) == {Role.FACILITATOR}
    assert not actor.fresh  # nothing that needs a fresh sign-in can be done by token (AU-8)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == EVENING


def test_only_a_hash_is_kept(world: World) -> None:
    _, raw = token_of(world, world.facilitator)
    assert raw not in str(list(ApiToken.objects.values()))


@pytest.mark.parametrize("raw", ["", "vio_", "vio_unknown", "x" * 5000, "\x00"])
def test_an_unknown_token_is_nobody(world: World, raw: str) -> None:
    token_of(world, world.facilitator)
    assert actor_for_token(raw, EVENING) is None


def test_a_token_ends(world: World) -> None:
    token, raw = token_of(world, world.facilitator)
    assert actor_for_token(raw, EVENING + timedelta(days=29)) is not None
    assert actor_for_token(raw, EVENING + timedelta(days=30)) is None
    revoke_token(actor=world.actor(world.facilitator), token_id=token.pk, now=EVENING)
    assert actor_for_token(raw, EVENING) is None


def test_a_token_loses_what_its_person_loses(world: World) -> None:
    _, raw = token_of(world, world.facilitator)
    world.facilitator.staff_roles.update(withdrawn_at=EVENING)
    actor = actor_for_token(raw, EVENING)
    assert actor is not None
    assert actor.roles == {}
    Person.objects.filter(pk=world.facilitator.pk).update(is_active=False)
    assert actor_for_token(raw, EVENING) is None


def test_a_token_of_staff_without_a_second_step_is_nobody(world: World) -> None:
    _, raw = token_of(world, world.facilitator)
    world.facilitator.authenticator_set.all().delete()
    assert actor_for_token(raw, EVENING) is None


def test_another_persons_token_does_not_exist(world: World) -> None:
    token, raw = token_of(world, world.facilitator)
    for other in (world.clinician, world.director, world.ana):
        with pytest.raises(NotFoundError):
            revoke_token(actor=world.actor(other), token_id=token.pk, now=EVENING)
    with pytest.raises(NotFoundError):
        revoke_token(actor=Actor(person_id=None), token_id=token.pk, now=EVENING)
    assert actor_for_token(raw, EVENING) is not None


@pytest.mark.parametrize(
    ("name", "days", "field"),
    [("", 30, "name"), ("x" * 61, 30, "name"), ("x", 0, "days"), ("x", 366, "days")],
)
def test_bad_input_names_its_field(world: World, name: str, days: int, field: str) -> None:
    with pytest.raises(BadInputError) as refused:
        create_token(actor=world.actor(world.facilitator), name=name, days=days, now=EVENING)
    assert set(refused.value.fields) == {field}
    assert ApiToken.objects.count() == 0


def test_who_is_nothing_anywhere_gets_none(world: World) -> None:
    with pytest.raises(NotAllowedError):
        create_token(actor=world.actor(make_person()), name="x", days=1, now=EVENING)


def test_twenty_are_enough(world: World) -> None:
    for _ in range(20):
        token_of(world, world.facilitator)
    with pytest.raises(ConflictError):
        token_of(world, world.facilitator)
    assert ApiToken.objects.count() == 20


# --- the page ----------------------------------------------------------------------------------------------


def test_the_page_shows_a_new_token_once(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        made = visitor.post(reverse("api_tokens"), {"name": "night export", "days": "30"})
        found = re.search(r"vio_[\w-]{43}", made.content.decode())
        assert found is not None
        assert actor_for_token(found.group(0), EVENING) is not None
        again = visitor.get(reverse("api_tokens"))
        assert found.group(0) not in again.content.decode()
        assert b"night export" in again.content
        token = ApiToken.objects.get()
        assert visitor.post(reverse("api_token_revoke", kwargs={"token_id": token.pk})).status_code == 302
        assert b"night export" not in visitor.get(reverse("api_tokens")).content


@pytest.mark.parametrize(
    "form", [{"name": "", "days": "30"}, {"name": "x", "days": "10000"}, {"name": "x" * 99, "days": "30"}]
)
def test_a_bad_form_makes_nothing_and_keeps_what_was_typed(world: World, form: dict[str, str]) -> None:
    visitor = Visitor()
    visitor.sign_in(world.facilitator)
    answer = visitor.post(reverse("api_tokens"), form)
    assert answer.status_code == 422
    assert ApiToken.objects.count() == 0


def test_making_one_needs_a_fresh_sign_in(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        clock.shift(timedelta(minutes=6))
        answer = visitor.post(reverse("api_tokens"), {"name": "reports", "days": "30"})
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        assert ApiToken.objects.count() == 0


# --- requests ----------------------------------------------------------------------------------------------


def actor_seen(path: str, header: str, person: Person | None = None) -> Actor:
    """Who the view would see."""
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get(path, headers={"Authorization": header})
    request.user = person or AnonymousUser()
    request.request_id = "r"  # type: ignore[attr-defined]  # set by the middleware before
    request.session = {}  # type: ignore[assignment]  # no login is read
    seen: list[Actor] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.actor)  # type: ignore[attr-defined]  # set by the middleware
        return HttpResponse()

    actor_middleware(view)(request)
    return seen[0]


@pytest.mark.parametrize(
    ("path", "scheme", "known"),
    [
        ("/api/v1/groups", "Bearer", True),
        ("/fhir/Patient", "bearer", True),
        ("/clients/", "Bearer", False),
        ("/api/v1/groups", "Basic", False),
    ],
)
def test_a_token_is_read_by_the_api_only(world: World, path: str, scheme: str, known: bool) -> None:
    with time_machine.travel(EVENING, tick=False):
        _, raw = token_of(world, world.facilitator)
        actor = actor_seen(path, f"{scheme} {raw}")
        assert (actor.person_id == world.facilitator.pk) is known


def test_a_wrong_token_is_not_rescued_by_a_login(world: World) -> None:
    assert actor_seen("/api/v1/groups", "Bearer vio_wrong", world.facilitator).person_id is None


def test_a_client_may_have_tokens_for_what_is_theirs(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        _, raw = create_token(actor=world.actor(world.ana), name="mine", days=1, now=EVENING)
        actor = actor_for_token(raw, EVENING)
    assert actor is not None
    assert actor.roles_in(world.program.pk) == {Role.CLIENT}
    assert make_staff(world.program, Role.RECORDS).pk != actor.person_id
