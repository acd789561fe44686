"""Requests made from the description, right and wrong: none is answered by an error of ours (P10)."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Door
from tests.api.scene import BASE, Scene, tried
from vio.api import document

pytestmark = pytest.mark.django_db
DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method.upper(), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=30),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.sampled_from(["\0", "\ud800", "' OR 1=1 --", "<b>", "../..", "2026-04-13", "0", "-1", "9" * 400]),
)  # fmt: skip


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it stands elsewhere."""
    return SCHEMAS[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the description allows."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return st.one_of([fitting(one) for one in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    return PLAIN.get(schema.get("format", ""), KINDS[schema.get("type", "null")](schema))


def numbers(schema: dict[str, Any]) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31))


def texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 40), 40))


def lists(schema: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(fitting(schema["items"]), max_size=2)


def objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: fitting(one) for name, one in schema.get("properties", {}).items()}
    needed = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: s for name, s in fields.items() if name in needed},
        optional={name: s for name, s in fields.items() if name not in needed},
    )


KINDS: dict[str, Any] = {
    "integer": numbers, "string": texts, "array": lists, "object": objects,
    "number": lambda schema: st.floats(0, 24), "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
}  # fmt: skip
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda at: at.isoformat() + "Z"),
    "time": st.times().map(lambda at: at.isoformat()[:5]),
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, Any, dict[str, str]]:
    """(method, path with names of rows, body, query): as described, or with one thing spoilt."""
    path, method, operation = draw(st.sampled_from(OPERATIONS))
    query = {p["name"]: draw(fitting(p["schema"])) for p in operation["parameters"] if p["in"] == "query"}
    wanted = {name: str(value) for name, value in query.items() if value is not None and draw(st.booleans())}
    body = None
    if "requestBody" in operation:
        schema = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        body = draw(fitting(schema))
        either = schema.get("anyOf", [schema])  # a body that may be left out is described as one or nothing
        names = sorted(name for one in either for name in resolved(one).get("properties", ()))
        if body is not None and names and draw(st.booleans()):
            body[draw(st.sampled_from(names))] = draw(ANYTHING)
    if wanted and draw(st.booleans()):
        wanted[draw(st.sampled_from(sorted(wanted)))] = draw(st.text(max_size=20))
    return method, path, body, wanted


def rows_in(scene: Scene, value: Any, name: str = "") -> Any:
    """The body with ids of rows that exist where it asks for one, so that it gets past the door."""
    known = scene.ids() | {"owner": scene.world.clinician.pk, "person": scene.world.clinician.pk}
    if isinstance(value, dict):
        return {key: rows_in(scene, inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [rows_in(scene, inner, name) for inner in value]
    return str(known[name]) if name in known and isinstance(value, str) and len(value) == 36 else value


def answer_of(door: Door, scene: Scene, name: str, asked: tuple[str, str, Any, dict[str, str]]) -> int:
    """Asks, holds the answer against what every answer promises, and gives its status."""
    method, path, body, query = asked
    address = path.removeprefix(BASE).format(**scene.ids())
    response = tried(door.browser(name), method, address, rows_in(scene, body), QUERY_STRING=encoded(query))
    assert response.status_code < 500, (method, address, body, query, response.content)
    if response.status_code >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code
    return response.status_code


def test_no_request_is_answered_by_an_error_of_ours(door: Door, scene: Scene) -> None:
    answered: Counter[int] = Counter()

    @settings(
        max_examples=400, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(asked=requests(), name=st.sampled_from(["director", "ana", "lakeside_admin"]))
    def every(asked: tuple[str, str, Any, dict[str, str]], name: str) -> None:
        answered[answer_of(door, scene, name, asked)] += 1

    every()
    # Otherwise the requests would only have knocked at the door.
    assert sum(answered.values()) >= 300
    assert {200, 201, 403, 404, 409, 422} <= set(answered), answered
    assert answered[200] + answered[201] >= 40, answered


def encoded(query: dict[str, str]) -> str:
    """As a browser sends it; what cannot be encoded goes as it is."""

    return urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in query.items()})
