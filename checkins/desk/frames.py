"""What travels on the desk's socket. Up: a heartbeat. Down: that something happened, by id; the page fetches it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class DeskPing(BaseModel):
    """The heartbeat of an open desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["ping"] = "ping"
    id: UUID


class Resend(BaseModel):
    """Asks to be told to look, for a page that may have missed something."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["look"] = "look"
    id: UUID


DeskCommand: TypeAlias = DeskPing | Resend
COMMANDS: TypeAdapter[DeskCommand] = TypeAdapter(Annotated[DeskCommand, Field(discriminator="type")])


class DeskPong(BaseModel):
    """The heartbeat's answer; `live` says whether bells can be heard just now."""

    type: Literal["pong"] = "pong"
    id: UUID
    live: bool


class Rang(BaseModel):
    """Something this person may see has changed: an alert, a miss, a session; or "look", when it is not known what."""

    type: Literal["desk.rang"] = "desk.rang"
    kind: Literal["alert", "miss", "session", "look"]
    id: str = ""


class DeskError(BaseModel):
    """A frame that was refused; the socket stays open."""

    type: Literal["error"] = "error"
    id: str | None
    code: str
    message: str
