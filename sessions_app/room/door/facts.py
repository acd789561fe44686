"""What staff see of a client who is at the door: a value that travels with the arrival. No database here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

StateCode = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")]
"""A state's two letters; empty when it is not known."""


class Check(StrEnum):
    """How one part of the tech check went."""

    OK = "ok"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class DoorFacts(BaseModel):
    """The state a client is in tonight, whether somebody who leads is licensed there, and how their device did.

    Never the address, the contact or the name of a device: those are read from their own tables, by staff.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: StateCode = ""
    licensed: bool = True
    sound_only: bool = False
    camera: Check = Check.SKIPPED
    microphone: Check = Check.SKIPPED
    speaker: Check = Check.SKIPPED
    connection: Check = Check.SKIPPED
