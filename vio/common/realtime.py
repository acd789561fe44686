"""Doorbells between processes: Redis publish/subscribe with sealed payloads.

A bell says "look": what it is about is in PostgreSQL already. Losing a bell, or all of Redis, costs latency only.
`ring_on_commit` and `ring_now` publish from services, `vio.common.ringer` from an event loop; `BellListener` listens.
A payload is the sender's 16 bytes (zeros from services) and the sealed facts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis
import redis.asyncio
import redis.exceptions
from django.conf import settings
from django.db import transaction

from vio.common import sealed
from vio.common.logs import log

_log = log(__name__)
Facts = Mapping[str, Any]
_publisher: redis.Redis | None = None
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
NOBODY = bytes(16)
ANSWERS_WITHIN = 2.0
PING_EVERY = 2.0
DEAD_AFTER = 5.0
"""Seconds without any answer after which bells count as unheard: soon enough for a red alert's 15 s (AL-2)."""


def channel(topic: str) -> str:
    """The Redis channel of a topic ("room:<session>", "desk:<program>", "person:<id>")."""
    return f"vio:{topic}"


def pack(topic: str, facts: Facts, sender: bytes = NOBODY) -> bytes:
    """A payload whose facts are sealed: they open only under the same topic."""
    return sender + sealed.seal(json.dumps(facts, separators=(",", ":")), place=f"bell:{topic}")


def unpack(topic: str, payload: bytes) -> dict[str, Any]:
    """The facts of a payload; raises tink.TinkError for anything we did not send."""
    facts: dict[str, Any] = json.loads(sealed.unseal(payload[len(NOBODY) :], place=f"bell:{topic}"))
    return facts


def ring_on_commit(topic: str, facts: Facts) -> None:
    """Rings after the current transaction is committed; rings nothing if it is rolled back."""
    transaction.on_commit(lambda: ring_now(topic, facts))


def ring_now(topic: str, facts: Facts) -> None:
    """Rings at once; when Redis does not answer the bell is lost, and that is all that is lost."""
    global _publisher  # noqa: PLW0603  # one connection pool per process, made when first needed
    if _publisher is None:
        _publisher = redis.Redis.from_url(settings.BELL_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        _publisher.publish(channel(topic), pack(topic, facts))
    except redis.exceptions.RedisError:
        _log.warning("bell.lost", topics=[topic.split(":", 1)[0]])


class BellListener:
    """One subscription per process: topics come and go, the connection is remade when it breaks.

    `heard(topic, facts)` runs in the event loop for each bell but those of the sender `own`. `connected` tells whether bells
    can arrive; after each (re)connection `reconnected()` is called, because whatever rang in between was lost.
    Topics of the kind `every` ("person") are all heard, without asking for each: for what rings seldom and concerns many.
    """

    def __init__(
        self,
        *,
        heard: Callable[[str, dict[str, Any]], None],
        reconnected: Callable[[], None],
        own: bytes | None = None,
        every: str = "",
    ) -> None:
        self._own = own
        self._every = every
        self._heard = heard
        self._reconnected = reconnected
        self._topics: set[str] = set()
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._task: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        """Begins listening in the running loop; harmless when already listening."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="bells")

    async def stop(self) -> None:
        """Stops listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def subscribe(self, topic: str) -> None:
        """Hears a topic from now on; a failing Redis is retried by the loop."""
        self.start()
        if topic in self._topics:
            return
        self._topics.add(topic)
        if self._pubsub is not None and self.connected:
            try:
                await self._pubsub.subscribe(channel(topic))
            except redis.exceptions.RedisError:
                self.connected = False

    async def unsubscribe(self, topic: str) -> None:
        """Hears a topic no more."""
        self._topics.discard(topic)
        if self._pubsub is not None and self.connected:
            try:
                await self._pubsub.unsubscribe(channel(topic))
            except redis.exceptions.RedisError:
                self.connected = False

    async def _run(self) -> None:
        delay = FIRST_PAUSE
        while True:
            began = time.monotonic()
            try:
                await self._listen()
            except (redis.exceptions.RedisError, OSError, TimeoutError):
                _log.warning("bell.disconnected")
            self.connected = False
            if time.monotonic() - began > LONGEST_PAUSE:  # it was well for a while
                delay = FIRST_PAUSE
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_PAUSE)

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(
            settings.BELL_URL, socket_timeout=None, socket_connect_timeout=ANSWERS_WITHIN
        )
        try:
            self._pubsub = pubsub = client.pubsub()
            asked = set(self._topics)
            # A Redis that hangs takes connections and requests; only its answer says that bells can arrive.
            async with asyncio.timeout(ANSWERS_WITHIN):
                # A topic of our own keeps the subscription open while nobody needs another.
                await pubsub.subscribe(channel("process"), *map(channel, asked))
                await pubsub.get_message(timeout=None)
                if self._every:
                    await pubsub.psubscribe(channel(f"{self._every}:*"))
            self.connected = True
            if wanted_meanwhile := self._topics - asked:
                await pubsub.subscribe(*map(channel, wanted_meanwhile))
            self._reconnected()
            await self._take_all(pubsub)
        finally:
            self.connected = False
            self._pubsub = None
            await client.aclose()

    async def _take_all(self, pubsub: redis.asyncio.client.PubSub) -> None:
        """Hears until the connection breaks. Raises TimeoutError when nothing at all comes, not even the answer to a ping."""
        answered = time.monotonic()
        while True:
            message = await pubsub.get_message(timeout=PING_EVERY)
            if message is not None:
                answered = time.monotonic()
                self._take(message)
            elif time.monotonic() - answered > DEAD_AFTER:
                raise TimeoutError
            else:
                await pubsub.ping()

    def _take(self, message: Mapping[str, Any]) -> None:
        if message.get("type") not in {"message", "pmessage"} or message["data"][: len(NOBODY)] == self._own:
            return
        topic = message["channel"].decode().removeprefix("vio:")
        try:
            facts = unpack(topic, message["data"])
        except Exception:  # anything but our own sealed payload is not for us
            _log.warning("bell.unreadable", topic=topic.split(":", 1)[0])
            return
        self._heard(topic, facts)
