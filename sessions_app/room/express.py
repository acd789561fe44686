"""The short way of a commit: one question to the database instead of three, asked by the event loop itself.

Most of what people do in a room changes nothing that this process does not know: it wrote the room's row last, and it asked a
moment ago who may be here. So the rules are applied to what is remembered, and one statement locks the rows, tests that all of it
still holds (the rows' marks, everybody's standing word for word, that no command was answered before), writes, and commits. Where
anything is otherwise it writes nothing, and the batch goes the long way (`services.apply_commands`), which reads first. Both are
behind the same row-level security, and a command carried out by a line that then broke is a repeat on the long way (RT-2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from sessions_app.room import access, kept, statements
from sessions_app.room.access import Ticket
from sessions_app.room.arrays import array
from sessions_app.room.batch import Entry, RoomInWork
from sessions_app.room.kept import NewState
from sessions_app.room.services import TOGETHER, Applied, Rooms, follows, take_all, ticket_of
from vio.common.pipeline import PipelineConnection, QuestionFailedError

MOST = 64
"""Entries in one batch: the rules are applied in the loop, where nothing else happens meanwhile."""


class Express:
    """The short way of one process."""

    def __init__(self) -> None:
        self._line = PipelineConnection({"scope": _SCOPE, "express": _EXPRESS})

    async def apply(self, entries: Sequence[Entry], *, now: datetime) -> Applied | None:
        """Applies a batch as `services.apply_commands` would, or None: nothing was done, or nobody knows.

        Entries without a command's id go the long way, because only a command can safely be applied twice.
        """
        if len(entries) > MOST or not self._line.is_ready():
            return None
        if any(isinstance(entry.what, TOGETHER) for entry in entries):
            return None
        tickets = list(dict.fromkeys(ticket for entry in entries if (ticket := ticket_of(entry))))
        rooms = _rooms(entries, now)
        foreseen = access.foreseen(tickets, now=now)
        if foreseen is None or rooms is None or any(entry.command_id is None for entry in entries):
            return None
        standings, texts = foreseen
        outcomes = take_all(
            entries, [now] * len(entries), rooms, {}, dict(zip(tickets, standings, strict=True))
        )
        work = list(rooms.values())
        if any(room.evidence or room.audits or not room.results or follows(room) for room in work):
            return None
        states = [room.new_state() for room in work if room.rows or room.state_changed]
        if not await self._write(work, states, tickets, texts, now):
            return None
        return Applied(outcomes, [room.written() for room in work if room.rows])

    def close(self) -> None:
        """Gives the line back."""
        self._line.close()

    async def _write(
        self,
        work: list[RoomInWork],
        states: list[NewState],
        tickets: list[Ticket],
        texts: list[str],
        now: datetime,
    ) -> bool:
        """Whether everything still held and is committed."""
        known = kept.memory.of(room.row.session_id for room in work)
        values = [
            array([room.row.session_id for room in work]),
            array([known[room.row.session_id][0] if room.row.session_id in known else "" for room in work]),
            *(str(value) for value in access.query_values(tickets, now=now)),
            array(texts),
            *statements.written_values(
                [row for room in work for row in room.rows],
                [row for room in work for row in room.results],
                states,
            ),
        ]
        programs = ",".join({str(room.row.program_id) for room in work})
        try:
            answer = await self._line.ask([("scope", [programs]), ("express", values)])
        except QuestionFailedError:
            return False
        if not answer or answer[0][0] != "t":
            return False
        rows = {str(new.row.session_id): new.row for new in states}
        for _, session, mark in answer:
            if session is not None and mark is not None:
                kept.memory.keep(mark, rows[session])
        return True


def _rooms(entries: Sequence[Entry], now: datetime) -> Rooms | None:
    """The rooms as this process wrote them last; None when one of them is not remembered."""
    sessions = {entry.session_id for entry in entries}
    known = kept.memory.of(sessions)
    if len(known) < len(sessions):
        return None
    return {session: RoomInWork(row, now) for session, (_, row) in known.items()}


def _numbered(statement: str) -> str:
    """%s one after the other as $1, $2, …, as the server itself names values."""
    numbers = count(1)
    first, *others = statement.split("%s")
    return first + "".join(f"${next(numbers)}{part}" for part in others)


_SCOPE = "SELECT set_config('vio.programs', $1, true)"

_EXPRESS = _numbered(f"""
WITH known AS (
  SELECT * FROM unnest(%s::uuid[], %s::text[]) AS known (session_id, mark)
), locked AS (
  SELECT {statements.MARK} = known.mark AS same
  FROM known JOIN sessions_app_roomstate r USING (session_id) ORDER BY r.session_id FOR UPDATE OF r
), fine AS MATERIALIZED (
  SELECT (SELECT count(*) FROM locked WHERE same) = (SELECT count(*) FROM known)
    AND coalesce((SELECT array_agg(q.text ORDER BY q.number) FROM ({access.QUERY}) q), '{{}}') = %s::text[] AS ok
), {statements.WRITES}
SELECT fine.ok, written.session_id, written.mark FROM fine LEFT JOIN written ON true""")  # noqa: S608  # put together from the house's own words
