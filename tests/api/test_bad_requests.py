"""Whatever is sent, an answer comes back that says what is wrong, and never an error of ours (P10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from groups.models import Person
from groups.services.tokens import revoke_token, tokens_of
from tests.api.conftest import Door
from tests.api.scene import BASE, NOW, Scene, ask
from tests.factories import make_staff
from vio.common.permissions import Role

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"


def resolve(scene: Scene) -> str:
    return f"{BASE}/alerts/{scene.alert.pk}/resolve"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"[1]", 400, "bad_json"),
        (b"null", 400, "bad_json"),
        (b'"text"', 400, "bad_json"),
        (b"\xff\xfe\x00", 400, "bad_json"),
        (b'{"version": NaN, "text": "x"}', 400, "bad_number"),
        (b'{"version": 1e999, "text": "x"}', 400, "bad_number"),
        (b'{"version": 99999999999999999999, "text": "x"}', 400, "bad_number"),
        (b'{"version": 1, "version": 2, "text": "x"}', 400, "duplicate_key"),
        (b'{"version": 1, "text": "a\\u0000b"}', 400, "bad_text"),
        (b'{"version": 1, "text": "\\ud800"}', 400, "bad_text"),
        (b'{"text": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "too_deep"),
        (b'{"version": 1, "text": [[[[[[[[[1]]]]]]]]]}', 400, "too_deep"),
        (json.dumps({str(n): n for n in range(2001)}).encode(), 400, "too_many_keys"),
        (b"", 422, "bad_input"),
        (b"{}", 422, "bad_input"),
        (b'{"version": true, "text": "x"}', 422, "bad_input"),
        (b'{"version": "1", "text": "x"}', 422, "bad_input"),
        (b'{"version": 1.5, "text": "x"}', 422, "bad_input"),
        (b'{"version": 2147483648, "text": "x"}', 422, "bad_input"),
        (b'{"version": 1, "text": {"a": 1}}', 422, "bad_input"),
        (json.dumps({"version": 1, "text": "x" * 8001}).encode(), 422, "bad_input"),
        (json.dumps({"version": 1, "text": "x" * 1_100_000}).encode(), 413, "too_large"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_told_why(
    door: Door, scene: Scene, body: bytes, status: int, code: str
) -> None:
    response = door.browser("clinician").generic(
        "POST", resolve(scene), body, content_type="application/json"
    )
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["Content-Type"] == PROBLEM
    assert set(response.json()) >= {"type", "title", "status", "code", "request_id"}
    assert b"Traceback" not in response.content


def test_a_form_is_not_json(door: Door, scene: Scene) -> None:
    browser = door.browser("clinician")
    for sent in (
        browser.post(resolve(scene), {"version": 1, "file": SimpleUploadedFile("a.txt", b"a")}),
        browser.generic("POST", resolve(scene), b"a=b", content_type="application/x-www-form-urlencoded"),
        browser.generic("POST", resolve(scene), b"", CONTENT_TYPE="multipart/form-data"),
        browser.generic("POST", resolve(scene), b"{}", content_type="text/plain"),
    ):
        assert (sent.status_code, sent.json()["code"]) == (415, "unsupported_media_type")


def test_an_act_without_a_body_needs_no_content_type(door: Door, scene: Scene) -> None:
    sent = door.browser("facilitator").generic(
        "POST", f"{BASE}/sessions/{scene.held.pk}/notes/open", content_type=""
    )
    assert sent.status_code == 200


def test_fields_are_named_and_what_was_sent_is_not_repeated(door: Door, scene: Scene) -> None:
    body = {"group": {"version": 0, "topic": 5}, "clients": [{"client_id": "secret-text", "version": 1}]}
    response = ask(door.browser("facilitator"), "PUT", f"/sessions/{scene.held.pk}/notes", body)
    assert response.status_code == 422
    assert set(response.json()["fields"]) == {"group.version", "group.topic", "clients.0.client_id"}
    assert b"secret-text" not in response.content


@pytest.mark.parametrize(
    "path", ["/nowhere", "/programs/", "/programs/not-an-id", "/programs/0", "/clients/%00", ""]
)
@pytest.mark.parametrize("name", ["nobody", "director"])
def test_an_unknown_address_is_a_problem(door: Door, path: str, name: str) -> None:
    browser = Browser(raise_request_exception=False) if name == "nobody" else door.browser(name)
    response = ask(browser, "GET", path)
    assert (response.status_code, response.headers["Content-Type"]) == (404, PROBLEM)


@pytest.mark.parametrize(
    "day", ["2026-02-30", "tomorrow", "1776038400", "0001-01-01", "9999-12-31", "\uff12026-04-13"]
)
def test_a_date_that_is_none_is_refused(door: Door, scene: Scene, day: str) -> None:
    for path in (
        f"/hours?week={day}",
        f"/sessions?first={day}",
        f"/groups/{scene.world.group.pk}/members?on={day}",
    ):
        response = ask(door.browser("clinician"), "GET", path)
        assert response.status_code == 422, path


def test_a_wall_time_is_no_instant(door: Door, scene: Scene) -> None:
    path = f"/sessions/{scene.held.pk}/attendance/{scene.world.ana.pk}/corrections"
    for first in ("2026-04-13T21:40:00", "1776038400", 5, "0001-01-01T00:00:00+14:00", "21:40"):
        body = {"first_at": first, "reason": "Came later.", "seen_version": 1}
        response = ask(door.browser("facilitator"), "POST", path, body)
        assert (response.status_code, list(response.json()["fields"])) == (422, ["first_at"])


# --- who is asking ----------------------------------------------------------------------------------------


def with_token(door: Door, name: str) -> Any:
    return ask(Browser(), "GET", "/me", **door.token(name))


def test_a_token_stands_for_its_person_and_is_never_fresh(door: Door, scene: Scene) -> None:
    found = with_token(door, "clinician").json()
    assert found["person_id"] == str(scene.world.clinician.pk)
    assert found["roles"] == [{"program_id": str(scene.world.program.pk), "roles": ["clinician"]}]
    assert found["fresh_sign_in"] is False


def test_a_token_ends_with_its_time_its_revocation_and_its_person(door: Door, scene: Scene) -> None:
    clinician = scene.world.clinician
    token = tokens_of(clinician.pk).get()
    revoke_token(actor=scene.world.actor(clinician), token_id=token.pk, now=NOW)
    assert with_token(door, "clinician").status_code == 401
    expiring = tokens_of(scene.world.records.pk)
    expiring.update(expires_at=NOW)
    assert with_token(door, "records").status_code == 401
    Person.objects.filter(pk=scene.world.admin.pk).update(is_active=False)
    assert with_token(door, "admin").status_code == 401


def test_staff_without_a_second_factor_are_nobody(door: Door, scene: Scene) -> None:
    person = make_staff(scene.world.program, Role.DIRECTOR, factor=False)
    browser = Browser(raise_request_exception=False)
    browser.force_login(person)
    response = ask(browser, "GET", "/programs")
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
    assert ask(browser, "GET", "/me").json()["roles"] == []


def test_a_bad_token_is_not_helped_by_a_good_login(door: Door) -> None:
    response = ask(door.browser("director"), "GET", "/me", HTTP_AUTHORIZATION="Bearer nonsense")
    assert response.status_code == 401
