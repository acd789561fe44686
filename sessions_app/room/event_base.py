"""What every event has: when it happened and who hears it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from sessions_app.room.words import Hears, PersonId, SideKey


class Event(BaseModel):
    """Base of everything that happened in a room. ``at`` is the server's clock (AT-7)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    hears: ClassVar[Hears]

    at: datetime

    @property
    def audience(self) -> str:
        """The log's audience: ``room``, ``staff`` or ``person:<id>``."""
        return self.hears.value


class ForRoom(Event):
    """Everybody in the room hears it."""

    hears: ClassVar[Hears] = Hears.ROOM


class RoomBy(ForRoom):
    """For the room, by somebody or by the clock."""

    by: PersonId | None = None


class RoomAbout(ForRoom):
    """For the room, about one person."""

    person: PersonId


class ForStaff(Event):
    """The staff hear it; about one person."""

    hears: ClassVar[Hears] = Hears.STAFF
    person: PersonId


class ForPerson(Event):
    """One person hears it."""

    hears: ClassVar[Hears] = Hears.PERSON
    person: PersonId

    @property
    def audience(self) -> str:
        """The one person this is for."""
        return f"person:{self.person}"


class ForSide(Event):
    """Those in one side room hear it."""

    hears: ClassVar[Hears] = Hears.SIDE
    side: SideKey

    @property
    def audience(self) -> str:
        """The one side room this is for."""
        return f"side:{self.side}"
