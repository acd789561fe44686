"""What opens a Janus server and its rooms: names and marks that only we can make. Pure.

A token lets a browser talk to the server until it expires; an entry lets one person into one room until it is taken off
the room's list; a peer's name holds the person's id and a mark, so that nobody can pass for somebody else for long.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from sessions_app.room.media.grants import Participant

PLUGIN = "janus.plugin.videoroom"


def room_name(session: UUID, side: str = "") -> str:
    """The room of a session, or of one of its side rooms."""
    return f"{session}-{side}" if side else str(session)


def belongs(room: str, session: UUID) -> bool:
    """Whether a room is the session's own or one of its side rooms."""
    return room == str(session) or room.startswith(f"{session}-")


def token(secret: str, *, expires: datetime) -> str:
    """The server's own signed token: for the video rooms alone, until `expires`."""
    head = f"{int(expires.timestamp())},janus,{PLUGIN}"
    mark = hmac.new(secret.encode(), head.encode(), hashlib.sha1).digest()  # Janus fixes SHA-1
    return f"{head}:{base64.b64encode(mark).decode()}"


def entry(secret: str, room: str, person: str) -> str:
    """What the room's list must hold for this person to come in."""
    return _mark(secret, f"entry:{room}:{person}")


def peer(secret: str, room: str, person: str) -> str:
    """The name under which a person is in a room."""
    return f"{person}~{_mark(secret, f'peer:{room}:{person}')[:16]}"


def side_of(room: str, session: UUID) -> str:
    """The side room a room's name stands for; empty for the session's own."""
    return room.removeprefix(str(session)).removeprefix("-")


def participant(secret: str, room: str, name: str, *, side: str) -> Participant:
    """Who stands behind a name; nobody when the name was not made here for this room."""
    person = name.partition("~")[0]
    known = hmac.compare_digest(peer(secret, room, person).encode(), name.encode())
    return Participant(peer=name, person=person if known else "", side=side)


def _mark(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
