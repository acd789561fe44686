"""One connection to PostgreSQL that belongs to the event loop: prepared statements, many questions on their way, no thread.

A question is one transaction: its statements travel in one write, run one after the other and commit together, or not at all.
The answers come in the order of the questions. Whoever asks must be able to do without: there may be no line just now, and a
line that breaks leaves open whether its last questions were carried out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import psycopg
from django.db import connections
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from vio.common.logs import log

_log = log(__name__)
WITHIN = 2.0
"""Seconds for an answer; then the line is given up, and with it every question on it."""
PAUSE = 1.0
"""Seconds between two tries to get a line."""

Row = tuple[str | None, ...]
Step = tuple[str, Sequence[str | None]]
"""The name of a statement, and its values as PostgreSQL reads them."""
Ready = tuple[bytes, Sequence[bytes | None]]


class QuestionFailedError(Exception):
    """No answer: the statement was refused (`sqlstate`; nothing was changed), or the line broke ('': nobody knows)."""

    def __init__(self, sqlstate: str = "") -> None:
        super().__init__(sqlstate or "no answer")
        self.sqlstate = sqlstate


Answer = list[Row] | QuestionFailedError
Then = Callable[[Answer], None]


@dataclass(slots=True)
class _Question:
    then: Then
    deadline: float
    rows: list[Row] = field(default_factory=list)
    refused: str | None = None


class PipelineConnection:
    """A line with these statements prepared on it. Opened when it is first wanted, and again after it was lost."""

    def __init__(self, statements: Mapping[str, str], settings: Mapping[str, str] | None = None) -> None:
        """`statements` by name, with $1, $2, … for their values; `settings` of the server that hold on this line alone."""
        self._statements = dict(statements)
        self._settings = dict(settings or {})
        self._line: psycopg.Connection[Any] | None = None
        self._socket = -1
        self._prepared = False
        self._asked: deque[_Question] = deque()
        self._opening: asyncio.Task[None] | None = None
        self._again_at = 0.0
        self._closed = False
        self._watch: asyncio.TimerHandle | None = None
        self.opened = 0
        """How many lines there have been: what was set on one does not hold on the next."""

    def is_ready(self) -> bool:
        """Whether a question can be asked now; begins to open the line when there is none."""
        if self._line is None and self._opening is None and not self._closed:
            loop = asyncio.get_running_loop()
            if loop.time() >= self._again_at:
                self._opening = loop.create_task(self._open(loop), name="pipeline")
        return self._prepared

    def put(self, steps: Sequence[Step], then: Then) -> None:
        """Carries out the steps as one transaction; `then` is told the rows of the last step that has any, or that it failed.

        It is told once, in the same turn of the loop in which the answer is read, and must not raise. Raises
        QuestionFailedError when there is no line: then nothing was asked, and `then` hears nothing.
        """
        if not self._prepared:
            raise QuestionFailedError

        # Encoded before anything is sent: half a question must not stay on the line.
        ready: list[Ready] = [
            (name.encode(), [None if value is None else value.encode() for value in values])
            for name, values in steps
        ]

        def send(line: PGconn) -> None:
            for name, values in ready:
                line.send_query_prepared(name, values)

        self._send(send, then)

    async def ask(self, steps: Sequence[Step]) -> list[Row]:
        """The same for who waits. Raises QuestionFailedError."""
        return await self._answered(lambda then: self.put(steps, then))

    async def _answered(self, put: Callable[[Then], None]) -> list[Row]:
        answer: asyncio.Future[list[Row]] = asyncio.get_running_loop().create_future()
        put(partial(_settle, answer))
        return await answer

    def close(self) -> None:
        """Gives the line back for good."""
        self._closed = True
        self._lose("closed")

    # --- the line ---------------------------------------------------------------------------------------------

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            line = await loop.run_in_executor(None, _connected)
            if self._closed:
                line.close()
                return
            self._line, self._socket = line, line.pgconn.socket
            self.opened += 1
            loop.add_reader(self._socket, self._read)
            await self._answered(partial(self._send, self._prepare))
            self._prepared = self._line is line  # it may have been lost since the answer came
        except Exception as error:  # whatever it was, it is tried again; nobody waits for it
            _log.warning("pipeline.not_opened", error=str(error))
            self._lose("not opened")
        finally:
            self._opening = None

    def _prepare(self, line: PGconn) -> None:
        """The first question of a line, bounded like every other: a server may take us in and then say nothing."""
        # As Django's own connections do it, for whoever sets it up so (the tests).
        role = connections["default"].settings_dict["OPTIONS"].get("assume_role")
        for name, value in {**self._settings, **({"role": role} if role else {})}.items():
            line.send_query_params(b"SELECT set_config($1, $2, false)", [name.encode(), str(value).encode()])
        for name, statement in self._statements.items():
            line.send_prepare(name.encode(), statement.encode())

    def _send(self, put: Callable[[PGconn], None], then: Then) -> None:
        """What `put` sends, as one transaction. Raises QuestionFailedError when it could not be sent."""
        if self._line is None:
            raise QuestionFailedError
        loop = asyncio.get_running_loop()
        question = _Question(then, loop.time() + WITHIN)
        try:
            line = self._line.pgconn
            put(line)
            line.pipeline_sync()
            self._flush(loop, line)
        except Exception as error:  # whatever it was: half a question may stand on the line, so it ends
            self._lose(f"unsent: {type(error).__name__}")
            raise QuestionFailedError from None
        self._asked.append(question)
        if self._watch is None:
            self._watch = loop.call_at(question.deadline, self._look_for_late, loop)

    def _look_for_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer watches whoever was asked first: questions are many, and hardly any is ever late."""
        self._watch = None
        if self._asked and self._asked[0].deadline <= loop.time():
            self._lose("late")
        elif self._asked:
            self._watch = loop.call_at(self._asked[0].deadline, self._look_for_late, loop)

    def _flush(self, loop: asyncio.AbstractEventLoop, line: PGconn) -> None:
        if line.flush():  # the server takes no more in just now
            loop.add_writer(self._socket, self._go_on_sending)

    def _go_on_sending(self) -> None:
        line = self._line
        if line is None:
            return
        try:
            if not line.pgconn.flush():
                asyncio.get_running_loop().remove_writer(self._socket)
        except psycopg.Error:
            self._lose("unsent")

    def _read(self) -> None:
        if self._line is None:
            return
        line, answered = self._line.pgconn, list[_Question]()
        try:
            line.consume_input()
            while self._asked and not line.is_busy():
                self._take(line.get_result(), answered)
        except psycopg.Error as error:
            self._lose(type(error).__name__)
        for question in answered:  # only now: whoever is told may ask again
            question.then(
                question.rows if question.refused is None else QuestionFailedError(question.refused)
            )

    def _take(self, result: PGresult | None, answered: list[_Question]) -> None:
        """One result of the question that was asked first; None stands between the results of two statements."""
        if result is None:
            return
        question = self._asked[0]
        if result.status == ExecStatus.PIPELINE_SYNC:
            answered.append(self._asked.popleft())
        elif result.status == ExecStatus.TUPLES_OK:
            question.rows = _rows(result)
        elif result.status == ExecStatus.FATAL_ERROR:
            question.refused = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()

    def _lose(self, why: str) -> None:
        line, self._line, self._prepared = self._line, None, False
        loop = asyncio.get_running_loop()
        self._again_at = loop.time() + PAUSE
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if line is not None:
            if not self._closed:
                _log.warning("pipeline.lost", why=why, questions=len(self._asked))
            # By number: a line that broke has no socket any more, and the next file to be opened may have its number.
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)
            line.close()
        while self._asked:
            # In a turn of its own: who is told goes another way, and may be the one who just found the line broken.
            loop.call_soon(self._asked.popleft().then, QuestionFailedError())


def _connected() -> psycopg.Connection[Any]:
    """A line of our own with Django's settings, in pipeline mode. Blocks as long as they let it (`connect_timeout`)."""
    line: psycopg.Connection[Any] = psycopg.connect(
        **connections["default"].get_connection_params(), autocommit=True
    )
    line.pgconn.nonblocking = 1
    line.pgconn.enter_pipeline_mode()
    return line


def _settle(waiting: asyncio.Future[list[Row]], answer: Answer) -> None:
    if waiting.done():
        return
    if isinstance(answer, QuestionFailedError):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)


def _rows(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else value.decode() for column in columns
        )
        for row in range(result.ntuples)
    ]
