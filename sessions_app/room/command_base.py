"""What every command has: an id, no unknown fields, and whether it lasts."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sessions_app.room.words import PersonId

Number = Annotated[int, Field(ge=0, le=2**53)]
Numbers = Annotated[dict[Annotated[str, StringConstraints(max_length=48)], Number], Field(max_length=4)]


class Command(BaseModel):
    """Base of everything a browser may say. ``id`` makes a repeat harmless (RT-2)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    lasting: ClassVar[bool] = True
    """Whether the command goes through the rules into the log; passing ones never touch the database."""

    id: UUID


class PassingCommand(Command):
    """Base of what is worth nothing a moment later."""

    lasting: ClassVar[bool] = False


class AboutClient(Command):
    """Base of what staff do about one client."""

    person: PersonId
