"""State rows as they travel between database and rules, and what this process still knows of those it wrote itself.

A room's state is read in every batch and changes in few: chat moves numbers only. A row that has not changed since we wrote it
(PostgreSQL tells by `xmin`, the transaction that wrote it) need not be sent, parsed and checked again. A write that was rolled
back leaves an `xmin` that no row has, so nothing need be taken back here. But a server that was killed, or one that takes over
from it, gives the numbers of transactions that never reached the disk to others; so a row is marked by its `xmin` and the
instant at which it was changed, and both must be ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sessions_app.room.log import room_of
from sessions_app.room.state import Room

MOST = 1_000
"""Rooms remembered; beyond that all are forgotten and read again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a state row holds beside its numbers: the room as a value, and the whole document it stands in."""

    room: Room
    document: Mapping[str, Any]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """A document as it was stored."""
        return cls(room_of(document), document)


@dataclass(frozen=True, slots=True)
class StateRow:
    """A locked state row."""

    session_id: UUID
    program_id: UUID
    version: int
    heads: dict[str, int]
    stored: Stored


@dataclass(frozen=True, slots=True)
class NewState:
    """The row as it is to be kept; `changed` is false when only numbers moved."""

    row: StateRow
    changed_at: datetime
    changed: bool


Remembered = dict[UUID, tuple[str, StateRow]]
"""{session: (mark of the row, the row as we wrote it)}"""


class Memory:
    """What was written last, by the mark of the row that holds it."""

    def __init__(self) -> None:
        self._known: Remembered = {}

    def of(self, sessions: Iterable[UUID]) -> Remembered:
        """Those of these rooms that we remember."""
        known = ((session, self._known.get(session)) for session in sessions)
        return {session: found for session, found in known if found is not None}

    def keep(self, mark: str, row: StateRow) -> None:
        """Remembers what a transaction of ours writes."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[row.session_id] = (mark, row)


memory = Memory()
