"""What is kept of a log, as JSON to be sealed: its lines, the ones that could not be used, and what people decided. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sessions_app.attendance.imports.rules.lines import BadLine, LogLine, ParsedLog, Trouble, Vendor


@dataclass(frozen=True)
class Contents:
    """`who` {entry key: client, or None for nobody's}; `until_end` the stays that lasted to the session's end;
    `connections` those under which its evidence stands."""

    log: ParsedLog
    who: Mapping[str, UUID | None] = field(default_factory=dict)
    until_end: frozenset[str] = frozenset()
    connections: tuple[UUID, ...] = ()


def only(contents: Contents, lines: Collection[LogLine]) -> Contents:
    """The same with these lines alone, and no line that could not be used."""
    kept = tuple(line for line in contents.log.lines if line in lines)
    return replace(contents, log=replace(contents.log, lines=kept, bad=()))


def written(contents: Contents) -> str:
    """As JSON."""
    log = contents.log
    return json.dumps(
        {
            "vendor": log.vendor.value,
            "skipped": log.skipped,
            "lines": [_line(line) for line in log.lines],
            "bad": [[bad.number, bad.code.value, bad.shown] for bad in log.bad],
            "who": {key: str(client) if client else None for key, client in contents.who.items()},
            "until_end": sorted(contents.until_end),
            "connections": [str(connection) for connection in contents.connections],
        },
        separators=(",", ":"),
    )


def read(stored: str) -> Contents:
    """The contents again."""
    data: dict[str, Any] = json.loads(stored)
    log = ParsedLog(
        vendor=Vendor(data["vendor"]),
        lines=tuple(_read_line(line) for line in data["lines"]),
        bad=tuple(BadLine(number, Trouble(code), shown) for number, code, shown in data["bad"]),
        skipped=data["skipped"],
    )
    return Contents(
        log,
        who={key: UUID(client) if client else None for key, client in data["who"].items()},
        until_end=frozenset(data["until_end"]),
        connections=tuple(UUID(connection) for connection in data["connections"]),
    )


def empty(vendor: Vendor) -> Contents:
    """What is left of a log of which nothing is kept."""
    return Contents(ParsedLog(vendor, ()))


def _line(line: LogLine) -> dict[str, Any]:
    times = {
        what: at.isoformat() if at else None for what, at in (("join", line.join), ("leave", line.leave))
    }
    return {**vars(line), **times}


def _read_line(stored: dict[str, Any]) -> LogLine:
    return LogLine(**{**stored, "join": _instant(stored["join"]), "leave": _instant(stored["leave"])})


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
