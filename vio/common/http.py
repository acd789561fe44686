"""The web edge's shared half: the `needs` marker for views, errors to responses, headers, request ids."""

from __future__ import annotations

import functools
import sys
import uuid
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode, urlsplit

import structlog
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from vio.common import audit
from vio.common.actors import NOBODY, Actor
from vio.common.errors import DomainError, FreshSignInNeededError, NotAllowedError, SignInNeededError
from vio.common.logs import log
from vio.common.permissions import Permission, mark

_log = log(__name__)
Parameters = ParamSpec("Parameters")
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class PageRequest(HttpRequest):
    """A request as our views see it: with its actor and its id."""

    actor: Actor
    request_id: str
    htmx: Any


View = Callable[Concatenate[PageRequest, Parameters], HttpResponseBase]


def needs(
    permission: Permission, *, fresh: bool = False
) -> Callable[[View[Parameters]], Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]]:
    """Marks a view with the permission it needs and refuses everybody without it.

    Nobody signed in: to the sign-in page (pages) or 401 (API). Signed in without the right: 403, audited.
    With `fresh`, a sign-in older than five minutes is asked for again (AU-8).
    """

    def wrap(view: View[Parameters]) -> Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]:
        @functools.wraps(view)
        def guarded(
            request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs
        ) -> HttpResponseBase:
            page = cast("PageRequest", request)
            check(page, permission, fresh=fresh)
            return view(page, *args, **kwargs)

        mark(guarded, permission)
        return cast("Callable[Concatenate[HttpRequest, Parameters], HttpResponseBase]", guarded)

    return wrap


def check(request: PageRequest, permission: Permission, *, fresh: bool = False) -> None:
    """Raises SignInNeededError, NotAllowedError or FreshSignInNeededError unless the actor may."""
    actor = request.actor
    if permission is Permission.PUBLIC:
        return
    if actor.person_id is None:
        raise SignInNeededError
    if not actor.may_somewhere(permission):
        raise NotAllowedError
    if fresh and not actor.fresh:
        raise FreshSignInNeededError


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: the API and the FHIR edge."""
    return request.path.startswith(("/api/", "/fhir/"))


def error_response(request: HttpRequest, error: DomainError) -> HttpResponseBase:
    """A DomainError as problem+json for programs, as a page (or a way back to signing in) for people."""
    if wants_json(request):
        return problem(request, error)
    if isinstance(error, SignInNeededError):
        return _lead(request, redirect_to_login(way_back(request)).url)
    if isinstance(error, FreshSignInNeededError):
        return _lead(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': way_back(request)})}")
    known = {400, 403, 404, 409, 429, 503}
    template = f"{error.status}.html" if error.status in known - {409, 503} else "problem.html"
    context = {"error": error, "error_id": getattr(request, "request_id", "")}
    return render(request, template, context, status=error.status)


def way_back(request: HttpRequest) -> str:
    """The page to return to after signing in or confirming: this one, or the page whose form or fragment this was."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.get_full_path()
    page = urlsplit(request.headers.get("HX-Current-URL") or request.POST.get("next", ""))
    target = page.path + (f"?{page.query}" if page.query else "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"


def _lead(request: HttpRequest, url: str) -> HttpResponseBase:
    """A redirect; for a fragment the whole page goes there, not the fragment."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return redirect(url)


def problem(request: HttpRequest, error: DomainError, **besides: Any) -> JsonResponse:
    """RFC 9457 problem+json: {type, title, status, code, request_id, fields?}, and what else `besides` says."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.message,
        "status": error.status,
        "code": error.code,
        "request_id": getattr(request, "request_id", ""),
    }
    if error.fields:
        body["fields"] = error.fields
    return JsonResponse(body | besides, status=error.status, content_type="application/problem+json")


def _audit_refusal(request: HttpRequest, error: DomainError) -> None:
    actor = getattr(request, "actor", NOBODY)
    match = getattr(request, "resolver_match", None)
    if actor.person_id is None or error.status not in {403, 404}:
        return
    audit.record(
        actor=actor,
        action="request.refused",
        program_id=None,
        result="refused",
        reason=error.code,
        details={"view": match.view_name if match else "", "method": request.method},
    )


def domain_error_middleware(get_response: GetResponse) -> GetResponse:
    """Translates what services raise; an unexpected exception is logged once under the request's id (P10)."""

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponseBase:
            response = get_response(request)
            if response.status_code == 405 and wants_json(request):
                return _wrong_method(request, response)
            return response

        def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
            if isinstance(exception, DomainError):
                _audit_refusal(request, exception)
                return error_response(request, exception)
            _note_failure(request, exception)
            if wants_json(request):
                failed = DomainError("Something went wrong on our side.", code="internal_error")
                failed.status = 500
                return problem(request, failed)
            return None

    return Middleware()


def _note_failure(request: HttpRequest, exception: BaseException | None) -> None:
    """Once for each request, whoever meets the exception first."""
    if getattr(request, "failure_noted", False):
        return
    request.failure_noted = True  # type: ignore[attr-defined]  # ours
    _log.error("request.failed", request_id=getattr(request, "request_id", ""), exc_info=exception)


def _wrong_method(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The 405 of a view as problem+json, with the methods it takes."""
    error = DomainError("This address does not take that method.", code="wrong_method")
    error.status = 405
    answer = problem(request, error)
    answer.headers["Allow"] = ", ".join(sorted(response.headers.get("Allow", "").replace(" ", "").split(",")))
    return answer


def request_id_middleware(get_response: GetResponse) -> GetResponse:
    """Gives every request an id that log, audit and error page share."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request_id = str(uuid.uuid4())
        cast("PageRequest", request).request_id = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = get_response(request)
        response["X-Request-Id"] = request_id
        return response

    return middleware


def headers_middleware(get_response: GetResponse) -> GetResponse:
    """Permissions-Policy everywhere; no caching of anything a signed-in person saw (WE-1)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()"
        )
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def address_of(request: HttpRequest) -> str:
    """The caller's address as the server saw it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that came from elsewhere or too late."""
    error = DomainError(
        "This page was open for too long. Please go back, reload it and send again.", code="csrf"
    )
    error.status = 403
    return cast("HttpResponse", error_response(request, error))


def handle_400(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Django's own refusals (bad host, bad request)."""
    return error_response(request, DomainError("We could not read that request.", code="bad_request"))


def handle_403(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Django's own permission refusals."""
    return error_response(request, NotAllowedError())


def handle_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """An address nobody serves."""
    error = DomainError("We could not find that.", code="not_found")
    error.status = 404
    return error_response(request, error)


def handle_500(request: HttpRequest) -> HttpResponseBase:
    """The page for an unexpected exception: an id and nothing else (WE-7). It asks no database: that may be the trouble."""
    _note_failure(request, sys.exc_info()[1])  # one that no view raised, but a middleware, is seen here alone
    context = {"error_id": getattr(request, "request_id", "")}
    return HttpResponse(render_to_string("500.html", context), status=500)
