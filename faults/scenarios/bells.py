"""Redis flushed, its subscribers thrown out, killed, out of memory, hung: rooms go on without a reload and nobody stays deaf."""

from __future__ import annotations

import asyncio
import signal

import redis
from django.conf import settings

from faults import checkers
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground

SHOWS = ("RT-1", "RT-2", "RT-5", "RT-6", "RT-7", "AT-3", "FT-1", "FT-redis")
REPAIRED_WITHIN = 12.0
WORKS_WITHIN = 30.0
HUNG_FOR = 22.0


async def run(ground: Ground) -> None:
    """Five people on two web processes; five faults, one after the other."""
    room = await evening(ground, "bells", 5)
    late = await room.device(room.stage.clients[5])
    room.talk()
    await asyncio.sleep(6)
    client = redis.Redis.from_url(settings.BELL_URL, socket_timeout=5)
    await _fault(room, "FLUSHALL", client.flushall)
    await _fault(room, "subscribers thrown out", lambda: client.client_kill_filter(_type="pubsub"))
    await _fault(room, "kill -9", lambda: ground.stack.hurt(ground.stack.pid("valkey"), signal.SIGKILL))
    await asyncio.sleep(6)
    await _fault(room, "out of memory", lambda: client.config_set("maxmemory", "1"))
    client.config_set("maxmemory", "268435456")
    await _hung(ground, room, late)
    await room.hush()
    await room.check_converged("RT-7", "FT-redis")
    await room.check_history("RT-1", "RT-2", "RT-6")
    await room.end("AT-3")


async def _fault(room: Evening, name: str, break_it: object) -> None:
    began = room.ground.clock.now()
    closes = sum(len(b.closes) for devices in room.browsers.values() for b in devices)
    await asyncio.to_thread(break_it)  # type: ignore[arg-type]  # something to call
    await asyncio.sleep(REPAIRED_WITHIN + 3)
    _judge(room, name, began, closes)


def _judge(room: Evening, name: str, began: float, closes: int) -> None:
    until = room.ground.clock.now() - REPAIRED_WITHIN
    troubles = checkers.no_later_than(
        f"{name}: a message until everybody heard it", room.slowest(began, until), REPAIRED_WITHIN
    )
    said = [c for c in room.history.between(began, until) if c.answered]
    if not said:
        troubles.append(f"{name}: nothing was acknowledged")
    missing = [
        c for c in said for b in room._live() if c.id not in b.heard_when and c.number and c.number > b.based
    ]
    if missing:
        troubles.append(f"{name}: {len(missing)} messages did not come")
    now = sum(len(b.closes) for devices in room.browsers.values() for b in devices)
    if now > closes:
        troubles.append(f"{name}: {now - closes} sockets were closed")
    seen = f"{name}: heard within {room.slowest(began, until):.1f} s"
    room.ground.book.check("RT-5", troubles, seen)
    room.ground.book.check("FT-redis", troubles, seen)


async def _hung(ground: Ground, room: Evening, late: Browser) -> None:
    """It takes connections and never answers; people come in, pages open, messages arrive all the same."""
    began = ground.clock.now()
    closes = sum(len(b.closes) for devices in room.browsers.values() for b in devices)
    pid = ground.stack.pid("valkey")
    ground.stack.hurt(pid, signal.SIGSTOP)
    try:
        late.start()
        status, _ = await asyncio.to_thread(ground.stack.ask, "/account/login/")
        page = ground.clock.now() - began
        alive, _ = await asyncio.to_thread(ground.stack.ask, "/healthz")
        ready = await asyncio.to_thread(ground.stack.readiness)
        try:
            async with asyncio.timeout(WORKS_WITHIN):
                await late.entered.wait()
            joined: float | None = ground.clock.now() - began
        except TimeoutError:
            joined = None
        await asyncio.sleep(max(0.0, HUNG_FOR - (ground.clock.now() - began)))
    finally:
        ground.stack.hurt(pid, signal.SIGCONT)
    troubles = checkers.no_later_than("hung: coming in", joined, 10.0)
    troubles += checkers.no_later_than("hung: the sign-in page", page, 10.0)
    troubles += [f"hung: the sign-in page says {status}"] if status != 200 else []
    ground.book.check(
        "FT-redis", troubles, f"hung: came in after {joined or 0:.1f} s, page after {page:.1f} s"
    )
    wrong = [] if alive == 200 else [f"Redis hung: liveness says {alive}"]
    wrong += (
        []
        if ready.get("redis") is False and ready.get("database")
        else [f"Redis hung: readiness says {ready}"]
    )
    ground.book.check("FT-1", wrong, "Redis hung: alive, and not ready because of Redis alone")
    await asyncio.sleep(REPAIRED_WITHIN)
    _judge(room, "hung", began, closes)
