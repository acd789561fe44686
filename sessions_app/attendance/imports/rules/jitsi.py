"""Jitsi Meet: what the Prosody module event_sync posts. Times are seconds since 1970. Pure.

`muc-room-destroyed` carries all occupants with `joined_at` and `left_at`; `muc-occupant-joined` and `-left` one each.
An occupant's `id` and `email` come from the token they joined with, `occupant_jid` names the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sessions_app.attendance.imports.rules import lines
from sessions_app.attendance.imports.rules.documents import (
    SKIP,
    Object,
    Skip,
    kind_in,
    object_in,
    objects_in,
    read_documents,
)
from sessions_app.attendance.imports.rules.lines import LogLine, ParsedLog, Trouble, Unreadable, Vendor

_OTHER = frozenset({"muc-room-created", "muc-room-secret-set", "muc-occupant-pre-join"})


def parse(content: str) -> ParsedLog:
    """Reads one payload, a list of them, or one a line."""
    return read_documents(Vendor.JITSI, content, _read)


def _read(event: Object) -> Iterator[Callable[[], LogLine] | Skip]:
    kind = kind_in(event, "event_name")
    if kind == "muc-room-destroyed" or (kind is None and "all_occupants" in event):
        yield from (partial(_occupant, one) for one in objects_in(event, "all_occupants"))
    elif kind in {"muc-occupant-joined", "muc-occupant-left"}:
        yield partial(_occupant, object_in(event, "occupant"))
    elif kind in _OTHER:
        yield SKIP
    else:
        raise Unreadable(Trouble.UNKNOWN_EVENT)


def _occupant(one: Object) -> LogLine:
    return LogLine(
        vendor_ref=lines.reference(one.get("occupant_jid")),
        display_name=lines.name(one.get("name")),
        email=lines.email(one.get("email")),
        account_ref=lines.reference(one.get("id")) or None,
        join=lines.epoch(one.get("joined_at"), per_second=1),
        leave=lines.epoch(one.get("left_at"), per_second=1),
    )
