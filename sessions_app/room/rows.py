"""The rows a batch writes, each in the order of its table's columns. Made by the thousand, so they are plain tuples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class EventRow(NamedTuple):
    """A line of the log; `body` is sealed (see `models.RoomEvent`)."""

    session_id: UUID
    program_id: UUID
    audience: str
    number: int
    kind: str
    body: bytes
    at: datetime


class AnswerRow(NamedTuple):
    """A command's first answer; `numbers` is JSON (see `models.CommandResult`)."""

    session_id: UUID
    program_id: UUID
    person_id: UUID
    command_id: UUID
    error_code: str
    at: datetime
    numbers: str


class EvidenceRow(NamedTuple):
    """A proven fact about a connection (see `models.PresenceEvidence`)."""

    session_id: UUID
    program_id: UUID
    person_id: UUID
    client_id: UUID | None
    connection: UUID
    kind: str
    cause: str
    at: datetime


def numbers_text(numbers: Mapping[str, int]) -> str:
    """{audience: number} as JSON; audiences are words and ids, which need no escaping."""
    return "{" + ",".join([f'"{audience}":{number}' for audience, number in numbers.items()]) + "}"
