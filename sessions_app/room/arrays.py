"""Arrays as PostgreSQL reads them. The driver would look at every value of every list of every commit again. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID


def columns(rows: Collection[tuple[object, ...]], width: int) -> list[str]:
    """Rows as one array per column."""
    return [array(column) for column in zip(*rows, strict=True)] if rows else [array(())] * width


def array(values: Collection[object]) -> str:
    """An array as PostgreSQL reads it. The driver would look at every value of every list again."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case UUID() | int():
            return str(value)
        case bytes():
            return f'"\\\\x{value.hex()}"'
        case datetime():
            return f'"{value.isoformat()}"'
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
