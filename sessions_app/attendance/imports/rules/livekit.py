"""LiveKit: its webhooks, as they were received, one a line or as a list. Pure.

Keys come in camelCase or snake_case; whole numbers may be written as text; times are seconds since 1970 (the `Ms` ones
milliseconds). `participant.identity` is the account, `participant.sid` the connection. An event that was delivered twice
carries the same `id` and is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from sessions_app.attendance.imports.rules import lines
from sessions_app.attendance.imports.rules.documents import (
    SKIP,
    Object,
    Skip,
    either,
    kind_in,
    object_in,
    read_documents,
)
from sessions_app.attendance.imports.rules.lines import LogLine, ParsedLog, Trouble, Unreadable, Vendor

_LEFT = frozenset({"participant_left", "participant_connection_aborted"})


def parse(content: str) -> ParsedLog:
    """Reads the webhooks. An event that came twice is one; the same id with another content is read as well."""
    return read_documents(Vendor.LIVEKIT, content, partial(_once, {}))


def _once(seen: dict[str, str], event: Object) -> Iterator[Callable[[], LogLine] | Skip]:
    key = lines.reference(event.get("id"))
    written = json.dumps(event, sort_keys=True)
    if key and seen.get(key) == written:
        raise Unreadable(Trouble.REPEATED_EVENT)
    seen[key] = written
    yield from _read(event)


def _read(event: Object) -> Iterator[Callable[[], LogLine] | Skip]:
    kind = kind_in(event, "event")
    if kind is None:
        raise Unreadable(Trouble.UNKNOWN_EVENT)
    if kind == "participant_joined" or kind in _LEFT:
        yield partial(_participant, event, left=kind in _LEFT)
    else:
        yield SKIP


def _participant(event: Object, *, left: bool) -> LogLine:
    who = object_in(event, "participant")
    told = lines.epoch(either(event, "createdAt", "created_at"), per_second=1)
    joined = _joined(who)
    return LogLine(
        vendor_ref=lines.reference(who.get("sid")),
        display_name=lines.name(who.get("name")),
        email=None,
        account_ref=lines.reference(who.get("identity")) or None,
        join=joined if left else joined or told,
        leave=told if left else None,
    )


def _joined(who: Object) -> datetime | None:
    exact = lines.epoch(either(who, "joinedAtMs", "joined_at_ms"), per_second=1000)
    return exact or lines.epoch(either(who, "joinedAt", "joined_at"), per_second=1)
