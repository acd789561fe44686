"""The short way of a commit: one question to the database instead of three, asked by the event loop itself.

Most of what people do in a room changes nothing that this process does not know: it wrote the room's row last, and it asked a
moment ago who may be here. So the rules are applied to what is remembered, and one statement locks the rows, tests that all of
it still holds (the rows' marks, that nothing was changed that says who may be here, that no command was answered before), writes,
and commits. Where rights were changed, everybody's standing is compared word for word. Where anything is otherwise it writes
nothing, and the batch goes the long way (`services.apply_commands`), which reads first. All are behind the same row-level
security, and a command carried out by a line that then broke is a repeat on the long way (RT-2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Self, cast

from sessions_app.room import access, kept, statements
from sessions_app.room.arrays import array, column, key, text
from sessions_app.room.batch import Entry, Outcome, RoomInWork
from sessions_app.room.kept import Remembered, StateRow
from sessions_app.room.rights import NOT_SEEN, NOW, Recalled, View, rights
from sessions_app.room.services import TOGETHER, Applied, Rooms, follows, questions_of, take_all
from vio.common.logs import log
from vio.common.pipeline import Answer, PipelineConnection, QuestionFailedError, Row, Step

_log = log(__name__)
MOST = 64
"""Entries in one batch: the rules are applied in the loop, where nothing else happens meanwhile."""


Done = Callable[[Applied | None], None]
"""Who is told what became of a batch; None: nothing was done, or nobody knows."""


@dataclass(slots=True)
class _Asked:
    """A batch that the rules were applied to: what is to be written, and what the database must confirm for it."""

    outcomes: list[Outcome]
    work: list[RoomInWork]
    rows: dict[str, StateRow]
    """The new state of each room that gets one, by session."""
    rooms: list[str]
    written: list[str]
    rights: Recalled
    now: datetime
    done: Done
    is_told: bool = False

    @classmethod
    def of(
        cls,
        work: list[RoomInWork],
        known: Remembered,
        *,
        outcomes: list[Outcome],
        rights: Recalled,
        now: datetime,
        done: Done,
    ) -> Self:
        """From the rooms as the rules left them, and as they were known."""
        states = [room.new_state() for room in work if room.rows or room.state_changed]
        written = statements.written_values(
            [row for room in work for row in room.rows],
            [row for room in work for row in room.results],
            states,
        )
        rooms = [
            column([room.row.session_id for room in work], key),
            column([known[room.row.session_id][0] for room in work], text),
            column([room.row.version for room in work], str),
        ]
        rows = {str(new.row.session_id): new.row for new in states}
        return cls(outcomes, work, rows, rooms, written, rights, now, done)

    @property
    def scope(self) -> str:
        """The programs that the statement must see."""
        return ",".join(sorted({str(room.row.program_id) for room in self.work}))

    def finish(self) -> None:
        """Everything still held and is committed."""
        self.tell(Applied(self.outcomes, [room.written() for room in self.work if room.rows]))

    def tell(self, applied: Applied | None) -> None:
        """Tells who waits, once."""
        if not self.is_told:
            self.is_told = True
            self.done(applied)


class Express:
    """The short way of one process."""

    def __init__(self) -> None:
        self._line = PipelineConnection(
            {"scope": _SCOPE, "unchanged": _UNCHANGED, "same": _SAME}, settings=_SETTINGS
        )
        self._scope = (0, "")
        """Which line has which scope set; where that is not sure, it is set again."""

    def begin(self, entries: Sequence[Entry], *, now: datetime, done: Done) -> bool:
        """Begins to apply a batch as `services.apply_commands` would; False when it cannot, and then `done` hears nothing.

        `done` is told in the turn in which the answer is read, and must not raise. Entries without a command's id go the long
        way, because only a command can safely be applied twice.
        """
        if len(entries) > MOST or not self._line.is_ready():
            return False
        if any(isinstance(entry.what, TOGETHER) for entry in entries):
            return False
        tickets, whose = questions_of(entries)
        # Read once: a thread that writes a room meanwhile renews what is remembered, and what we work on has the mark of before.
        known = kept.memory.of({entry.session_id for entry in entries})
        recalled = rights.recall(tickets, now=now)
        unknown = any(entry.session_id not in known or entry.command_id is None for entry in entries)
        if recalled is None or unknown:
            return False
        rooms: Rooms = {session: RoomInWork(row, now) for session, (_, row) in known.items()}
        told = [access.answered(told, now) for told in recalled.told]
        standings = [None if place is None else told[place] for place in whose]
        outcomes = take_all(entries, [now] * len(entries), rooms, {}, standings)
        work = list(rooms.values())
        if any(room.evidence or room.audits or not room.results or follows(room) for room in work):
            return False
        asked = _Asked.of(work, known, outcomes=outcomes, rights=recalled, now=now, done=done)
        try:
            (self._ask_whether_same if recalled.view is None else self._ask_whether_unchanged)(asked)
        except QuestionFailedError:
            return False
        return True

    def close(self) -> None:
        """Gives the line back."""
        self._line.close()

    def _scoped(self, scope: str, step: Step) -> list[Step]:
        """A step behind the row-level security of these programs; the scope stays on the line until it is another."""
        wanted = (self._line.opened, scope)
        if self._scope == wanted:
            return [step]
        self._scope = wanted
        return [("scope", [scope]), step]

    def _ask_whether_unchanged(self, asked: _Asked) -> None:
        """Whether no change was noted since the rights were read, and if so writes. Raises QuestionFailedError."""
        view = cast("View", asked.rights.view)
        values = [*asked.rooms, column(asked.rights.keys(), text), view.text, *asked.written]
        self._put(asked, ("unchanged", values), self._told_whether_unchanged)

    def _told_whether_unchanged(self, asked: _Asked, answer: Answer) -> None:
        if isinstance(answer, QuestionFailedError):
            self._go_the_long_way(asked)
        elif _is_done(answer, asked.rows):
            asked.finish()
        elif not answer or answer[0][1] == "t":  # the rooms are not as we knew them
            asked.tell(None)
        else:
            try:
                self._ask_whether_same(asked)
            except QuestionFailedError:
                self._go_the_long_way(asked)

    def _ask_whether_same(self, asked: _Asked) -> None:
        """Whether everybody's rights are what they were, word for word, and if so writes. Raises QuestionFailedError."""
        queried = [str(value) for value in access.query_values(asked.rights.tickets, now=asked.now)]
        values = [*asked.rooms, *queried, array(asked.rights.texts()), *asked.written]
        self._put(asked, ("same", values), self._told_whether_same)

    def _told_whether_same(self, asked: _Asked, answer: Answer) -> None:
        if isinstance(answer, QuestionFailedError):
            self._go_the_long_way(asked)
        elif _is_done(answer, asked.rows):
            rights.confirm(asked.rights, view=str(answer[0][2]), now=asked.now)
            asked.finish()
        else:
            asked.tell(None)

    def _put(self, asked: _Asked, step: Step, judge: Callable[[_Asked, Answer], None]) -> None:
        def told(answer: Answer) -> None:
            try:
                judge(asked, answer)
            except Exception:  # a fault of ours; the long way finds what was committed all the same (RT-2)
                _log.error("room.answer_unread", exc_info=True)
                self._go_the_long_way(asked)

        try:
            self._line.put(self._scoped(asked.scope, step), told)
        except QuestionFailedError:
            self._scope = (0, "")
            raise

    def _go_the_long_way(self, asked: _Asked) -> None:
        self._scope = (0, "")  # what was set with a question that failed was taken back with it
        asked.tell(None)


