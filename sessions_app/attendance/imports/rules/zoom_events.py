"""Zoom: its webhooks of coming and going, or the participants report of its API. Instants carry their offset. Pure.

`customer_key` is an account id of ours, if one was given when the meeting was made; `user_id` names one connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sessions_app.attendance.imports.rules import lines
from sessions_app.attendance.imports.rules.documents import (
    SKIP,
    Object,
    Skip,
    either,
    kind_in,
    object_in,
    objects_in,
    read_documents,
)
from sessions_app.attendance.imports.rules.lines import LogLine, ParsedLog, Trouble, Unreadable, Vendor

_JOINED, _LEFT = "meeting.participant_joined", "meeting.participant_left"
_WAITS, _WAITED = "meeting.participant_joined_waiting_room", "meeting.participant_left_waiting_room"


def parse(content: str) -> ParsedLog:
    """Reads webhooks (one a line, or a list) or a report."""
    return read_documents(Vendor.ZOOM, content, _read)


def _read(document: Object) -> Iterator[Callable[[], LogLine] | Skip]:
    kind = kind_in(document, "event")
    if kind is None and "participants" in document:
        yield from (partial(_reported, one) for one in objects_in(document, "participants"))
    elif kind in {_JOINED, _LEFT, _WAITS, _WAITED}:
        who = object_in(document, "payload", "object", "participant")
        yield partial(_told, who, leaving=kind in {_LEFT, _WAITED}, lobby=kind in {_WAITS, _WAITED})
    elif kind is not None:
        yield SKIP
    else:
        raise Unreadable(Trouble.UNKNOWN_EVENT)


def _told(who: Object, *, leaving: bool, lobby: bool) -> LogLine:
    at = lines.iso(either(who, "leave_time" if leaving else "join_time", "date_time"))
    return _line(who, join=None if leaving else at, leave=at if leaving else None, lobby=lobby)


def _reported(who: Object) -> LogLine:
    return _line(
        who, join=lines.iso(who.get("join_time")), leave=lines.iso(who.get("leave_time")),
        lobby=who.get("status") == "in_waiting_room",
    )  # fmt: skip


def _line(who: Object, **times: object) -> LogLine:
    return LogLine(
        vendor_ref=lines.reference(either(who, "user_id", "participant_uuid")),
        display_name=lines.name(either(who, "user_name", "name")),
        email=lines.email(either(who, "email", "user_email")),
        account_ref=lines.reference(who.get("customer_key")) or None,
        **times,  # type: ignore[arg-type]  # join, leave and lobby, from the two above
    )
