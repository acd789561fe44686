"""Every operation, allowed and refused: by login and by token, unsigned, forged, from another group (AZ-1, AZ-2, WE-2)."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from tests.api.cases import CASES, Case
from tests.api.conftest import Door
from tests.api.scene import Scene, ask, tried
from tests.guards.test_walk import WRITTEN_BY_LOOKING, writes
from vio.api import document, gates

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
UNSAFE = [case for case in CASES if case.method != "GET"]


def test_every_operation_is_tried() -> None:
    assert sorted(case.name for case in CASES) == sorted(gates())


def test_one_gate_stands_before_every_operation_and_knows_its_permission() -> None:
    described = {
        operation["operationId"]: operation["x-permission"]
        for methods in document()["paths"].values()
        for operation in methods.values()
    }
    assert {name: [gate.permission for gate in found] for name, found in gates().items()} == {
        name: [permission] for name, permission in described.items()
    }


@EVERY
def test_who_may_gets_an_answer(door: Door, scene: Scene, case: Case) -> None:
    response = tried(door.browser(case.by), case.method, case.filled(scene), case.sent(scene))
    assert response.status_code == case.status, response.content
    kind = PROBLEM if case.status >= 400 else "application/json"
    assert response.headers["Content-Type"].startswith(kind)
    assert "no-store" in response.headers["Cache-Control"]


@EVERY
def test_a_token_may_the_same_but_is_never_a_fresh_sign_in(door: Door, scene: Scene, case: Case) -> None:
    browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    response = tried(browser, case.method, case.filled(scene), case.sent(scene), **door.token(case.by))
    if case.fresh:
        assert (response.status_code, response.json()["code"]) == (403, "fresh_sign_in_needed")
    else:
        assert response.status_code == case.status, response.content


@EVERY
def test_nobody_is_asked_to_sign_in(scene: Scene, case: Case) -> None:
    response = tried(
        Browser(raise_request_exception=False), case.method, case.filled(scene), case.sent(scene)
    )
    assert (response.status_code, response.json()["code"]) == (401, "sign_in_needed")


@EVERY
def test_an_unknown_token_is_nobody(scene: Scene, case: Case) -> None:
    header = {"HTTP_AUTHORIZATION": "Bearer vio_unknown"}
    response = tried(Browser(), case.method, case.filled(scene), case.sent(scene), **header)
    assert response.status_code == 401


@pytest.mark.parametrize("case", [c for c in CASES if c.unfit], ids=lambda case: case.name)
def test_who_lacks_the_right_is_refused_and_nothing_changes(door: Door, scene: Scene, case: Case) -> None:
    with writes() as written:
        response = tried(door.browser(case.unfit), case.method, case.filled(scene), case.sent(scene))
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert written <= WRITTEN_BY_LOOKING


@pytest.mark.parametrize("case", [c for c in CASES if c.stranger], ids=lambda case: case.name)
def test_a_row_elsewhere_does_not_exist_and_nothing_changes(door: Door, scene: Scene, case: Case) -> None:
    assert case.stranger is not None
    with writes() as written:
        response = tried(door.browser(case.stranger), case.method, case.filled(scene), case.sent(scene))
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert written <= WRITTEN_BY_LOOKING


@pytest.mark.parametrize("case", UNSAFE, ids=lambda case: case.name)
def test_a_change_by_login_needs_the_token_of_our_own_page(door: Door, scene: Scene, case: Case) -> None:
    browser = door.browser(case.by, checks=True)
    with writes() as written:
        forged = tried(browser, case.method, case.filled(scene), case.sent(scene))
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf")
    assert written <= WRITTEN_BY_LOOKING
    browser.get("/account/login/")
    secret = "a" * 32
    browser.cookies["vio-csrf"] = secret
    ours = tried(browser, case.method, case.filled(scene), case.sent(scene), HTTP_X_CSRFTOKEN=secret)
    assert ours.status_code == case.status, ours.content


@EVERY
def test_an_unknown_parameter_is_refused(door: Door, scene: Scene, case: Case) -> None:
    path = case.filled(scene).partition("?")[0] + "?order_by=person__password"
    response = tried(door.browser(case.by), case.method, path, case.sent(scene))
    assert (response.status_code, list(response.json()["fields"])) == (422, ["order_by"])


@pytest.mark.parametrize("case", [c for c in UNSAFE if c.body], ids=lambda case: case.name)
def test_an_unknown_or_server_owned_field_is_refused(door: Door, scene: Scene, case: Case) -> None:
    for name in ("id", "author", "signed_at", "program", "credited_seconds"):
        body = {**case.sent(scene), name: "x"}
        response = tried(door.browser(case.by), case.method, case.filled(scene), body)
        assert response.status_code == 422, (name, response.content)
        assert set(response.json()["fields"]) & {name, "form"}, response.json()


@EVERY
def test_a_method_that_is_not_listed_is_told_so(door: Door, scene: Scene, case: Case) -> None:
    response = ask(door.browser(case.by), "DELETE", case.filled(scene))
    assert (response.status_code, response.json()["code"]) == (405, "wrong_method")
    assert case.method in response.headers["Allow"]
    assert response.headers["Content-Type"] == PROBLEM
