"""The listener knows whether bells can arrive: also beside a Redis that takes connections and answers nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from vio.common import realtime
from vio.common.realtime import BellListener, channel, pack, ring_now

pytestmark = pytest.mark.asyncio(loop_scope="session")


class HangingRedis:
    """Answers as a Redis does, until `hangs`: then it takes everything and says nothing."""

    def __init__(self) -> None:
        self.hangs = False
        self.may_subscribe = asyncio.Event()
        self.may_subscribe.set()
        self.commands: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.topics: set[bytes] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while True:
                count = int((await reader.readuntil(b"\r\n"))[1:])
                words = [await self._word(reader) for _ in range(count)]
                self.commands.append(words[0].upper())
                if words[0].upper() == b"SUBSCRIBE":
                    await self.may_subscribe.wait()
                if not self.hangs:
                    writer.write(self._answer(words))
                    await writer.drain()

    async def _word(self, reader: asyncio.StreamReader) -> bytes:
        size = int((await reader.readuntil(b"\r\n"))[1:])
        return (await reader.readexactly(size + 2))[:-2]

    def _answer(self, words: list[bytes]) -> bytes:
        match words[0].upper():
            case b"SUBSCRIBE":
                self.topics |= set(words[1:])
                return b"".join(_array(b"subscribe", topic) + b":1\r\n" for topic in words[1:])
            case b"PING":
                return b"*2\r\n" + _bulk(b"pong") + _bulk(b"")
            case _:
                return b"+OK\r\n"

    def ring(self, topic: str, facts: dict[str, str]) -> None:
        message = b"*3\r\n" + _bulk(b"message") + _bulk(channel(topic).encode()) + _bulk(pack(topic, facts))
        self.writers[-1].write(message)


def _bulk(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)


def _array(*words: bytes) -> bytes:
    return b"*3\r\n" + b"".join(map(_bulk, words))


class Ear:
    """What a listener was told."""

    def __init__(self) -> None:
        self.bells: list[tuple[str, dict[str, str]]] = []
        self.reconnections = 0
        self.listener = BellListener(heard=self._heard, reconnected=self._reconnected)

    def _heard(self, topic: str, facts: dict[str, str]) -> None:
        self.bells.append((topic, facts))

    def _reconnected(self) -> None:
        self.reconnections += 1


@pytest_asyncio.fixture(loop_scope="session")
async def hanging(settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HangingRedis]:
    for name, seconds in (("PING_EVERY", 0.05), ("DEAD_AFTER", 0.2), ("ANSWERS_WITHIN", 0.3)):
        monkeypatch.setattr(realtime, name, seconds)
    made = HangingRedis()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    settings.BELL_URL = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/1"
    yield made
    server.close()


@pytest_asyncio.fixture(loop_scope="session")
async def ear(hanging: HangingRedis) -> AsyncIterator[Ear]:
    made = Ear()
    yield made
    await made.listener.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # another connection's doing
            await asyncio.sleep(0.01)


async def test_bells_arrive(hanging: HangingRedis, ear: Ear) -> None:
    await ear.listener.subscribe("room:1")
    await until(lambda: ear.listener.connected)
    hanging.ring("room:1", {"a": "b"})
    await until(lambda: bool(ear.bells))
    assert ear.bells == [("room:1", {"a": "b"})]


async def test_quiet_is_no_reason_to_reconnect(hanging: HangingRedis, ear: Ear) -> None:
    ear.listener.start()
    await until(
        lambda: hanging.commands.count(b"PING") > 12
    )  # three times as long as it would take to be dead
    assert ear.listener.connected
    assert ear.reconnections == 1


async def test_one_that_hangs_is_noticed_and_not_believed_again_until_it_answers(
    hanging: HangingRedis, ear: Ear
) -> None:
    ear.listener.start()
    await until(lambda: ear.listener.connected)
    hanging.hangs = True
    await until(lambda: not ear.listener.connected)
    await until(lambda: len(hanging.writers) > 2)  # it takes new connections all the same
    assert not ear.listener.connected
    assert ear.reconnections == 1
    hanging.hangs = False
    await until(lambda: ear.listener.connected)
    assert ear.reconnections == 2


async def test_a_topic_wanted_while_connecting_is_asked_for(hanging: HangingRedis, ear: Ear) -> None:
    hanging.may_subscribe.clear()
    ear.listener.start()
    await until(lambda: b"SUBSCRIBE" in hanging.commands)
    await ear.listener.subscribe("room:2")
    hanging.may_subscribe.set()
    await until(lambda: channel("room:2").encode() in hanging.topics)


async def test_all_topics_of_one_kind_are_heard_without_asking_for_each() -> None:
    heard: list[tuple[str, dict[str, object]]] = []
    listener = BellListener(
        heard=lambda topic, facts: heard.append((topic, facts)), reconnected=lambda: None, every="person"
    )
    listener.start()
    try:
        await until(lambda: listener.connected)
        ring_now("room:1", {"a": 1})
        ring_now("person:1", {"kind": "revoked"})
        ring_now("person:2", {"kind": "revoked"})
        await until(lambda: len(heard) > 1)
    finally:
        await listener.stop()
    assert heard == [("person:1", {"kind": "revoked"}), ("person:2", {"kind": "revoked"})]
