"""The statements of every commit of a room, by hand: prepared once per connection and sent in one go.

A batch costs three turns to the database: everything it must know, everything it writes, the commit. They run on Django's own
connection, inside its transaction and behind the same row-level security as the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.utils import DatabaseErrorWrapper
from psycopg import Cursor

from sessions_app.room import access, kept
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.arrays import array, column, columns, instant, key, key_or_null, raw, text
from sessions_app.room.kept import NewState, Remembered, StateRow, Stored
from sessions_app.room.rows import AnswerRow, EventRow, EvidenceRow, numbers_text
from vio.common.errors import NotFoundError
from vio.common.scope import in_view

KEPT_FOR = timedelta(minutes=10)


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
        locked = asked(_LOCK, _wanted(sessions, remembered))
        # After the lock: whoever waits for it is judged by what holds when the waiting is over (AU-7).
        standings = asked(access.QUERY, access.query_values(tickets, now=now)) if tickets else None
        known = asked(_ANSWERED, columns(commands, (key, key, key))) if commands else None
    rows = _rooms(locked, remembered)
    if len(rows) < len(sessions):
        rows = _made(sessions, {row.session_id for row in rows})
    return Found(
        rows,
        [Answered(row[0], row[1], row[2], _json(row[3]), row[4]) for row in known.fetchall()]
        if known
        else [],
        access.judged(standings, tickets, now=now) if standings else [],
    )


def write(*, events: Sequence[EventRow], results: Sequence[AnswerRow], states: Sequence[NewState]) -> None:
    """Appends log lines and answers, and keeps the new states; where only numbers moved the document stays. One statement."""
    values = written_values(events, results, states)
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        written = Cursor(connection.connection).execute(_WRITE, values, prepare=True).fetchall()
    rows = {new.row.session_id: new.row for new in states}
    for session_id, mark in written:
        kept.memory.keep(mark, rows[session_id])


def written_values(
    events: Sequence[EventRow], results: Sequence[AnswerRow], states: Sequence[NewState]
) -> list[str]:
    """What a batch writes, as the arrays that WRITES names: seven of log lines, seven of answers, five of states."""
    rows = [new.row for new in states]
    return [
        *columns(events, _EVENT),
        *columns(results, _ANSWER),
        column([row.session_id for row in rows], key),
        column([row.version for row in rows], str),
        column([new.changed_at for new in states], instant),
        column([numbers_text(row.heads) for row in rows], text),
        array([json.dumps(new.row.stored.document) if new.changed else None for new in states]),
    ]


_EVENT = (key, key, text, str, text, raw, instant)
_ANSWER = (key, key, key, key, text, instant, text)
_EVIDENCE = (key, key, key, key_or_null, key, text, text, instant)


def prove(rows: Sequence[EvidenceRow]) -> None:
    """Appends evidence in one statement; what is there already stays as it is (AT-9)."""
    connection.ensure_connection()
    with DatabaseErrorWrapper(connection):
        Cursor(connection.connection).execute(_PROVE, columns(rows, _EVIDENCE), prepare=True)


def leave_scope() -> None:
    """Back to the programs that were seen before `read`, in a transaction that goes on."""
    with _together() as asked:
        asked(_SCOPE, [in_view()])


def forget_access_changes(*, now: datetime) -> int:
    """Deletes the notes of changed rights that were committed at least ten minutes ago; returns how many.

    A note is marked when it is first seen, because only then is it certain that its change is committed: a transaction may
    have begun long before it ended. Views older than `rights.OLDEST` are not asked with, so no process misses what goes.
    """
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vio_access_change SET seen_at = %s WHERE seen_at IS NULL", [now])
        cursor.execute("DELETE FROM vio_access_change WHERE seen_at < %s", [now - KEPT_FOR])
        return int(cursor.rowcount)


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
        stored = remembered[session][1].stored if state is None else Stored.read(_json(state))
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


_SCOPE = "SELECT set_config('vio.programs', %s, true)"

MARK = "r.xmin::text || '/' || extract(epoch FROM r.changed_at)"
"""What tells one state of a room's row `r` from every other (see `kept`)."""

_LOCK = f"""
SELECT r.session_id, r.program_id, r.version,
  CASE WHEN {MARK} IS DISTINCT FROM known.mark THEN r.state END, r.heads
FROM unnest(%s::uuid[], %s::text[]) AS known (session_id, mark)
JOIN sessions_app_roomstate r USING (session_id) ORDER BY r.session_id FOR UPDATE OF r"""  # noqa: S608  # put together from this module's own words

_ANSWERED = """
SELECT r.session_id, r.person_id, r.command_id, r.numbers, r.error_code
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS asked (session_id, person_id, command_id)
JOIN sessions_app_commandresult r USING (session_id, person_id, command_id)"""

_PROVE = """
INSERT INTO sessions_app_presenceevidence (session_id, program_id, person_id, client_id, connection, kind, cause, at)
SELECT * FROM unnest(
  %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT DO NOTHING"""

_EVENTS = "%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[]"
_RESULTS = "%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::jsonb[]"
_STATES = "%s::uuid[], %s::bigint[], %s::timestamptz[], %s::jsonb[], %s::jsonb[]"


# The values are those of `written_values`; it is written where the table `fine` says `ok`.
WRITES = f"""
events AS (
  INSERT INTO sessions_app_roomevent (session_id, program_id, audience, number, kind, body, at)
  SELECT e.* FROM fine, unnest({_EVENTS}) AS e WHERE fine.ok
), results AS (
  INSERT INTO sessions_app_commandresult (session_id, program_id, person_id, command_id, error_code, at, numbers)
  SELECT a.* FROM fine, unnest({_RESULTS}) AS a WHERE fine.ok
), written AS (
  UPDATE sessions_app_roomstate AS r SET version = new.version, changed_at = new.at, heads = new.heads,
    state = coalesce(new.state, r.state)
  FROM fine, unnest({_STATES}) AS new (session_id, version, at, heads, state)
  WHERE r.session_id = new.session_id AND fine.ok
  RETURNING r.session_id, {MARK} AS mark
)"""  # noqa: S608  # put together from this module's own words

_WRITE = f"""
WITH fine AS (SELECT true AS ok), {WRITES}
SELECT session_id, mark FROM written"""  # noqa: S608  # put together from this module's own words
