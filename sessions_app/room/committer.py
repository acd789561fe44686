"""Group commit: commands that wait at the same moment share one transaction.

Rooms never wait for each other longer than one batch: a batch in flight keeps its rooms, the others go on with the next.
Whatever waits in a room goes together, so that its row is written once and its people hear everything in one write. Rooms have
their turn in the order in which they began to wait; within a room the order of arrival is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol
from uuid import UUID

from sessions_app.room.batch import Entry, Outcome, Written
from sessions_app.room.services import Applied
from vio.common.errors import UnavailableError
from vio.common.gathering import after_reading
from vio.common.logs import log

_log = log(__name__)
# These windows are for what nobody was read with: acts of the house, and servers that own their sockets (docs/decisions/0021).
# Who was read together has waited at the gate instead.
WINDOW = 0.002
"""Seconds to wait for company after the first command when it is quiet."""
BUSY_WINDOW = 0.014
"""The same while commands keep coming: what they share then costs less than what each waits."""
ENOUGH = 0.008
"""Seconds after which the next command that comes ends the window: the loop is awake for it anyway, and takes all along."""
QUIET_AFTER = 0.05
"""Seconds without a batch after which it is quiet again."""
LARGEST = 64
"""Entries in one batch; a room's are not parted for it unless they alone are more."""
TOGETHER = 3
"""How many batches may be in the database at once."""

Done = Callable[[Applied | Exception], None]
Apply = Callable[[list[Entry], Done], None]
"""Applies a batch and tells `Done` once, in the loop, at any time: what it came to, or why it came to nothing."""
Deliver = Callable[[Written], None]


class Waits(Protocol):
    """Who waits for the outcome of an entry. Told in the loop; must not raise."""

    def expect(self) -> None:
        """It is committed, and is handed out to everybody next; `tell` follows in the same turn."""

    def tell(self, outcome: Outcome) -> None:
        """What became of it. Called once."""


Waiting = tuple[Entry, Waits]


class Committer:
    """Queues entries and commits them in batches; `deliver` runs in the loop right after each commit.

    No batch has a task of its own: it goes out in the turn in which it is due, and is handed out in the one in which it is done.
    """

    def __init__(self, apply: Apply, deliver: Deliver) -> None:
        self._apply = apply
        self._deliver = deliver
        self._waiting: dict[UUID, list[Waiting]] = {}
        self._busy: set[UUID] = set()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._timer: asyncio.Handle | None = None
        self._opened = 0.0
        """When the window began that `_timer` ends."""
        self._held_up = False
        """Whether something has had its window and waits for a batch that is on its way."""
        self._is_due = False
        """Whether everything that waits goes as soon as everybody was read."""
        self._began = 0.0

    def submit(self, entry: Entry) -> asyncio.Future[Outcome]:
        """The future outcome of one entry; it is resolved after the commit and after local delivery."""
        waits = _Future(asyncio.get_running_loop())
        self.put(entry, waits)
        return waits.answer

    def put(self, entry: Entry, waits: Waits) -> None:
        """The same for who is told instead."""
        self._waiting.setdefault(entry.session_id, []).append((entry, waits))
        if self._is_due:
            return
        if after_reading(self._start):  # people were read together: they have waited for each other already
            self._is_due = True
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer is None:
            quiet = now - self._began > QUIET_AFTER
            self._timer = loop.call_at(now + (WINDOW if quiet else BUSY_WINDOW), self._start)
            self._opened = now
        elif now - self._opened >= ENOUGH:
            self._timer.cancel()
            self._opened = now  # once, and everything that is read in this turn is taken along
            self._timer = loop.call_soon(self._start)

    async def drain(self) -> None:
        """Waits until everything submitted so far is committed or refused."""
        while self._waiting or self._under_way:
            self._start()
            self._idle.clear()
            if self._under_way:
                await self._idle.wait()

    def _start(self) -> None:
        self._is_due = False
        if self._timer is not None:
            self._timer.cancel()  # whoever waited for it has their turn now
            self._timer = None
        self._began = asyncio.get_running_loop().time()
        while self._under_way < TOGETHER and (batch := self._next_batch()):
            self._under_way += 1
            self._send(batch)
        self._held_up = bool(self._waiting)

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        for session_id in [session_id for session_id in self._waiting if session_id not in self._busy]:
            waiting = self._waiting[session_id]
            if batch and len(batch) + len(waiting) > LARGEST:
                break
            batch += waiting[:LARGEST]
            self._busy.add(session_id)
            del self._waiting[session_id]
            if len(waiting) > LARGEST:
                self._waiting[session_id] = waiting[LARGEST:]
        return batch

    def _send(self, batch: list[Waiting]) -> None:
        done = partial(self._done, batch)
        try:
            self._apply([entry for entry, _ in batch], done)
        except Exception as error:  # whatever it was, nobody may wait for ever
            asyncio.get_running_loop().call_soon(done, error)

    def _done(self, batch: list[Waiting], applied: Applied | Exception) -> None:
        self._under_way -= 1
        self._busy -= {entry.session_id for entry, _ in batch}
        if isinstance(applied, Exception):  # nobody is told that it worked
            _log.error("room.batch_failed", exc_info=applied)
            outcomes = [Outcome(error=UnavailableError()) for _ in batch]
        else:
            outcomes = applied.outcomes
            for _, waits in batch:
                waits.expect()
            self._hand_out(applied)
        for (_, waits), outcome in zip(batch, outcomes, strict=True):
            self._tell(waits, outcome)
        if self._held_up:  # who came later has the company of the others to wait for
            self._start()
        if not self._under_way:
            self._idle.set()

    def _tell(self, waits: Waits, outcome: Outcome) -> None:
        try:
            waits.tell(outcome)
        except Exception:  # one browser's answer must not cost the others theirs
            _log.error("room.answer_failed", exc_info=True)

    def _hand_out(self, applied: Applied) -> None:
        for written in applied.written:
            try:
                self._deliver(written)
            except (
                Exception
            ):  # it is committed: its sender must hear so, and the next look at the log repairs the rest
                _log.error("room.delivery_failed", exc_info=True)


class _Future:
    """A coroutine that waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.answer: asyncio.Future[Outcome] = loop.create_future()

    def expect(self) -> None: ...

    def tell(self, outcome: Outcome) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)
