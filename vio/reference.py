"""The OpenAPI document as a page shows it: topics, operations, parameters and fields in plain rows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PREFIX = "#/components/schemas/"


@dataclass(frozen=True)
class Field:
    """One parameter or field: its name, its type in words, whether it must be sent, what it means."""

    name: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True)
class Operation:
    """One operation as a reader wants it."""

    key: str
    method: str
    path: str
    words: str
    permission: str
    fresh: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    status: str
    answer: tuple[Field, ...]


@dataclass(frozen=True)
class Topic:
    """Operations that belong together."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Shape:
    """An object that operations take or answer with."""

    name: str
    words: str
    fields: tuple[Field, ...]


def shapes_of(document: Mapping[str, Any]) -> list[Shape]:
    """Every named object by name; pages of lists are all alike and left out."""
    schemas = document["components"]["schemas"]
    return [
        Shape(name, schema.get("description", ""), _fields(schema, schemas))
        for name, schema in sorted(schemas.items())
        if "properties" in schema and not name.startswith("Page_")
    ]


def topics_of(document: Mapping[str, Any]) -> list[Topic]:
    """Every operation of the document, by topic, in the document's order."""
    found: dict[str, list[Operation]] = defaultdict(list)
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            found[described["tags"][0]].append(_operation(path, method, described, schemas))
    return [Topic(name, tuple(operations)) for name, operations in found.items()]


def _operation(path: str, method: str, described: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    status = min(str(code) for code in described["responses"])
    answered: Mapping[str, Any] = next(
        (r for code, r in described["responses"].items() if str(code) == status), {}
    )
    return Operation(
        key=described["operationId"],
        method=method.upper(),
        path=path,
        words=described.get("description", ""),
        permission=described["x-permission"],
        fresh=bool(described.get("x-fresh-sign-in")),
        parameters=tuple(_parameter(p) for p in described.get("parameters", ())),
        body=_fields(_json_of(described.get("requestBody", {})), schemas),
        status=status,
        answer=_fields(_json_of(answered), schemas),
    )


def _parameter(given: Mapping[str, Any]) -> Field:
    return Field(
        given["name"], kind_of(given["schema"]), given["required"], given["schema"].get("description", "")
    )


def _json_of(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Field, ...]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_PREFIX)]
    required = set(schema.get("required", ()))
    return tuple(
        Field(name, kind_of(given), name in required, given.get("description", ""))
        for name, given in schema.get("properties", {}).items()
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: "whole number 0 to 10", "list of LineOut", "text or nothing"."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_PREFIX)
    if "anyOf" in schema:
        return " or ".join(kind_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) or "empty" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return _plain(schema)


_WORDS = {
    "integer": "whole number", "number": "number", "boolean": "true or false", "null": "nothing",
    "string": "text", "object": "object",
}  # fmt: skip
_FORMATS = {"uuid": "id", "date": "date", "date-time": "instant (UTC)", "time": "local time"}


def _plain(schema: Mapping[str, Any]) -> str:
    word = _FORMATS.get(schema.get("format", ""), _WORDS.get(schema.get("type", ""), "anything"))
    if "minimum" in schema and "maximum" in schema:
        return f"{word} {schema['minimum']} to {schema['maximum']}"
    return f"{word}, at most {schema['maxLength']}" if "maxLength" in schema else word
