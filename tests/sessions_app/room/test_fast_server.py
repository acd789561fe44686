"""The room on the faster server: the same frames in the same order, the same codes at the end, and a dead line let go of."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from sessions_app.room.upkeep import STALE_AFTER
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.test_processes import Server, closes, says

pytestmark = [pytest.mark.asyncio, pytest.mark.real, pytest.mark.django_db(transaction=True)]


@pytest_asyncio.fixture
async def server(live: LiveRoom) -> AsyncIterator[Server]:
    running = Server("uvicorn")
    yield running
    running.ends()


async def hears(line: ClientConnection, kind: str) -> dict[str, Any]:
    """Reads on until a frame of this kind."""
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(line.recv(), 10))
        if frame["type"] == kind:
            return frame


async def gathers(live: LiveRoom, server: Server) -> tuple[ClientConnection, ClientConnection]:
    """Fay hosts, and Ana is let in."""
    fay, _ = await server.joins(live, live.world.facilitator)
    ana, _ = await server.joins(live, live.world.ana)
    await hears(fay, "client.waiting")
    admitted = await says(fay, "client.admit", person=str(live.world.ana.person_id))
    assert admitted["type"] == "ack"
    await hears(ana, "snapshot")
    return fay, ana


async def test_what_is_said_is_heard_by_all_in_one_order_and_without_compression(
    live: LiveRoom, server: Server
) -> None:
    fay, ana = await gathers(live, server)
    assert fay.protocol.extensions == []
    assert "server" not in fay.response.headers  # type: ignore[union-attr]  # a line that is open was answered
    for number in range(5):
        for line in (fay, ana):
            await line.send(json.dumps({"id": str(uuid4()), "type": "typing"}))
        assert (await says(fay, "chat.send", text="x" * (360 * number + 1)))["type"] == "ack"
    heard = [await hears(ana, "chat.sent") for _ in range(5)]
    assert [len(frame["text"]) for frame in heard] == [1, 361, 721, 1081, 1441]
    assert [frame["number"] for frame in heard] == list(range(heard[0]["number"], heard[0]["number"] + 5))


async def test_a_frame_that_is_too_large_is_refused_with_a_word_and_one_that_is_absurd_ends_the_line(
    live: LiveRoom, server: Server
) -> None:
    fay, _ = await server.joins(live, live.world.facilitator)
    refused = await says(fay, "chat.send", text="a" * 200_000)
    assert (refused["type"], refused["code"]) == ("error", "frame_too_large")
    assert (await says(fay, "ping", heads={}))["type"] == "pong"
    with contextlib.suppress(ConnectionClosed):  # the refusal may come before the last byte has gone out
        await fay.send("a" * 2_000_000)
    assert await closes(fay) == 1009


async def test_every_end_has_its_code(live: LiveRoom, server: Server) -> None:
    fay, ana = await gathers(live, server)
    await says(fay, "client.remove", person=str(live.world.ana.person_id), reason_code="safety")
    assert await closes(ana) == 4403
    several = [fay, *[(await server.joins(live, live.world.facilitator))[0] for _ in range(5)]]
    assert await closes(several[0]) == 4409
    for _ in range(10):
        await several[1].send("{")
    assert await closes(several[1]) == 1008
    await several[2].send(json.dumps({"id": str(uuid4()), "type": "room.leave"}))
    assert await closes(several[3]) == 1000
    rows = await sync_to_async(lambda: live.evidence(live.world.ana))()
    assert rows[-1] == ("closed", "removed")


async def test_a_browser_that_goes_has_left_and_a_line_that_breaks_was_dropped(
    live: LiveRoom, server: Server
) -> None:
    fay, ana = await gathers(live, server)
    await ana.close(1001)
    await hears(fay, "connection.lost")
    again, _ = await server.joins(live, live.world.ana)
    again.transport.abort()
    await hears(fay, "connection.lost")
    rows = await sync_to_async(lambda: live.evidence(live.world.ana))()
    assert [row for row in rows if row[0] == "closed"] == [("closed", "left"), ("closed", "dropped")]


@pytest.mark.timeout(120)
async def test_a_line_whose_other_end_is_gone_is_let_go_of_and_holds_up_no_stop(
    live: LiveRoom, server: Server
) -> None:
    """A phone in a tunnel: nothing is read, nothing answered, no goodbye (AT-2)."""
    fay, ana = await gathers(live, server)
    assert (await says(ana, "ping", heads={}))["type"] == "pong"
    ana.transport.pause_reading()  # type: ignore[attr-defined]  # of asyncio
    silent_since = time.monotonic()
    lost = asyncio.create_task(hears_late(fay, "connection.lost"))
    while not lost.done():
        assert time.monotonic() - silent_since < STALE_AFTER + 10
        await fay.send(json.dumps({"id": str(uuid4()), "type": "ping", "heads": {}}))
        await asyncio.sleep(2)
    assert (await lost)["person"] == str(live.world.ana.person_id)
    rows = await sync_to_async(lambda: live.evidence(live.world.ana))()
    assert rows[-1] == ("closed", "dropped")
    server.process.send_signal(signal.SIGTERM)
    assert await closes(fay) == 1012
    assert await asyncio.to_thread(server.process.wait, 15) == 0
    ana.transport.abort()


async def hears_late(line: ClientConnection, kind: str) -> dict[str, Any]:
    """As `hears`, for what comes only after a silence."""
    while True:
        frame: dict[str, Any] = json.loads(await line.recv())
        if frame["type"] == kind:
            return frame


async def test_pages_answer_and_say_nothing_of_the_server(live: LiveRoom, server: Server) -> None:
    line, _ = await server.joins(live, live.world.facilitator)
    async with httpx.AsyncClient(base_url=server.origin) as browser:
        answer = await browser.get("/healthz")
        assert answer.status_code == 200
        assert "server" not in answer.headers
    await line.close()
    with pytest.raises(ConnectionClosed):
        await line.recv()
