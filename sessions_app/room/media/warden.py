"""Sees to it that a media server holds nobody whom the room does not, and silences whom the room muted.

Told of the room's events it acts at once; every two seconds it looks by itself, so that neither a lost call, a stopped
process nor a forged name leaves anybody in. Without a media server it does nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sessions_app.room import log
from sessions_app.room.log import Line
from sessions_app.room.media.backend import MediaBackend, MediaUnavailableError, backend
from sessions_app.room.media.grants import Participant
from sessions_app.room.state import Room
from sessions_app.room.threads import DatabaseThreads
from sessions_app.room.words import Phase, Place
from vio.common import logs
from vio.common.scope import every_program

_log = logs.log(__name__)
GONE = frozenset({"client.left", "staff.left", "client.removed"})
MARKED = frozenset(
    {
        "client.muted",
        "client.unmuted",
        "everyone.muted",
        "client.camera_stopped",
        "client.camera_resumed",
        "share.changed",
        "you.moved",
    }
)


class Warden:
    """One per hub. Its work waits in threads of its own."""

    def __init__(self, threads: DatabaseThreads, later: Callable[[Any], asyncio.Task[Any]]) -> None:
        self._threads = threads
        self._later = later
        self.backend: MediaBackend = backend()

    def heard(self, session: UUID, line: Line) -> None:
        """One event of the room, as it is delivered."""
        if not self.backend.guarded:
            return
        if line.kind in GONE:
            self._do(put_out, session, str(json.loads(line.frame)["person"]))
        elif line.kind in MARKED:
            self._do(settle, session, True)
        elif line.kind == "room.ended":
            self._do(end, session)

    async def look(self, sessions: list[UUID]) -> None:
        """One round through the rooms of this process."""
        if self.backend.guarded:
            for session in sessions:
                await self._threads.run(settle, self.backend, session, False)

    def _do(self, work: Callable[..., None], *given: object) -> None:
        self._later(self._threads.run(work, self.backend, *given))


def put_out(server: MediaBackend, session: UUID, person: str) -> None:
    """The person is not in the room any more: nothing is sent or received from here on."""
    try:
        server.remove(session, person)
    except MediaUnavailableError:
        _log.warning("media.not_removed")  # the next look tries again


def end(server: MediaBackend, session: UUID) -> None:
    """The session is over."""
    try:
        server.close(session)
    except MediaUnavailableError:
        _log.warning("media.not_closed")


def settle(server: MediaBackend, session: UUID, lift: bool) -> None:
    """Brings the media server to what the room says now. `lift` also lets through what is not stopped any more."""
    with every_program():
        room = log.moment(session).room
    try:
        for one in server.participants(session):
            if has_place(room, one):
                _mark(server, session, room, one.person, lift)
            else:
                server.expel(session, one)
    except MediaUnavailableError:
        _log.warning("media.not_settled")


def has_place(room: Room, one: Participant) -> bool:
    """Whether the room has a place for somebody, in the side room in which they are."""
    if room.phase is Phase.ENDED or room.place_of(one.person) is not Place.IN:
        return False
    return room.side_of(one.person) == one.side


def _mark(server: MediaBackend, session: UUID, room: Room, person: str, lift: bool) -> None:
    """What staff stopped is stopped at the server too; a client's screen only while sharing is open."""
    role = room.people[person].role
    stopped = {
        "mic": person in room.muted,
        "camera": person in room.cameras_stopped,
        "screen": not role.hosts and not room.share_open,
    }
    for source, is_stopped in stopped.items():
        if is_stopped or lift:
            server.mute(session, person, source, on=is_stopped)  # type: ignore[arg-type]  # the three sources
