"""Ringing from an event loop: whatever waits at one moment leaves in one write, and nobody waits for it.

Redis is asked not to answer, so a bell costs one write and no reading. Losing bells, or all of Redis, costs latency only.
"""

from __future__ import annotations

import asyncio
from collections import deque

import redis.asyncio
import redis.exceptions
from django.conf import settings

from vio.common.logs import log
from vio.common.realtime import Facts, channel, pack

_log = log(__name__)
MOST_WAITING = 5_000
"""Bells that wait behind a slow write; beyond that the oldest are lost."""
WITHIN = 1.0
PAUSE = 0.5


class BellRinger:
    """One connection per process. `sender` (16 bytes) lets our own listener pass over what we rang ourselves."""

    def __init__(self, sender: bytes) -> None:
        self._sender = sender
        self._waiting: deque[tuple[str, Facts]] = deque(maxlen=MOST_WAITING)
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def ring(self, topic: str, facts: Facts) -> None:
        """Rings soon; to be called in the running loop."""
        self._waiting.append((topic, facts))
        self._wanted.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="ringer")

    async def stop(self) -> None:
        """Rings what waits, if that is possible at once, and stops."""
        if self._task is None:
            return
        for _ in range(50):
            if not self._waiting:
                break
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._ring_all()
            except (redis.exceptions.RedisError, OSError, TimeoutError):
                if self._waiting:  # while nobody rings, a Redis that is away is no news of ours
                    topics = {topic.split(":", 1)[0] for topic, _ in self._waiting}
                    _log.warning("bell.lost", topics=sorted(topics))
                self._waiting.clear()
            await asyncio.sleep(PAUSE)

    async def _ring_all(self) -> None:
        pool: redis.asyncio.ConnectionPool = redis.asyncio.ConnectionPool.from_url(
            settings.BELL_URL, socket_timeout=WITHIN, socket_connect_timeout=WITHIN
        )
        try:
            line = await pool.get_connection()  # type: ignore[no-untyped-call]  # the library's own gap
            await line.send_command("CLIENT", "REPLY", "OFF")
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                rung = list(self._waiting)
                bells = [
                    ("PUBLISH", channel(topic), pack(topic, facts, self._sender)) for topic, facts in rung
                ]
                await line.send_packed_command(line.pack_commands(bells))
                for bell in rung:
                    if self._waiting and self._waiting[0] is bell:  # it may have been pushed out meanwhile
                        self._waiting.popleft()
        finally:
            await pool.disconnect()
