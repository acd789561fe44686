"""Picture and sound through a Janus server (VideoRoom plugin), governed through its admin interface.

Rooms are made when somebody is first let in, and can be entered only with an entry on the room's list. Whoever is
removed loses the entry and is put out, with everything they receive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sessions_app.room.media import janus_marks as marks
from sessions_app.room.media.backend import MediaUnavailableError, relays
from sessions_app.room.media.calls import post
from sessions_app.room.media.grants import GRANT_LIFE, Grant, Participant, Seat, Source

MOST_CAMERAS = 12
MOST_PEOPLE = 60
BITRATE = 1_000_000
LINES: Final[dict[Source, str]] = {"mic": "0", "camera": "1", "screen": "2"}
"""The fixed lines in which every browser sends."""
NO_SUCH_ROOM, ALREADY_THERE, NO_SUCH_FEED = 426, 427, 428


@dataclass(frozen=True, slots=True)
class JanusSettings:
    """Where a Janus server is and what opens it."""

    url: str
    """The WebSocket address browsers use."""
    admin_url: str
    admin_secret: str
    token_secret: str
    room_key: str


class JanusRefusedError(MediaUnavailableError):
    """Janus refused a request; `code` is its own."""

    def __init__(self, code: int) -> None:
        super().__init__(f"janus {code}")
        self.code = code


class Janus:
    """One Janus server. It holds nothing but media: what it should hold follows from the room."""

    guarded = True

    def __init__(self, settings: JanusSettings) -> None:
        self._settings = settings

    def grant(self, seat: Seat, *, now: datetime) -> Grant:
        """Opens the room if need be, puts the person on its list, and hands out what opens both doors."""
        room, expires = marks.room_name(seat.session, seat.side), now + GRANT_LIFE
        secret = self._settings.token_secret
        entry = marks.entry(secret, room, seat.person)
        self._open(room, entry)
        self._ask(room, "allowed", action="add", allowed=[entry])
        return Grant(
            kind="janus",
            url=self._settings.url,
            room=room,
            peer=marks.peer(secret, room, seat.person),
            token=marks.token(secret, expires=expires),
            entry=entry,
            ice=relays(seat.person, expires=expires),
            may_publish=seat.may_publish,
            most_cameras=MOST_CAMERAS,
            expires=expires,
        )

    def mute(self, session: UUID, person: str, source: Source, *, on: bool = True) -> None:
        """Stops (or lets through again) one line of what this person sends, at the server."""
        for room in self._rooms(session):
            name = marks.peer(self._settings.token_secret, room, person)
            self._unless_gone(room, "moderate", id=name, mid=LINES[source], mute=on)

    def remove(self, session: UUID, person: str) -> None:
        """Takes the entry off the lists first, so that nobody comes back in between, then puts the person out."""
        for room in self._rooms(session):
            self._put_out(room, person, marks.peer(self._settings.token_secret, room, person))

    def expel(self, session: UUID, participant: Participant) -> None:
        """Puts somebody out by the name under which they are there, whoever made it."""
        for room in self._rooms(session):
            self._put_out(room, participant.person, participant.peer)

    def close(self, session: UUID) -> None:
        """Ends the session's rooms."""
        for room in self._rooms(session):
            self._unless_gone(room, "destroy")

    def participants(self, session: UUID) -> list[Participant]:
        """Everybody in the session's room and side rooms."""
        return [found for room in self._rooms(session) for found in self._inside(session, room)]

    def _put_out(self, room: str, person: str, name: str) -> None:
        entry = marks.entry(self._settings.token_secret, room, person)
        self._unless_gone(room, "allowed", action="remove", allowed=[entry])
        self._unless_gone(room, "kick", id=name)

    def _inside(self, session: UUID, room: str) -> Iterator[Participant]:
        found = self._unless_gone(room, "listparticipants")
        for one in found.get("participants", []):
            side = marks.side_of(room, session)
            yield marks.participant(self._settings.token_secret, room, str(one["id"]), side=side)

    def _rooms(self, session: UUID) -> list[str]:
        found = self._request({"request": "list", "admin_key": self._settings.room_key})
        names = [str(one["room"]) for one in found.get("list", [])]
        return [name for name in names if marks.belongs(name, session)]

    def _open(self, room: str, entry: str) -> None:
        try:
            self._request(
                {
                    "request": "create",
                    "admin_key": self._settings.room_key,
                    "room": room,
                    "secret": self._secret(room),
                    "is_private": True,
                    "require_pvtid": True,  # who is put out stops receiving too
                    "publishers": MOST_PEOPLE,
                    "bitrate": BITRATE,
                    "audiocodec": "opus",
                    "videocodec": "vp8",
                    "fir_freq": 10,
                    "allowed": [entry],
                    "record": False,
                    "lock_record": True,
                }
            )
        except JanusRefusedError as refusal:
            if refusal.code != ALREADY_THERE:
                raise

    def _secret(self, room: str) -> str:
        return marks.entry(self._settings.room_key, room, "server")

    def _unless_gone(self, room: str, request: str, **fields: object) -> dict[str, Any]:
        """The same, where the room or the person being gone already is as good as done."""
        try:
            return self._ask(room, request, **fields)
        except JanusRefusedError as refusal:
            if refusal.code not in {NO_SUCH_ROOM, NO_SUCH_FEED}:
                raise
            return {}

    def _ask(self, room: str, request: str, **fields: object) -> dict[str, Any]:
        return self._request({"request": request, "room": room, "secret": self._secret(room), **fields})

    def _request(self, request: dict[str, object]) -> dict[str, Any]:
        body = {
            "janus": "message_plugin",
            "transaction": uuid4().hex,
            "admin_secret": self._settings.admin_secret,
            "plugin": marks.PLUGIN,
            "request": request,
        }
        answer = post(self._settings.admin_url, body)
        if answer.get("janus") != "success":
            raise JanusRefusedError(int(answer.get("error", {}).get("code", 0)))
        found: dict[str, Any] = answer.get("response", {})
        if "error_code" in found:
            raise JanusRefusedError(int(found["error_code"]))
        return found
