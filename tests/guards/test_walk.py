"""Role x (URL, method): every address is asked for by everybody, with the rows of Harbor (AZ-1, AZ-2, WE-2, P10).

Nothing is listed here by hand: an address that is added is walked from then on.
"""

from __future__ import annotations

import copy
import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from groups.models import Client, Person
from tests.factories import make_staff
from tests.guards.examples import absent, arguments_for
from tests.worlds import World, build_world
from vio import introspect
from vio.common.permissions import ROLE_PERMISSIONS, Permission, Role
from vio.introspect import Edge

pytestmark = pytest.mark.django_db
EDGES = introspect.edges()
SAFE = {"GET", "HEAD", "OPTIONS"}
PROGRAMS_EDGE = ("/api/", "/fhir/")
# These answer 503 on purpose when a part of the system is down.
MAY_BE_UNREADY = {"readyz"}
# Tables that a GET may write: who looked, the login itself, how often somebody guessed at a mailed link.
WRITTEN_BY_LOOKING = {"common_auditdraft", "common_auditentry", "django_session", "groups_signinthrottle"}
WRITE = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?([a-z_]+)\"?", re.IGNORECASE)
IDS = re.compile(
    rb"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{32}|value=\"[A-Za-z0-9]{64}\"|[A-Za-z0-9]{64}"
)

# Who walks, and the role they are expected to have; None for people who are nobody.
PEOPLE: dict[str, Role | None] = {
    "nobody": None,
    "ana": Role.CLIENT,
    "cleo": Role.CLIENT,
    "dov": Role.CLIENT,
    "facilitator": Role.FACILITATOR,
    "other_facilitator": Role.FACILITATOR,
    "clinician": Role.CLINICIAN,
    "supervisor": Role.SUPERVISOR,
    "director": Role.DIRECTOR,
    "records": Role.RECORDS,
    "admin": Role.ADMIN,
    "lakeside_admin": Role.ADMIN,
    "lakeside_clinician": Role.CLINICIAN,
    "deactivated": None,
    "without_factor": None,
}
# What is open to everybody is asked for by one of each kind.
WHO_ASKS_PUBLIC = ("nobody", "ana", "facilitator", "without_factor", "deactivated")
STRANGERS = ("dov", "lakeside_admin", "lakeside_clinician")


def sign_in(person: Person, *, checks: bool = False) -> Browser:
    """A browser with a login of this person that was confirmed a moment ago."""
    browser = Browser(raise_request_exception=False, enforce_csrf_checks=checks)
    browser.force_login(person)
    login = browser.session
    login["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True},
        {"method": "mfa", "type": "totp", "id": 0, "at": time.time(), "reauthenticated": True},
    ]
    login["account_authentication_methods_user"] = str(person.pk)
    login.save()
    return browser


def person_named(name: str, world: World) -> Person | None:
    """Somebody of the world; nobody for who is not signed in."""
    if name == "nobody":
        return None
    if name == "deactivated":
        return make_staff(world.program, Role.FACILITATOR, first_name="Gone")
    if name == "without_factor":
        return make_staff(world.program, Role.DIRECTOR, factor=False)
    found = getattr(world, name)
    return found.person if isinstance(found, Client) else found


def browser_of(name: str, world: World) -> Browser:
    """The browser of one of PEOPLE."""
    person = person_named(name, world)
    if person is None:
        return Browser(raise_request_exception=False)
    browser = sign_in(person)
    if name == "deactivated":
        Person.objects.filter(pk=person.pk).update(is_active=False)
    return browser


@dataclass(frozen=True)
class Walk:
    """One world for the whole file, with everybody's browser; each request is undone."""

    world: World
    browsers: dict[str, Browser]
    strict: tuple[Browser, ...]  # these check the token of a form, as production does


