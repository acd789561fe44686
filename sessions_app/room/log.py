"""The room's numbered log in PostgreSQL: sealing, reading what was missed, the latest chat.

A body is the whole frame as it travels, sealed once for the log and opened only to be sent. Its place binds it to
session, audience and number, so a line moved elsewhere does not open.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from sessions_app.room.events import EVENTS, AnyEvent
from sessions_app.room.models import RoomEvent, RoomState
from sessions_app.room.replies import Forgotten, event_fields, wire
from sessions_app.room.state import Room
from sessions_app.room.views import CHAT_TAIL
from sessions_app.room.wire import text_frame
from vio.common import sealed

CHAT_KINDS = ("chat.sent", "chat.sent_to_staff", "chat.sent_to_side", "you.wrote_to_staff")
SHOWN_KINDS = ("poll.opened", "text.shown", "round.answered")
MOST_SHOWN = 60
MOST_WORDS = 1_000
Words = tuple[str, int, str, bytes | memoryview]
"""Something said or shown: audience, number, kind, sealed body."""
MOST_MISSED = 2_000
"""Beyond this many missed events a fresh snapshot is quicker and smaller."""


@dataclass(frozen=True)
class Line:
    """One line of the log: audience, number, kind and the frame as it travels."""

    audience: str
    number: int
    kind: str
    frame: str

    @cached_property
    def prepared(self) -> bytes:
        """The frame as it goes over a WebSocket, the same bytes for everybody (a server's frames are not masked)."""
        return text_frame(self.frame.encode())


@dataclass(frozen=True, slots=True)
class Moment:
    """A room at one instant: its state, the head number of each audience, how many events led here."""

    room: Room
    heads: dict[str, int]
    version: int


def place(session_id: UUID, audience: str, number: int) -> str:
    """What a sealed body is bound to."""
    return f"sessions_app_roomevent.body:{session_id}:{audience}:{number}"


def seal(session_id: UUID, audience: str, number: int, frame: str) -> bytes:
    """The sealed body of one line."""
    return sealed.seal(frame, place=place(session_id, audience, number))


def room_of(stored: Mapping[str, Any]) -> Room:
    """The room kept in a state row; a room nobody touched yet is empty."""
    return Room.model_validate(stored.get("room", {}))


def moment(session_id: UUID) -> Moment:
    """The room as committed now."""
    return moments({session_id})[session_id]


def moments(session_ids: set[UUID]) -> dict[UUID, Moment]:
    """These rooms as committed now; one that nobody touched yet is empty."""
    rows = {row.session_id: row for row in RoomState.objects.filter(pk__in=session_ids)}
    return {
        session_id: Moment(room_of(row.state), dict(row.heads), row.version)
        if (row := rows.get(session_id))
        else Moment(Room(), {}, 0)
        for session_id in session_ids
    }


def beyond(session_id: UUID, heads: Mapping[str, int]) -> list[Line]:
    """Every line of every audience after these head numbers, in order.

    Lines of a session are committed in the order of their ids, because its state row is locked while they are written.
    """
    rows = RoomEvent.objects.filter(session_id=session_id).extra(
        where=["number > coalesce((%s::jsonb ->> audience)::bigint, 0)"], params=[json.dumps(dict(heads))]
    )
    return _open(session_id, rows.order_by("id")[: MOST_MISSED + 1])


def missed(session_id: UUID, numbers: Mapping[str, int]) -> list[Line] | None:
    """What a browser lacks that saw these last numbers, in order (RT-3); None when it is too much to catch up on."""
    wanted = Q(pk__in=[])
    for audience, number in numbers.items():
        wanted |= Q(audience=audience, number__gt=number)
    rows = RoomEvent.objects.filter(wanted, session_id=session_id).order_by("id")
    found = _open(session_id, rows[: MOST_MISSED + 1])
    return found if len(found) <= MOST_MISSED else None


def words_of(session_id: UUID) -> list[Words] | None:
    """Everything that was said and shown in a room, newest first, for many who look at once; None when it is too much."""
    rows = _words(session_id, CHAT_KINDS + SHOWN_KINDS).values_list("audience", "number", "kind", "body")
    found = list(rows[: MOST_WORDS + 1])
    return found if len(found) <= MOST_WORDS else None


def latest_chat(
    session_id: UUID,
    audiences: Collection[str],
    heads: Mapping[str, int],
    words: list[Words] | None = None,
) -> tuple[AnyEvent, ...]:
    """The latest messages that these audiences heard, up to their head numbers, oldest first."""
    return _latest(session_id, audiences, heads, words, kinds=CHAT_KINDS, most=CHAT_TAIL)


def latest_words(
    session_id: UUID,
    audiences: Collection[str],
    heads: Mapping[str, int],
    words: list[Words] | None = None,
) -> tuple[AnyEvent, ...]:
    """The latest polls, texts and round answers that these audiences heard, oldest first."""
    return _latest(session_id, audiences, heads, words, kinds=SHOWN_KINDS, most=MOST_SHOWN)


def _words(session_id: UUID, kinds: tuple[str, ...]) -> QuerySet[RoomEvent]:
    kept = RoomEvent.objects.filter(session_id=session_id, kind__in=kinds).exclude(body=b"")
    return kept.order_by("-id")


def _latest(
    session_id: UUID,
    audiences: Collection[str],
    heads: Mapping[str, int],
    words: list[Words] | None,
    *,
    kinds: tuple[str, ...],
    most: int,
) -> tuple[AnyEvent, ...]:
    if words is None:
        heard = Q(pk__in=[])
        for audience in audiences:
            heard |= Q(audience=audience, number__lte=heads.get(audience, 0))
        rows = _words(session_id, kinds).filter(heard)
        words = list(rows.values_list("audience", "number", "kind", "body")[:most])
    mine = [
        (audience, number, body)
        for audience, number, kind, body in words
        if audience in audiences and kind in kinds and number <= heads.get(audience, 0)
    ][:most]
    said = [_said(place(session_id, audience, number), bytes(body)) for audience, number, body in mine]
    return tuple(reversed(said))


@lru_cache(maxsize=4096)
def _said(where: str, body: bytes) -> AnyEvent:
    """A line that everybody who joins is shown; it is opened once.

    The stored bytes are the key, so a message that is no longer kept is never answered from here.
    """
    return read(sealed.unseal(body, place=where))


def read(frame: str) -> AnyEvent:
    """The event in a frame of the log."""
    return EVENTS.validate_python(event_fields(json.loads(frame)))


def _open(session_id: UUID, rows: Iterable[RoomEvent]) -> list[Line]:
    lines = []
    for row in rows:
        if not row.body:  # chat whose time of keeping is over: the number stays, the words are gone
            frame = wire(Forgotten(audience=row.audience, number=row.number))
        else:
            frame = sealed.unseal(bytes(row.body), place=place(session_id, row.audience, row.number))
        lines.append(Line(row.audience, row.number, row.kind, frame))
    return lines
