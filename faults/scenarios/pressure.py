"""Browsers that never read, a row that is locked for ten seconds, many sockets: memory, others' heartbeats, connections."""

from __future__ import annotations

import asyncio
import json
import os
import time
from uuid import uuid4

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from faults import checkers
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground
from faults.stack import memory, sockets_to
from vio.rehearse.truth import percentile

SHOWS = ("WS-6", "FT-2", "FT-3")
LOCKED_FOR = 10.0
READS_NOT_FOR = 40.0
CLOSED_WITHIN = 30.0
MOST_MEMORY = 64.0


async def run(ground: Ground) -> None:
    """Two rooms: trouble in one, and the other watched."""
    troubled = await evening(ground, "pressure", 4)
    calm = await evening(ground, "calm", 3)
    calm.talk()
    await asyncio.sleep(8)
    await _locked(ground, troubled, calm)
    await _deaf(ground, troubled, calm)
    await _many(ground, troubled)
    await calm.hush(2)
    await troubled.end()
    await calm.end()


async def _locked(ground: Ground, troubled: Evening, calm: Evening) -> None:
    """Somebody holds one room's row: the others' heartbeats do not notice (FT-3)."""
    lock = await asyncio.to_thread(_lock, str(troubled.stage.session))
    pings: list[float] = []
    began = time.monotonic()
    try:
        blocked = [asyncio.create_task(troubled.say(b, patience=30)) for b in troubled.clients]
        while time.monotonic() - began < LOCKED_FOR:
            pings += [await _ping(b) for b in (calm.lead, *calm.clients)]
            await asyncio.sleep(0.5)
    finally:
        lock.close()
    await asyncio.gather(*blocked)
    slow = max(pings)
    ground.book.check(
        "FT-3", checkers.no_later_than("another room's heartbeat", slow, 1.0),
        f"a row locked for {LOCKED_FOR:.0f} s: other heartbeats at most {1000 * slow:.0f} ms",
    )  # fmt: skip


def _lock(session: str) -> psycopg.Connection:
    connection = psycopg.connect(os.environ["VIO_DATABASE_URL"])
    connection.execute("SELECT 1 FROM sessions_app_roomstate WHERE session_id = %s FOR UPDATE", (session,))
    return connection


async def _ping(browser: Browser) -> float:
    if browser._socket is None:
        return 99.0
    known, began = len(browser.pongs), time.monotonic()
    await browser._ping(browser._socket)
    while len(browser.pongs) == known and time.monotonic() - began < 15:
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def _deaf(ground: Ground, room: Evening, calm: Evening) -> None:
    """People who never read, in a room where nothing is said: what they are sent is bounded, and they are closed (WS-6)."""
    before = {pid: memory(pid) for pid in ground.stack.pids("web")}
    others = sockets_to(ground.stack.port)
    start = ground.clock.now()
    deaf = [await _open(ground, room, number) for number in (1, 2, 3, 4) for _ in range(3)]
    await asyncio.sleep(2)
    began, closed_after, most = time.monotonic(), None, 0.0
    pressing = asyncio.create_task(_press(room))
    while time.monotonic() - began < READS_NOT_FOR:
        for socket in deaf:
            await _heartbeat(socket)
        await asyncio.sleep(1)
        most = max([most, *(memory(pid) - size for pid, size in before.items())])
        if closed_after is None and sockets_to(ground.stack.port) <= others:
            closed_after = time.monotonic() - began
    pressing.cancel()
    slow = percentile(calm.waits(start, ground.clock.now()), 0.95)
    back = await room.back(15)
    troubles = [] if most <= MOST_MEMORY else [f"memory grew by {most:.0f} MiB"]
    troubles += checkers.no_later_than("those who never read were closed", closed_after, CLOSED_WITHIN)
    troubles += checkers.no_later_than("another room's p95", slow, 0.5)
    troubles += checkers.no_later_than("the same people's reading browsers live", back, 15)
    ground.book.check(
        "WS-6", troubles,
        f"{len(deaf)} browsers that never read: +{most:.0f} MiB, closed after {closed_after or 0:.0f} s, "
        f"others' p95 {1000 * (slow or 0):.0f} ms",
    )  # fmt: skip
    for socket in deaf:
        socket.transport.abort()


async def _press(room: Evening) -> None:
    """The facilitator's browser sends large signals to everybody in turn, as fast as one person may."""
    while True:
        for browser in room.clients:
            payload = {"kind": "offer", "sdp": "x" * 40_000}
            if room.lead._socket is not None:
                await room.lead._put(
                    room.lead._socket,
                    {
                        "id": str(uuid4()),
                        "type": "signal.send",
                        "to": browser.door.person,
                        "payload": payload,
                    },
                )
            await asyncio.sleep(0.03)


async def _open(ground: Ground, room: Evening, number: int) -> ClientConnection:
    venue, player = ground.venue(), room.players[number]
    return await connect(
        f"{venue.sockets}/ws/sessions/{room.stage.session}/", origin=Origin(venue.origin), proxy=None,
        additional_headers={"Cookie": f"{venue.login_cookie}={player.login}"}, ping_interval=None, max_queue=1,
    )  # fmt: skip


async def _heartbeat(socket: ClientConnection) -> None:
    try:
        async with asyncio.timeout(1):
            await socket.send(json.dumps({"id": str(uuid4()), "type": "ping", "heads": {}}))
    except Exception:  # noqa: S110  # closed by now, which is as good
        pass


async def _many(ground: Ground, room: Evening) -> None:
    """Idle sockets hold no database connection (FT-2)."""
    sockets = [await _open(ground, room, number) for number in range(5) for _ in range(4)]
    await asyncio.sleep(6)
    used, idle_in = await asyncio.to_thread(_connections)
    for socket in sockets:
        socket.transport.abort()
    troubles = [] if used <= 80 else [f"{used} database connections"]
    troubles += [f"{idle_in} transactions stand open"] if idle_in else []
    ground.book.check("FT-2", troubles, f"{used} database connections with {len(sockets) + 9} sockets open")


def _connections() -> tuple[int, int]:
    query = (
        "SELECT count(*), count(*) FILTER (WHERE state = 'idle in transaction' AND now() - state_change > interval '3 s') "
        "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(os.environ["VIO_DATABASE_URL"]) as connection:
        row = connection.execute(query).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
