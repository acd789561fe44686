"""BigBlueButton: the Learning Dashboard's file, the analytics callback, or the events of its webhooks. Pure.

The dashboard and the webhooks count milliseconds since 1970, the callback writes instants with their offset. The
external id is the account the meeting was joined with, the internal id names one connection.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sessions_app.attendance.imports.rules import lines
from sessions_app.attendance.imports.rules.documents import (
    SKIP,
    Object,
    Skip,
    either,
    kind_in,
    list_in,
    object_in,
    objects_in,
    read_documents,
)
from sessions_app.attendance.imports.rules.lines import LogLine, ParsedLog, Trouble, Unreadable, Vendor

Parts = Iterator[Callable[[], LogLine] | Skip]


def parse(content: str) -> ParsedLog:
    """Reads whichever of the three it is."""
    return read_documents(Vendor.BIGBLUEBUTTON, content, _read)


def _read(document: Object) -> Parts:
    data = object_in(document, "data")
    if isinstance(document.get("users"), Mapping):
        yield from _dashboard(object_in(document, "users"))
    elif "attendees" in data:
        for attendee in objects_in(data, "attendees"):
            yield from _attendee(attendee)
    elif data.get("type") == "event":
        yield from _event(data)
    else:
        raise Unreadable(Trouble.UNKNOWN_EVENT)


def _dashboard(users: Object) -> Parts:
    for user in users.values():
        if not isinstance(user, Mapping):
            raise Unreadable(Trouble.NOT_AN_OBJECT)
        inner = object_in(user, "intIds")
        if not inner:  # older versions: the user is the connection
            yield from _stays(user, user)
        for connection in inner.values():
            if not isinstance(connection, Mapping):
                raise Unreadable(Trouble.NOT_AN_OBJECT)
            yield from _stays(user, connection)


def _stays(user: Object, connection: Object) -> Parts:
    for stay in objects_in(connection, "sessions") or [connection]:
        yield partial(_stay, user, connection, stay)


def _stay(user: Object, connection: Object, stay: Object) -> LogLine:
    return LogLine(
        vendor_ref=lines.reference(connection.get("intId")),
        display_name=lines.name(user.get("name")),
        email=None,
        account_ref=lines.reference(either(user, "extId", "externalId")) or None,
        join=lines.epoch(stay.get("registeredOn"), per_second=1000),
        leave=lines.epoch(stay.get("leftOn"), per_second=1000),
    )


def _attendee(attendee: Object) -> Parts:
    """Its joins and leaves are two lists that need not be of one length: each entry is half a stay."""
    yield from (partial(_half, attendee, at, leaving=False) for at in list_in(attendee, "joins"))
    yield from (partial(_half, attendee, at, leaving=True) for at in list_in(attendee, "leaves"))


def _half(attendee: Object, at: object, *, leaving: bool) -> LogLine:
    instant = lines.iso(at)
    account = lines.reference(attendee.get("ext_user_id"))
    return LogLine(
        vendor_ref=account or _content_ref(attendee),
        display_name=lines.name(attendee.get("name")),
        email=None,
        account_ref=account or None,
        join=None if leaving else instant,
        leave=instant if leaving else None,
    )


def _content_ref(attendee: Object) -> str:
    """What holds one attendee without an id together: all that is said of them, wherever it stands in the list."""
    return hashlib.sha256(json.dumps(attendee, sort_keys=True).encode()).hexdigest()[:24]


def _event(data: Object) -> Parts:
    kind = kind_in(data, "id")
    if kind in {"user-joined", "user-left"}:
        yield partial(_webhook, data, leaving=kind == "user-left")
    elif kind is not None:
        yield SKIP
    else:
        raise Unreadable(Trouble.UNKNOWN_EVENT)


def _webhook(data: Object, *, leaving: bool) -> LogLine:
    user = object_in(data, "attributes", "user")
    instant = lines.epoch(object_in(data, "event").get("ts"), per_second=1000)
    return LogLine(
        vendor_ref=lines.reference(user.get("internal-user-id")),
        display_name=lines.name(user.get("name")),
        email=None,
        account_ref=lines.reference(user.get("external-user-id")) or None,
        join=None if leaving else instant,
        leave=instant if leaving else None,
    )
