"""Picture and sound through a LiveKit server: tokens for browsers, its RoomService for us, its webhooks checked.

Our pages use LiveKit's own client with these grants, and so can any other app.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from sessions_app.room.media import jwt
from sessions_app.room.media.backend import relays
from sessions_app.room.media.calls import post
from sessions_app.room.media.grants import GRANT_LIFE, Grant, Participant, Seat, Source
from sessions_app.room.media.janus_marks import belongs, room_name, side_of

MOST_CAMERAS = 12
CALL_LIFE = timedelta(minutes=1)
SOURCES: Final[dict[Source, str]] = {"mic": "microphone", "camera": "camera", "screen": "screen_share"}
IN_LISTS: Final[dict[Source, str]] = {"mic": "MICROPHONE", "camera": "CAMERA", "screen": "SCREEN_SHARE"}


@dataclass(frozen=True, slots=True)
class LiveKitSettings:
    """Where a LiveKit server is, and the key pair we share with it."""

    url: str
    """The WebSocket address browsers use; its service answers at the same place over http(s)."""
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Happened:
    """What a webhook told: `kind` as LiveKit names it, and who in which room."""

    kind: str
    room: str
    person: str


class LiveKit:
    """One LiveKit server. A token fits one person and one room; the server holds everybody to theirs."""

    guarded = True

    def __init__(self, settings: LiveKitSettings) -> None:
        self._settings = settings

    def grant(self, seat: Seat, *, now: datetime) -> Grant:
        """A token for this person and room. Needs no call: the room is made when somebody enters."""
        room, expires = room_name(seat.session, seat.side), now + GRANT_LIFE
        may = {
            "room": room,
            "roomJoin": True,
            "canSubscribe": True,
            "canPublish": bool(seat.may_publish),
            "canPublishData": False,
            "canPublishSources": [SOURCES[source] for source in seat.may_publish],
        }
        return Grant(
            kind="livekit",
            url=self._settings.url,
            room=room,
            peer=seat.person,
            token=self._token({"sub": seat.person, "video": may}, now=now, life=GRANT_LIFE),
            ice=relays(seat.person, expires=expires),
            may_publish=seat.may_publish,
            most_cameras=MOST_CAMERAS,
            expires=expires,
        )

    def mute(self, session: UUID, person: str, source: Source, *, on: bool = True) -> None:
        """Stops the tracks of one source. Letting through again is the person's own act, as the room's rules have it."""
        if not on:
            return
        for room in self._rooms(session):
            for one in self._inside(room):
                for track in one.get("tracks", []) if one["identity"] == person else []:
                    if track.get("source") == IN_LISTS[source] and not track.get("muted"):
                        self._ask(
                            "MutePublishedTrack", room, identity=person, track_sid=track["sid"], muted=True
                        )

    def remove(self, session: UUID, person: str) -> None:
        """Puts the person out of every room of the session in which they are."""
        for room in self._rooms(session):
            if any(one["identity"] == person for one in self._inside(room)):
                self._ask("RemoveParticipant", room, identity=person)

    def expel(self, session: UUID, participant: Participant) -> None:
        """The server knows people by what their tokens say: the name is the person."""
        self.remove(session, participant.peer)

    def close(self, session: UUID) -> None:
        """Ends the session's rooms."""
        for room in self._rooms(session):
            self._ask("DeleteRoom", room)

    def participants(self, session: UUID) -> list[Participant]:
        """Everybody in the session's room and side rooms."""
        return [
            Participant(peer=one["identity"], person=one["identity"], side=side_of(room, session))
            for room in self._rooms(session)
            for one in self._inside(room)
        ]

    def _inside(self, room: str) -> list[dict[str, Any]]:
        return list(self._ask("ListParticipants", room).get("participants", []))

    def _rooms(self, session: UUID) -> list[str]:
        found = self._call("ListRooms", {}, {"roomList": True}).get("rooms", [])
        return [one["name"] for one in found if belongs(one["name"], session)]

    def _ask(self, method: str, room: str, **fields: object) -> dict[str, Any]:
        return self._call(
            method, {"room": room, **fields}, {"roomAdmin": True, "roomCreate": True, "room": room}
        )

    def _call(self, method: str, body: dict[str, object], may: dict[str, object]) -> dict[str, Any]:
        token = self._token({"video": may}, now=timezone.now(), life=CALL_LIFE)
        place = self._settings.url.replace("ws", "http", 1).rstrip("/")
        return post(
            f"{place}/twirp/livekit.RoomService/{method}", body, headers={"Authorization": f"Bearer {token}"}
        )

    def _token(self, claims: dict[str, object], *, now: datetime, life: timedelta) -> str:
        times = {"nbf": int(now.timestamp()), "exp": int((now + life).timestamp())}
        return jwt.sign({"iss": self._settings.key, **times, **claims}, self._settings.secret)


def happened(settings: LiveKitSettings, body: bytes, token: str, *, now: datetime) -> Happened:
    """What a webhook tells, once it is known to come from our server and to be whole.

    Raises jwt.BadTokenError when the token is not by our key pair or is for another body.
    """
    claims = jwt.read(token, settings.secret, now=now)
    mark = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if claims.get("iss") != settings.key or not hmac.compare_digest(str(claims.get("sha256", "")), mark):
        raise jwt.BadTokenError("body")
    try:
        told = json.loads(body)
        person = told.get("participant", {}).get("identity", "")
        return Happened(str(told["event"]), str(told.get("room", {}).get("name", "")), str(person))
    except (ValueError, KeyError, AttributeError) as error:
        raise jwt.BadTokenError("form") from error
