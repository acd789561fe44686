"""The API put together: its addresses, its OpenAPI description, the sockets' AsyncAPI description, a page to read both."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

import checkins.api
import groups.api
import sessions_app.api
from sessions_app.room import asyncapi
from vio.common.api.edges import Gate
from vio.common.api.errors import Api, StrictParser
from vio.common.api.schemas import Problem
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission
from vio.reference import shapes_of, topics_of

PREFIX = "/api/v1"
_ABOUT = (
    "The same acts as the pages, under the same rights. Times are ISO 8601 in UTC with a Z; local dates are dates of "
    "the program's own calendar. Lists come in pages (limit, offset). Errors are application/problem+json with a "
    "stable code. Sign in with a personal token (Authorization: Bearer) or with the login of the pages."
)
api = Api(
    title="vio", version="1", description=_ABOUT, parser=StrictParser(), openapi_url=None, docs_url=None,
    urls_namespace="api",
)  # fmt: skip
for _router in (*groups.api.ROUTERS, *sessions_app.api.ROUTERS, *checkins.api.ROUTERS):
    api.add_router("", _router)
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token, made under Account."},
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": "vio",
        "description": "The login of the pages; a change also needs the page's token as X-CSRFToken.",
    },
}


@cache
def _document() -> dict[str, Any]:
    """The OpenAPI 3.1 document, made from the operations themselves."""
    # The library keys answers by number; JSON knows only text.
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=f"{PREFIX}/")))
    schemas = document["components"].setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(mode="serialization")
    document["components"]["securitySchemes"] = _SECURITY
    document["security"] = [{"token": []}, {"login": []}]
    document.pop("servers", None)
    return document


def document() -> dict[str, Any]:
    """A copy of the OpenAPI document, to read or to change."""
    return copy.deepcopy(_document())


@require_safe
@needs(Permission.PUBLIC)
def openapi(request: PageRequest) -> HttpResponseBase:
    """The description of the API; it holds no data."""
    return JsonResponse(_document())


@require_safe
@needs(Permission.PUBLIC)
def asyncapi_document(request: PageRequest) -> HttpResponseBase:
    """The description of the room's socket, made from the classes that read and build its frames."""
    return JsonResponse(asyncapi.document())


@require_safe
@needs(Permission.PUBLIC)
def reference(request: PageRequest) -> HttpResponse:
    """The operations to read: permission, parameters, fields."""
    context = {"about": _ABOUT, "topics": topics_of(_document()), "shapes": shapes_of(_document())}
    return render(request, "common/api_reference.html", context)


def gates() -> dict[str, tuple[Gate, ...]]:
    """{operation: what stands before it}, for the guards."""
    bound = api._get_bound_routers()
    operations = (o for router in bound for view in router.path_operations.values() for o in view.operations)
    return {
        str(o.operation_id): tuple(c for c in o.auth_callbacks if isinstance(c, Gate)) for o in operations
    }


def _patterns() -> list[URLPattern]:
    """One pattern per address. The library makes one per operation, and its own converter leaves ids as text."""
    found: dict[str, URLPattern] = {}
    for router in api._get_bound_routers():
        for pattern in router.urls_paths(router.prefix):
            route = str(pattern.pattern).replace("<uuidstr:", "<uuid:")
            found.setdefault(route, path(route, pattern.callback, name=pattern.name))
    return list(found.values())


urlpatterns = [
    path("openapi.json", openapi, name="openapi"),
    path("asyncapi.json", asyncapi_document, name="asyncapi"),
    path("docs", reference, name="api_docs"),
    *_patterns(),
]
