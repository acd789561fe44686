"""Bells rung from an event loop, by a real Redis: heard by others, passed over by oneself, never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from django.conf import LazySettings

from vio.common import ringer
from vio.common.realtime import BellListener
from vio.common.ringer import BellRinger

pytestmark = pytest.mark.asyncio(loop_scope="session")
Bells = list[tuple[str, dict[str, Any]]]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # another connection's doing
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(topic: str, own: bytes | None = None) -> AsyncIterator[Bells]:
    """What a process hears under a topic."""
    heard: Bells = []
    listener = BellListener(
        heard=lambda topic, facts: heard.append((topic, facts)), reconnected=lambda: None, own=own
    )
    await listener.subscribe(topic)
    await until(lambda: listener.connected)
    # The answer to the subscription may come a moment after the connection is up.
    await asyncio.sleep(0.2)
    try:
        yield heard
    finally:
        await listener.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def mine() -> AsyncIterator[BellRinger]:
    made = BellRinger(uuid4().bytes)
    yield made
    await made.stop()


async def test_others_hear_everything_in_order(mine: BellRinger) -> None:
    topic = f"room:{uuid4()}"
    async with listening(topic) as heard:
        for number in range(100):
            mine.ring(topic, {"number": number})
        await until(lambda: len(heard) == 100)
    assert [facts["number"] for _, facts in heard] == list(range(100))


async def test_ones_own_bells_are_passed_over(mine: BellRinger) -> None:
    topic, other = f"room:{uuid4()}", BellRinger(uuid4().bytes)
    async with listening(topic, own=mine._sender) as heard:
        mine.ring(topic, {"from": "me"})
        await asyncio.sleep(0.2)
        other.ring(topic, {"from": "another"})
        await until(lambda: bool(heard))
    await other.stop()
    assert heard == [(topic, {"from": "another"})]


async def test_stopping_rings_what_waits() -> None:
    topic, leaving = f"room:{uuid4()}", BellRinger(uuid4().bytes)
    async with listening(topic) as heard:
        leaving.ring(topic, {"last": True})
        await leaving.stop()
        await until(lambda: bool(heard))
    assert heard == [(topic, {"last": True})]


async def test_a_redis_that_is_away_holds_nobody_up_and_is_found_again(
    mine: BellRinger, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ringer, "PAUSE", 0.01)
    there, topic = settings.BELL_URL, f"room:{uuid4()}"
    async with listening(topic) as heard:
        settings.BELL_URL = "redis://127.0.0.1:1/0"
        mine.ring(topic, {"lost": True})
        await until(lambda: not mine._waiting)  # given up, and nothing waits behind it
        settings.BELL_URL = there
        while not heard:
            mine.ring(topic, {"lost": False})
            await asyncio.sleep(0.05)
    assert heard[0] == (topic, {"lost": False})
