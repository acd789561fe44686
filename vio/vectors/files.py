"""Strict reading of vector files: JSON without its loopholes, and cases of the right shape."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from vio.vectors.reading import Json, VectorError, as_object, as_text

_CASE_KEYS = {"id", "kind", "given", "expect", "note"}


@dataclass(frozen=True)
class Case:
    """One worked example."""

    file: str
    id: str
    kind: str
    given: dict[str, Json]
    expect: dict[str, Json]


def read_cases(path: Path) -> list[Case | VectorError]:
    """All cases of a file; a case of the wrong shape comes back as its error. VectorError for the file
    as a whole.
    """
    data = _load(path)
    if not isinstance(data, list):
        raise VectorError("the file must hold a JSON array of cases")
    if not data:
        raise VectorError("the file holds no case")
    return [_case(path.name, place, item) for place, item in enumerate(data, start=1)]


def _load(path: Path) -> Json:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise VectorError(f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise VectorError(f"is not UTF-8: byte {error.start}") from error
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except RecursionError as error:
        raise VectorError("is nested too deeply") from error
    except ValueError as error:
        raise VectorError(f"is not JSON: {error}") from error


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} stands twice in one object")
        found[key] = value
    return found


def _case(file: str, place: int, item: Json) -> Case | VectorError:
    try:
        fields = as_object(item, "case")
        if unknown := sorted(fields.keys() - _CASE_KEYS):
            raise VectorError(f"unknown key {unknown[0]!r}")
        case = Case(
            file,
            as_text(fields.get("id"), "id"),
            as_text(fields.get("kind"), "kind"),
            as_object(fields.get("given"), "given"),
            as_object(fields.get("expect"), "expect"),
        )
        if not case.expect:
            raise VectorError("expect is empty: the case would check nothing")
    except VectorError as error:
        name = item.get("id") if isinstance(item, dict) else None
        return VectorError(f"{name if isinstance(name, str) else f'case {place}'}: {error}")
    return case
