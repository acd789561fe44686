"""Sending to one connection without ever waiting for it: the first step runs at once, the rest is bounded (WS-6).

Under a server that never makes a sender wait, every frame leaves in its first step and no task is made. Under one that
does, what waits is limited in number and bytes. A browser proves that it reads by the numbers in its heartbeats; what was
sent since the last proof is limited as well, because a server may buffer without end on our behalf.
"""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Awaitable, Coroutine, Generator, Mapping, Sequence
from typing import Any, cast

from sessions_app.room.run import Part
from sessions_app.room.wire import text_frame, wire_to
from vio.common.logs import log
from vio.common.sockets import Send, send_close

__all__ = ["Outbox", "Send"]
_log = log(__name__)
MOST_WAITING = 1_000
MOST_BYTES = 1024 * 1024
MOST_UNPROVEN = 2 * 1024 * 1024

Message = dict[str, Any]


@types.coroutine
def _go_on(step: Coroutine[Any, Any, None], waited_for: Any) -> Generator[Any, Any, None]:
    """Carries on a coroutine whose first step was already taken and is waiting for something."""
    while True:
        try:
            value = yield waited_for
        except BaseException as error:
            try:
                waited_for = step.throw(error)
            except StopIteration:
                return
            continue
        try:
            waited_for = step.send(value)
        except StopIteration:
            return


class Outbox:
    """The frames on their way to one connection."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._wire = wire_to(send)
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._sent = 0
        self._proven = 0
        self._marks: deque[tuple[str, int, int]] = deque()
        self._collecting = 0
        self._collected: list[tuple[Sequence[str], bytes]] = []

    def collect(self) -> None:
        """Keeps frames from here on, until as many calls of `flush` send all of them in one write."""
        self._collecting += 1

    def flush(self) -> bool:
        """Ends a `collect`; the last one sends what was kept. False when too much is waiting already."""
        self._collecting -= 1
        return self._collecting > 0 or self._send_collected()

    def _send_collected(self) -> bool:
        kept, self._collected = self._collected, []
        if not kept:
            return True
        together = b"".join([prepared for _, prepared in kept])
        if self._task is None and self._wire.put(together):
            self._sent += len(together)
            return True
        return all(self._push(frame) for frames, _ in kept for frame in frames)

    def push_all(self, frames: Sequence[str], prepared: bytes) -> bool:
        """Sends frames as `push` does; `prepared` is all of them as they go over the line, made once for all who hear them."""
        if self._collecting:
            self._collected.append((frames, prepared))
            return True
        if self._task is None and self._wire.put(prepared):
            self._sent += len(prepared)
            return True
        return all(self._push(frame) for frame in frames)

    def push_part(self, part: Part) -> bool:
        """Sends numbered events, and remembers the last one's number: who has handled it has read all before it.

        False also when too much was sent without a proof of reading.
        """
        taken = self.push_all(part.frames, part.prepared)
        self._marks.append((part.audience, part.number, self._sent))
        return taken and self._sent - self._proven <= MOST_UNPROVEN

    def push(self, frame: str) -> bool:
        """Sends a frame now or as soon as the connection takes it; False when too much is waiting already."""
        return self.push_all((frame,), text_frame(frame.encode()))

    def _push(self, frame: str) -> bool:
        """The server's own way."""
        size = len(frame)
        if self._task is None:
            self._sent += size
            # The server buffers on our behalf without end, and nothing proves that what has no number was read.
            return (
                self._first_step(self._send({"type": "websocket.send", "text": frame}))
                and self._wire.unsent() <= MOST_BYTES
            )
        self._waiting.append({"type": "websocket.send", "text": frame})
        self._bytes += size
        return len(self._waiting) <= MOST_WAITING and self._bytes <= MOST_BYTES

    def proves(self, heads: Mapping[str, int]) -> None:
        """The browser has handled everything up to these numbers."""
        while self._marks and self._marks[0][1] <= heads.get(self._marks[0][0], 0):
            self._proven = self._marks.popleft()[2]

    def close(self, code: int) -> None:
        """Closes the connection with a code; what still waits for the browser is dropped."""
        self._send_collected()
        self._waiting.clear()
        self._bytes = 0
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._first_step(send_close(self._send, code))

    def _first_step(self, sending: Awaitable[None]) -> bool:
        step = cast("Coroutine[Any, Any, None]", sending)  # what servers give is a coroutine
        try:
            waited_for = step.send(None)
        except StopIteration:
            return True
        except Exception as error:  # the connection is gone; its end is noticed elsewhere
            _log.warning("room.send_failed", error=type(error).__name__)
            return False
        self._task = asyncio.get_running_loop().create_task(self._rest(step, waited_for))
        return True

    async def _rest(self, step: Coroutine[Any, Any, None], waited_for: Any) -> None:
        try:
            await _go_on(step, waited_for)
            while self._waiting:
                message = self._waiting.popleft()
                self._bytes -= len(message["text"])
                self._sent += len(message["text"])
                await self._send(message)
        except Exception as error:  # the connection is gone; its end is noticed elsewhere
            _log.warning("room.send_failed", error=type(error).__name__)
            self._waiting.clear()
        finally:
            if self._task is asyncio.current_task():
                self._task = None