@pytest.fixture(scope="module")
def walk(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Walk]:
    """Made once: the walk is some thousand requests."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_world()
        strict = tuple(sign_in(person, checks=True) for person in (world.director, world.ana.person))
        yield Walk(world, {name: browser_of(name, world) for name in PEOPLE}, strict)
        transaction.set_rollback(True)


def walked(browser: Browser, edge: Edge, method: str, arguments: dict[str, Any]) -> HttpResponse:
    """One request whose effects, on the rows and on the browser, are undone."""
    address = reverse(edge.name, kwargs=arguments)
    headers = {"content_type": "application/json"} if address.startswith(PROGRAMS_EDGE) else {}
    cookies = copy.deepcopy(browser.cookies)
    with transaction.atomic():
        response = browser.generic(method, address, **headers)
        transaction.set_rollback(True)
    browser.cookies = cookies
    return response


def is_way_to_sign_in(response: HttpResponse) -> bool:
    """401, or the sign-in page."""
    return response.status_code == 401 or (
        response.status_code == 302 and response["Location"].startswith(reverse("account_login"))
    )


def expect(name: str, edge: Edge, method: str, response: HttpResponse) -> str | None:
    """What is wrong with an answer, by the table alone; None when it is as it should be."""
    status, permission = response.status_code, edge.permission
    assert permission is not None
    if status >= 500 and edge.name not in MAY_BE_UNREADY:
        return "an error of ours"
    if permission is Permission.PUBLIC or status == 405:
        return None
    if name in {"nobody", "deactivated"}:
        return None if is_way_to_sign_in(response) else "lets in who is not signed in"
    role = PEOPLE[name]
    held = ROLE_PERMISSIONS[role] if role else {Permission.SIGNED_IN}
    if permission not in held:
        led_to_enrol = name == "without_factor" and status == 302
        return None if status == 403 or led_to_enrol else "lets in who has not the right"
    if is_way_to_sign_in(response):
        return "sends away who is signed in"
    # Without parameters there is no object to be refused: a page must open for who has the right.
    opens = status in {200, 302, 404} or method not in SAFE or bool(edge.parameters)
    return None if opens else "does not open for who has the right"


@contextmanager
def writes() -> Iterator[set[str]]:
    """Collects the tables written to."""
    found: set[str] = set()

    def watch(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        found.update(m.lower() for m in WRITE.findall(str(sql)) if m.lower() != "of")
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield found


def edge_id(edge: Edge) -> str:
    """For test names."""
    return f"{edge.name}-{'-'.join(edge.methods)}"


@pytest.mark.parametrize("edge", EDGES, ids=edge_id)
def test_everybody_meets_what_the_table_says(walk: Walk, edge: Edge) -> None:
    arguments = arguments_for(edge, walk.world)
    wrong = []
    for name in WHO_ASKS_PUBLIC if edge.permission is Permission.PUBLIC else PEOPLE:
        browser = walk.browsers[name]
        for method in edge.methods:
            with writes() as written:
                response = walked(browser, edge, method, arguments)
            found = expect(name, edge, method, response)
            if found is None and method in SAFE and written - WRITTEN_BY_LOOKING:
                found = f"writes {sorted(written - WRITTEN_BY_LOOKING)} on being looked at"
            if found:
                wrong.append(f"{method} as {name}: {found} ({response.status_code})")
    assert wrong == []


def without_ids(response: HttpResponse) -> tuple[int, bytes, str]:
    """Status, body and target, with ids and one-time values taken out."""
    target = response.headers.get("Location", "")
    return response.status_code, IDS.sub(b"", response.content), IDS.sub(b"", target.encode()).decode()


@pytest.mark.parametrize("edge", [e for e in EDGES if "UUIDConverter" in e.parameters.values()], ids=edge_id)
def test_another_programs_row_answers_as_one_that_does_not_exist(walk: Walk, edge: Edge) -> None:
    real = arguments_for(edge, walk.world)
    told_apart = []
    for name, method in itertools.product(STRANGERS, edge.methods):
        browser = walk.browsers[name]
        there = without_ids(walked(browser, edge, method, real))
        if there != without_ids(walked(browser, edge, method, absent(real))):
            told_apart.append(f"{method} as {name}")
    assert told_apart == []


@pytest.mark.parametrize("edge", [e for e in EDGES if set(e.methods) - SAFE], ids=edge_id)
def test_a_change_needs_the_token_of_our_own_page(walk: Walk, edge: Edge) -> None:
    """WE-2: a form sent from another site, with the login's cookie, is refused."""
    arguments = arguments_for(edge, walk.world)
    for browser in walk.strict:
        for method in set(edge.methods) - SAFE:
            response = walked(browser, edge, method, arguments)
            assert response.status_code in {403, 405}, f"{method} without a token: {response.status_code}"


def test_an_unknown_address_is_not_found_for_everybody(walk: Walk) -> None:
    for name in PEOPLE:
        response = walk.browsers[name].get("/no/such/page/")
        assert response.status_code == 404, name
