"""Operations of the API: each carries its permission, and a gate stands before everything else.

The gate asks in this order: who is it (401), is the body JSON (415), was it sent by our own page (403, cookie logins
only), may they (403), and are all parameters known (422). Only then is anything parsed or looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from ninja import Router
from ninja.utils import check_csrf

from vio.common.errors import BadInputError, DomainError, NotAllowedError, SignInNeededError
from vio.common.http import PageRequest, check
from vio.common.permissions import Permission, mark

SAFE = {"GET"}
JSON = "application/json"
_PROBLEMS = {
    "401": "Nobody is signed in.",
    "403": "Without the right, or not sent by our own page.",
    "404": "It does not exist, or not for you.",
    "409": "Changed by somebody else, or not possible any more.",
    "422": "A field cannot be read; `fields` says which.",
}
View = TypeVar("View", bound=Callable[..., Any])


class Gate:
    """Stands before one operation; what it lets through is signed in, ours, allowed and asked with known parameters."""

    def __init__(self, permission: Permission, *, fresh: bool) -> None:
        self.permission = permission
        self.fresh = fresh
        self.parameters: frozenset[str] = frozenset()

    def __call__(self, request: HttpRequest) -> bool:
        """True; or raises SignInNeededError, NotAllowedError, FreshSignInNeededError, BadInputError, DomainError (415)."""
        page = cast("PageRequest", request)
        if page.actor.person_id is None:
            raise SignInNeededError
        refuse_other_media(request)
        refuse_forged(request)
        check(page, self.permission, fresh=self.fresh)
        unknown = sorted(set(request.GET) - self.parameters)
        if unknown:
            raise BadInputError(fields={unknown[0][:60]: "There is no such parameter here."})
        return True


def refuse_other_media(request: HttpRequest) -> None:
    """Raises DomainError (415) for a body that does not say it is JSON: forms of other sites cannot say so."""
    kind = request.content_type or ""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if kind != JSON and (length != "0" or kind.startswith("multipart/")):
        error = DomainError("Send the body as application/json.", code="unsupported_media_type")
        error.status = 415
        raise error


def refuse_forged(request: HttpRequest) -> None:
    """Raises NotAllowedError for a change by cookie login without the page's own token (WE-2); bearer tokens need none."""
    if request.method not in SAFE and check_csrf(request) is not None:
        raise NotAllowedError("The token of our own page is missing (X-CSRFToken).", code="csrf")


class Edges:
    """The operations of one topic."""

    def __init__(self, topic: str) -> None:
        self.router = Router(tags=[topic])

    def get(self, path: str, permission: Permission, answers: Any) -> Callable[[View], View]:
        """Something to look at."""
        return self._operation("GET", path, permission, answers)

    def post(
        self, path: str, permission: Permission, answers: Any, *, status: int = 200, fresh: bool = False
    ) -> Callable[[View], View]:  # fmt: skip
        """An act. With `fresh`, only soon after a sign-in (AU-8); never by token."""
        return self._operation("POST", path, permission, answers, status=status, fresh=fresh)

    def put(self, path: str, permission: Permission, answers: Any) -> Callable[[View], View]:
        """Replaces what is there."""
        return self._operation("PUT", path, permission, answers)

    def patch(self, path: str, permission: Permission, answers: Any) -> Callable[[View], View]:
        """Changes the fields that are sent."""
        return self._operation("PATCH", path, permission, answers)

    def _operation(
        self, method: str, path: str, permission: Permission, answers: Any, *, status: int = 200, fresh: bool = False
    ) -> Callable[[View], View]:  # fmt: skip
        gate = Gate(permission, fresh=fresh)

        def wrap(view: View) -> View:
            self.router.add_api_operation(
                path, [method], mark(view, permission), auth=gate, response={status: answers},
                operation_id=view.__name__, url_name=view.__name__,
                summary=view.__name__.replace("_", " ").capitalize(),
                openapi_extra=_described(permission, fresh=fresh),
            )  # fmt: skip
            gate.parameters = _query_names(view)
            return view

        return wrap


def _query_names(view: Callable[..., Any]) -> frozenset[str]:
    operation = view._ninja_operation  # type: ignore[attr-defined]  # the library keeps it on the function
    return frozenset(
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    )


def _described(permission: Permission, *, fresh: bool) -> dict[str, Any]:
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses = {
        status: {"description": words, "content": {"application/problem+json": reference}}
        for status, words in _PROBLEMS.items()
    }
    described: dict[str, Any] = {"x-permission": permission.value, "responses": responses}
    if fresh:
        described |= {"x-fresh-sign-in": True, "security": [{"login": []}]}
    return described