def _is_done(answer: list[Row], rows: dict[str, StateRow]) -> bool:
    """Whether it was written; the rows are remembered by their new marks."""
    if not answer or answer[0][0] != "t":
        return False
    for _, _, _, session, mark in answer:
        if session is not None and mark is not None:
            kept.memory.keep(mark, rows[session])
    return True


def _numbered(statement: str) -> str:
    """%s one after the other as $1, $2, …, as the server itself names values."""
    numbers = count(1)
    first, *others = statement.split("%s")
    return first + "".join(f"${next(numbers)}{part}" for part in others)


# All rooms of the process share the line, so nobody on it waits for somebody else's lock: a locked room goes the long way at
# once (SKIP LOCKED), any other lock within a moment. The server gives up before we do, so that nothing goes on unheard of.
# Every row it reads is found by a key, however small a table looks.
_SETTINGS = {"lock_timeout": "300ms", "statement_timeout": "1500ms", "enable_seqscan": "off"}

_SCOPE = "SELECT set_config('vio.programs', $1, false)"

_ROOMS = f"""
WITH known AS (
  SELECT * FROM unnest(%s::uuid[], %s::text[], %s::bigint[]) AS known (session_id, mark, version)
), locked AS (
  SELECT {statements.MARK} = known.mark AND r.version = known.version AS same
  FROM known JOIN sessions_app_roomstate r USING (session_id) ORDER BY r.session_id FOR UPDATE OF r SKIP LOCKED
), rooms AS MATERIALIZED (
  SELECT (SELECT count(*) FROM locked WHERE same) = (SELECT count(*) FROM known) AS ok
)"""  # noqa: S608  # put together from the house's own words

# Nobody of the house waits here for others: what is committed before this statement began is seen by it.
_NO_CHANGE = f"""
  SELECT split_part(view, '/', 1) = extract(epoch FROM pg_postmaster_start_time())::text AND NOT EXISTS (
    SELECT FROM vio_access_change c WHERE c.key = ANY (%s::text[]) AND {NOT_SEEN}) AS ok
  FROM (SELECT %s::text AS view) v"""  # noqa: S608  # put together from the house's own words

_WORD_FOR_WORD = f"""
  SELECT coalesce((SELECT array_agg(q.text ORDER BY q.number) FROM ({access.QUERY}) q), '{{}}') = %s::text[] AS ok
"""  # noqa: S608  # put together from the house's own words


def _statement(allowed: str) -> str:
    """Rows: done, whether the rooms were as we knew them, the view, and session and mark of each state that was written."""
    return _numbered(f"""{_ROOMS}, allowed AS MATERIALIZED ({allowed}
), fine AS MATERIALIZED (SELECT rooms.ok AND allowed.ok AS ok FROM rooms, allowed
), {statements.WRITES}
SELECT fine.ok, NOT rooms.ok, {NOW}, written.session_id, written.mark FROM rooms, fine LEFT JOIN written ON true""")  # noqa: S608  # put together from the house's own words


_UNCHANGED = _statement(_NO_CHANGE)
_SAME = _statement(_WORD_FOR_WORD)
