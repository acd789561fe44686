"""From browser to browser: nothing to install, for small groups. The room only passes signals on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from sessions_app.room.media.backend import relays
from sessions_app.room.media.grants import GRANT_LIFE, Grant, Participant, Seat, Source

MOST_CAMERAS = 4
"""Every browser sends its picture to every other: more than four cameras are more than a phone can carry."""


class Mesh:
    """No server of its own: browsers drop whom the room removed, and silence whom it muted, by the room's events."""

    guarded = False

    def grant(self, seat: Seat, *, now: datetime) -> Grant:
        """Relays with credentials for this person; nothing else is needed."""
        expires = now + GRANT_LIFE
        return Grant(
            kind="mesh",
            ice=relays(seat.person, expires=expires),
            relay_only=settings.MEDIA_RELAY_ONLY,
            may_publish=seat.may_publish,
            most_cameras=MOST_CAMERAS,
            expires=expires,
        )

    def mute(self, session: UUID, person: str, source: Source, *, on: bool = True) -> None:
        """Every browser does it."""

    def remove(self, session: UUID, person: str) -> None:
        """Every browser does it."""

    def expel(self, session: UUID, participant: Participant) -> None:
        """Nobody is anywhere."""

    def close(self, session: UUID) -> None:
        """Every browser does it."""

    def participants(self, session: UUID) -> list[Participant]:
        """Nobody but the browsers knows."""
        return []
