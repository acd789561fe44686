"""Five hundred sockets: how many database connections they cost, in the storm of their coming and while they are idle (FT-2)."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress

import psycopg
from django.db import connection
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake

from faults import idle
from faults.evening import Evening, evening
from faults.ground import Ground, db
from vio.rehearse.stage import Player, Stage

SHOWS = ("FT-2",)
SOCKETS, EACH = 500, 4
ROOMS = 12  # of eleven people
AT_ONCE = 12
IDLE_FOR = 25.0
MOST_CONNECTIONS = 80
BOUNDS = {"statement_timeout": "15s", "lock_timeout": "5s"}


async def run(ground: Ground) -> None:
    """Twelve rooms in which people wait, and one in which people talk meanwhile."""
    talking = await evening(ground, "crowd", 4)
    stages = [await ground.room() for _ in range(ROOMS)]
    talking.talk()
    seen = [(0, 0)]
    watching = asyncio.create_task(_watch(seen))
    began = time.monotonic()
    sockets = await _come(ground, stages)
    took = time.monotonic() - began
    try:
        await _stay(sockets)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    alive = sum(socket.close_code is None for socket in sockets)
    await _judge(talking, seen, alive, took)
    for socket in sockets:
        socket.transport.abort()
    await talking.hush(3)
    await talking.end()


async def _come(ground: Ground, stages: list[Stage]) -> list[ClientConnection]:
    """Everybody with four devices, a dozen handshakes at a time."""
    door = asyncio.Semaphore(AT_ONCE)

    async def knock(stage: Stage, player: Player) -> ClientConnection | None:
        async with door:
            for _ in range(3):
                with suppress(OSError, InvalidHandshake, TimeoutError):
                    return await idle.knock(ground, stage.session, player)
                await asyncio.sleep(1)
        return None

    people = [(stage, player) for stage in stages for player in (stage.leader, *stage.clients)]
    wanted = [pair for pair in people for _ in range(EACH)][:SOCKETS]
    found = await asyncio.gather(*(knock(*pair) for pair in wanted))
    return [socket for socket in found if socket is not None]


async def _stay(sockets: list[ClientConnection]) -> None:
    """Nothing but heartbeats, as from people who wait; what comes is read and forgotten."""
    reading = [asyncio.create_task(_read(socket)) for socket in sockets]
    until = time.monotonic() + IDLE_FOR
    while time.monotonic() < until:
        for socket in sockets:
            with suppress(Exception):  # a socket that is gone is counted as gone
                await socket.send(idle.heartbeat())
        await asyncio.sleep(10)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


async def _read(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def _watch(seen: list[tuple[int, int]]) -> None:
    while True:
        seen.append(await asyncio.to_thread(_connections))
        await asyncio.sleep(0.5)


async def _judge(talking: Evening, seen: list[tuple[int, int]], alive: int, took: float) -> None:
    used, standing = max(used for used, _ in seen), max(standing for _, standing in seen)
    now, _ = await asyncio.to_thread(_connections)
    troubles = [] if alive >= SOCKETS else [f"{alive} of {SOCKETS} sockets are open"]
    troubles += [] if used <= MOST_CONNECTIONS else [f"{used} database connections"]
    troubles += [f"{standing} transactions stand open"] if standing else []
    bounds = await db(_bounds)
    troubles += [f"{name} is {value}" for name, value in bounds.items() if value != BOUNDS[name]]
    talking.ground.book.check(
        "FT-2", troubles,
        f"{alive} sockets open, come within {took:.0f} s: at most {used} database connections, {now} at rest; "
        "statements end after 15 s, waiting for locks after 5 s",
    )  # fmt: skip


def _bounds() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        for name in BOUNDS:
            cursor.execute(f"SHOW {name}")
            found[name] = str(cursor.fetchone()[0])
    return found


def _connections() -> tuple[int, int]:
    """How many connections there are, and how many of them have an open transaction and do nothing."""
    query = (
        "SELECT count(*), count(*) FILTER (WHERE state = 'idle in transaction' AND now() - state_change > interval '3 s') "
        "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(os.environ["VIO_DATABASE_URL"]) as link:
        row = link.execute(query).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
