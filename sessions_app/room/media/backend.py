"""What the room asks of whatever carries picture and sound, and the one that is set."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings

from sessions_app.room.media.grants import Grant, IceServer, Participant, Seat, Source
from sessions_app.room.media.turn import servers


class MediaUnavailableError(Exception):
    """The media server did not answer, or refused. The room goes on; the browser asks again."""


class MediaBackend(Protocol):
    """One way to carry picture and sound. Calls block for up to a few seconds and may be repeated: the same call again
    changes nothing. Each raises MediaUnavailableError when its server cannot be reached.
    """

    guarded: bool
    """Whether there is a server that must be told of removals and mutes. Between browsers alone there is none: they
    follow the room's events by themselves."""

    def grant(self, seat: Seat, *, now: datetime) -> Grant:
        """A grant for ten minutes that fits this session and person."""
        ...

    def mute(self, session: UUID, person: str, source: Source, *, on: bool = True) -> None:
        """Stops what this person sends from one source, or (`on` false) lets it through again."""
        ...

    def remove(self, session: UUID, person: str) -> None:
        """Ends this person's part at once, and what they were granted with it."""
        ...

    def expel(self, session: UUID, participant: Participant) -> None:
        """Ends the part of somebody who has no place in the room, under whatever name they are there."""
        ...

    def close(self, session: UUID) -> None:
        """Ends the session's room with everybody in it."""
        ...

    def participants(self, session: UUID) -> list[Participant]:
        """Everybody connected to the session's room now."""
        ...


def backend() -> MediaBackend:
    """The backend that VIO_MEDIA names."""
    if settings.MEDIA_KIND == "janus":
        from sessions_app.room.media.janus import Janus, JanusSettings

        return Janus(JanusSettings(**settings.MEDIA_JANUS))
    if settings.MEDIA_KIND == "livekit":
        from sessions_app.room.media.livekit import LiveKit, LiveKitSettings

        return LiveKit(LiveKitSettings(**settings.MEDIA_LIVEKIT))
    from sessions_app.room.media.mesh import Mesh

    return Mesh()


def relays(person: str, *, expires: datetime) -> tuple[IceServer, ...]:
    """The configured relays with credentials for one person."""
    return servers(settings.TURN_URLS, person, secret=settings.TURN_SECRET, expires=expires)
