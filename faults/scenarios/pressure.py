"""Browsers that never read or never stop sending, a row that is locked for ten seconds: memory, closing, what others notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from uuid import uuid4

import psycopg
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from faults import checkers, idle
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground
from faults.procs import memory, ports_to
from sessions_app.room.limits import OVER_FOR
from vio.rehearse.stage import Player
from vio.rehearse.truth import percentile

SHOWS = ("WS-6", "FT-3")
LOCKED_FOR = 10.0
DEAF, EACH = 20, 4  # with the one that reads nobody has more sockets than one person may
READS_NOT_FOR = 300.0
CLOSED_WITHIN = 30.0
FLOODERS, FIRST_FLOODER = 10, 5  # people without a browser that reads: its allowance is the same
FLOODS_FOR = 60.0
CUT_OFF_WITHIN = 5.0  # after the ten seconds that WS-4 grants
BACK_WITHIN = 15.0
MOST_MEMORY = 64.0


async def run(ground: Ground) -> None:
    """Two rooms: trouble in one, and the other watched."""
    troubled = await evening(ground, "pressure", 5)
    calm = await evening(ground, "calm", 3)
    began = ground.clock.now()
    calm.talk()
    await asyncio.sleep(12)
    usual = percentile(calm.waits(began, ground.clock.now()), 0.95) or 0.0
    await _locked(ground, troubled, calm)
    troubled.talk()
    await _deaf(troubled, calm, usual)
    await _floods(troubled, calm, usual)
    await calm.hush(2)
    await troubled.hush()
    # Whatever passed between them, nobody who reads lacks anything.
    await troubled.check_history("WS-6")
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


async def _deaf(room: Evening, calm: Evening, usual: float) -> None:
    """Twenty that never read, in a room full of traffic: each is closed, comes back and is deaf again (WS-6)."""
    watch = Watch(room, calm, usual)
    open_now: dict[ClientConnection, tuple[Player, float]] = {}
    began, ages = time.monotonic(), list[float]()
    pressing = asyncio.create_task(_press(room))
    try:
        while time.monotonic() - began < READS_NOT_FOR:
            for player in room.players[1 : 1 + DEAF // EACH]:
                mine = sum(owner is player for owner, _ in open_now.values())
                for _ in range(EACH - mine):
                    with contextlib.suppress(OSError, InvalidHandshake, TimeoutError):
                        open_now[await idle.knock(room.ground, room.stage.session, player)] = (
                            player,
                            time.monotonic(),
                        )
            await asyncio.gather(*(_heartbeat(socket) for socket in open_now))
            await asyncio.sleep(1)
            watch.look()
            held = ports_to(room.ground.stack.port)
            for socket in [one for one in open_now if idle.port_of(one) not in held]:
                ages.append(time.monotonic() - open_now.pop(socket)[1])
                socket.transport.abort()
    finally:
        pressing.cancel()
    ages += [time.monotonic() - since for _, since in open_now.values()]
    for socket in open_now:
        socket.transport.abort()
    worst = max(ages, default=0.0)
    troubles = checkers.no_later_than(
        "one that never reads was closed", worst if ages else None, CLOSED_WITHIN
    )
    seen = f"{DEAF} browsers that never read for {READS_NOT_FOR:.0f} s: {len(ages)} lives, each over within {worst:.0f} s"
    await watch.judge(troubles, seen)


async def _floods(room: Evening, calm: Evening, usual: float) -> None:
    """Ten that send as much as they can for a minute, and come back at once when they are thrown out (WS-6)."""
    watch = Watch(room, calm, usual)
    lives: list[float] = []
    until = time.monotonic() + FLOODS_FOR
    flooding = [
        asyncio.create_task(_flood(room, player, until, lives))
        for player in room.stage.clients[FIRST_FLOODER:]
        for _ in range(FLOODERS // (len(room.stage.clients) - FIRST_FLOODER))
    ]
    while not all(task.done() for task in flooding):
        await asyncio.sleep(1)
        watch.look()
    await asyncio.gather(*flooding)
    limit = OVER_FOR + CUT_OFF_WITHIN
    troubles = checkers.no_later_than("a flood was cut off", max(lives, default=None), limit)
    worst = max(lives, default=0.0)
    seen = f"{len(flooding)} that flood for {FLOODS_FOR:.0f} s: cut off {len(lives)} times, each within {worst:.0f} s"
    await watch.judge(troubles, seen)


async def _flood(room: Evening, player: Player, until: float, lives: list[float]) -> None:
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            socket = await idle.knock(room.ground, room.stage.session, player)
        except (OSError, InvalidHandshake, TimeoutError):
            await asyncio.sleep(1)
            continue
        reading = asyncio.create_task(_read(socket))
        with contextlib.suppress(ConnectionClosed):
            while time.monotonic() < until:
                await socket.send(json.dumps({"id": str(uuid4()), "type": "hand.lower"}))
                await asyncio.sleep(0.004)
        if socket.close_code is not None or time.monotonic() - began > OVER_FOR:
            lives.append(time.monotonic() - began)
        socket.transport.abort()
        await reading


async def _read(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


class Watch:
    """What trouble in one room costs the server and the people of another one."""

    def __init__(self, room: Evening, calm: Evening, usual: float) -> None:
        self.room, self.calm, self.usual = room, calm, usual
        self.since = room.ground.clock.now()
        self.before = {pid: memory(pid) for pid in room.ground.stack.pids("web")}
        self.most = 0.0

    def look(self) -> None:
        """Remembers the most memory that any process has taken since the beginning."""
        self.most = max([self.most, *(memory(pid) - size for pid, size in self.before.items())])

    async def judge(self, troubles: list[str], seen: str) -> None:
        """Memory, the others' waiting, and that the same people's reading browsers are there (WS-6)."""
        clock = self.room.ground.clock
        slow = percentile(self.calm.waits(self.since, clock.now()), 0.95)
        back = await self.room.back(BACK_WITHIN)
        troubles = [*troubles] + ([] if self.most <= MOST_MEMORY else [f"memory grew by {self.most:.0f} MiB"])
        # Below half a second the ratio is the machine's mood, not ours.
        troubles += checkers.no_later_than("another room's p95", slow, max(2 * self.usual, 0.5))
        troubles += checkers.no_later_than("the same people's reading browsers live", back, BACK_WITHIN)
        self.room.ground.book.check(
            "WS-6", troubles,
            f"{seen}; +{self.most:.0f} MiB, others' p95 {1000 * self.usual:.0f} ms before, {1000 * (slow or 0):.0f} ms meanwhile",
        )  # fmt: skip


async def _press(room: Evening) -> None:
    """The facilitator's browser sends large signals to everybody in turn, as fast as one person may."""
    while True:
        for browser in room.clients:
            payload = {"kind": "offer", "sdp": "x" * 40_000}
            if room.lead._socket is not None:
                signal = {
                    "id": str(uuid4()),
                    "type": "signal.send",
                    "to": browser.door.person,
                    "payload": payload,
                }
                await room.lead._put(room.lead._socket, signal)
            await asyncio.sleep(0.03)


async def _heartbeat(socket: ClientConnection) -> None:
    with contextlib.suppress(Exception):  # closed by now, which is as good
        async with asyncio.timeout(1):
            await socket.send(idle.heartbeat())
