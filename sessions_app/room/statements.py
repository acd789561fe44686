"""The statements of every commit of a room, by hand: prepared once per connection and sent in one go.

A batch costs three turns to the database: everything it must know, everything it writes, the commit. They run on Django's own
connection, inside its transaction and behind the same row-level security as the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor

from sessions_app.room import access, kept
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.arrays import array, columns
from sessions_app.room.kept import NewState, Remembered, StateRow, Stored
from sessions_app.room.models import CommandResult, RoomEvent
from vio.common.errors import NotFoundError
from vio.common.scope import in_view


@dataclass(frozen=True, slots=True)
class Answered:
    """A command that was answered before."""

    session_id: UUID
    person_id: UUID
    command_id: UUID
    numbers: dict[str, int]
    error_code: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch must know: the locked rooms, what was answered before, who may still be here."""

    rows: list[StateRow]
    answered: list[Answered]
    standings: list[Standing | AccessError]


def read(
    *,
    sessions: Collection[UUID],
    programs: Collection[UUID],
    commands: Collection[tuple[UUID, UUID, UUID]],
    tickets: Sequence[Ticket],
    now: datetime,
) -> Found:
    """Locks the rooms' state rows, in the order of their ids so that two batches never wait for each other.

    `commands` are (session, person, command). To the end of the transaction, or until `leave_scope`, only rows of these
    programs are seen. A room nobody touched yet gets its row. Raises NotFoundError for a session that is not there.
    """
    remembered = kept.memory.of(sessions)
    with _together() as asked:
        asked(_SCOPE, [",".join(str(program) for program in programs)])
        standings = asked(access._QUERY, access.query_values(tickets, now=now)) if tickets else None
        locked = asked(_LOCK, _wanted(sessions, remembered))
        known = asked(_ANSWERED, columns(commands, 3)) if commands else None
    rows = _rooms(locked, remembered)
    if len(rows) < len(sessions):
        rows = _made(sessions, {row.session_id for row in rows})
    return Found(
        rows,
        [Answered(row[0], row[1], row[2], _json(row[3]), row[4]) for row in known.fetchall()]
        if known
        else [],
        access.judged(standings, len(tickets), now=now) if standings else [],
    )


def write(
    *, events: Sequence[RoomEvent], results: Sequence[CommandResult], states: Sequence[NewState]
) -> None:
    """Appends log lines and answers, and keeps the new states; where only numbers moved the document stays. One statement."""
    values = [
        *_columns(events, "session_id program_id audience number kind body at"),
        *_columns(results, "session_id program_id person_id command_id error_code at"),
        array([json.dumps(row.numbers) for row in results]),
        *_columns(states, "session_id version changed_at"),
        array([json.dumps(row.heads) for row in states]),
        array([json.dumps(row.stored.document) if row.changed else None for row in states]),
    ]
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        written = Cursor(connection.connection).execute(_WRITE, values, prepare=True).fetchall()
    stored = {row.session_id: row.stored for row in states}
    for session_id, mark in written:
        kept.memory.keep(session_id, mark, stored[session_id])


def leave_scope() -> None:
    """Back to the programs that were seen before `read`, in a transaction that goes on."""
    with _together() as asked:
        asked(_SCOPE, [in_view()])


# --- sending in one go ------------------------------------------------------------------------------------------


class _together:  # noqa: N801  # reads as the word it is
    """A pipeline on Django's connection: statements are sent without waiting and answered together at the end.

    Errors come as Django's own, as from the ORM.
    """

    def __enter__(self) -> Any:
        connection.ensure_connection()
        self._errors: Any = DatabaseErrorWrapper(connection)
        self._errors.__enter__()
        self._pipeline = connection.connection.pipeline()
        self._pipeline.__enter__()
        return self._ask

    def _ask(self, statement: str, values: Sequence[object]) -> Cursor[Any]:
        cursor: Cursor[Any] = Cursor(connection.connection)
        return cursor.execute(statement, values, prepare=True)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            self._pipeline.__exit__(kind, error, trace)
        except Exception as late:
            self._errors.__exit__(type(late), late, late.__traceback__)
            raise
        self._errors.__exit__(kind, error, trace)


def _wanted(sessions: Collection[UUID], remembered: Remembered) -> list[str]:
    keys = sorted(sessions)
    return [array(keys), array([remembered[key][0] if key in remembered else "" for key in keys])]


def _rooms(locked: Cursor[Any], remembered: Remembered) -> list[StateRow]:
    rows = []
    for session, program, version, state, heads in locked.fetchall():
        # No state: the row is the one we wrote ourselves.
        stored = remembered[session][1] if state is None else Stored.read(_json(state))
        rows.append(StateRow(session, program, version, _json(heads), stored))
    return rows


def _made(sessions: Collection[UUID], there: Collection[UUID]) -> list[StateRow]:
    from sessions_app.room.services import room_row

    for session_id in sorted(set(sessions) - set(there)):
        room_row(session_id)
    with _together() as asked:
        locked = asked(_LOCK, _wanted(sessions, {}))
    rows = _rooms(locked, {})
    if len(rows) < len(sessions):
        raise NotFoundError
    return rows


def _json(value: Any) -> Any:
    """A jsonb column, whether the connection hands out text or values."""
    return json.loads(value) if isinstance(value, str | bytes) else value


def _columns(rows: Sequence[Any], names: str) -> list[str]:
    return [array([getattr(row, name) for row in rows]) for name in names.split()]


_SCOPE = "SELECT set_config('vio.programs', %s, true)"

_LOCK = """
SELECT r.session_id, r.program_id, r.version,
  CASE WHEN r.xmin::text || '/' || extract(epoch FROM r.changed_at) IS DISTINCT FROM known.mark THEN r.state END, r.heads
FROM unnest(%s::uuid[], %s::text[]) AS known (session_id, mark)
JOIN sessions_app_roomstate r USING (session_id) ORDER BY r.session_id FOR UPDATE OF r"""

_ANSWERED = """
SELECT r.session_id, r.person_id, r.command_id, r.numbers, r.error_code
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS asked (session_id, person_id, command_id)
JOIN sessions_app_commandresult r USING (session_id, person_id, command_id)"""

_WRITE = """
WITH events AS (
  INSERT INTO sessions_app_roomevent (session_id, program_id, audience, number, kind, body, at)
  SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[])
), results AS (
  INSERT INTO sessions_app_commandresult (session_id, program_id, person_id, command_id, error_code, at, numbers)
  SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::jsonb[])
)
UPDATE sessions_app_roomstate AS room SET version = new.version, changed_at = new.at, heads = new.heads,
  state = coalesce(new.state, room.state)
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[], %s::jsonb[], %s::jsonb[])
  AS new (session_id, version, at, heads, state)
WHERE room.session_id = new.session_id
RETURNING room.session_id, room.xmin::text || '/' || extract(epoch FROM room.changed_at)"""
