"""What every answer carries, errors included (WE-1, WE-7, AU-5)."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from tests.worlds import World
from vio.common import http
from vio.common.actors import NOBODY

POLICY = {
    "default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'",
    "frame-ancestors 'none'", "form-action 'self'",
}  # fmt: skip


def policy_of(response: HttpResponse) -> set[str]:
    """The directives of the content policy."""
    return {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}


@pytest.fixture
def browser() -> Browser:
    """Nobody, and errors come as pages."""
    return Browser(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"), [("/account/login/", 200), ("/healthz", 200), ("/account/", 302), ("/nowhere/", 404)]
)  # fmt: skip
def test_every_answer_carries_the_headers(browser: Browser, address: str, status: int) -> None:
    response = browser.get(address)
    assert response.status_code == status
    assert policy_of(response) >= POLICY
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "no-store" in response.headers["Cache-Control"]
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert len(response.headers["X-Request-Id"]) == 36


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "testserver:1\n"])
def test_a_wrong_host_is_refused_with_the_headers(browser: Browser, host: str) -> None:
    response = browser.get("/account/login/", HTTP_HOST=host)
    assert response.status_code == 400
    assert policy_of(response) >= POLICY


@pytest.mark.django_db
def test_a_refusal_carries_the_headers(world: World) -> None:
    browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
    response = browser.post("/account/login/", {"login": "x@example.org", "password": "y"})
    assert response.status_code == 403
    assert policy_of(response) >= POLICY
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_an_error_of_ours_says_nothing_but_an_id() -> None:
    request = RequestFactory().get("/")
    request.request_id = "the-id"  # type: ignore[attr-defined]
    request.actor = NOBODY  # type: ignore[attr-defined]
    page = http.handle_500(request)
    assert isinstance(page, HttpResponse)
    assert page.status_code == 500
    assert b"the-id" in page.content
    assert b"Traceback" not in page.content


def test_an_unexpected_exception_of_the_api_is_a_problem_without_details() -> None:
    def fails(request: HttpRequest) -> HttpResponse:
        raise ValueError("the name of a client")

    middleware = http.domain_error_middleware(fails)
    request = RequestFactory().get("/api/v1/anything")
    response = middleware.process_exception(request, ValueError("the name of a client"))  # type: ignore[attr-defined]
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert b"client" not in response.content


def test_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.SESSION_COOKIE_PATH == "/"  # what `__Host-` asks for
