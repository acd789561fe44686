"""PostgreSQL restarted, killed, hung, used up, its disk full: nothing acknowledged is lost, nothing is acknowledged falsely."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import psycopg

from faults import checkers
from faults.desk import red_form
from faults.evening import Evening, evening
from faults.ground import Ground, db
from faults.history import Outcome
from vio.rehearse.desk import CheckInForm

SHOWS = ("RT-1", "RT-2", "RT-6", "RT-7", "AT-3", "AL-7", "FT-1", "FT-postgres", "OP-1")
RECOVERS_WITHIN = 30.0
HUNG_FOR = 30.0
FULL_FOR = 6.0
ALIVE_WITHIN = 2.0


async def run(ground: Ground) -> None:
    """Five people write; the database goes away five times in five ways."""
    room = await evening(ground, "database", 5)
    room.talk((0.9, 1.6))
    await asyncio.sleep(6)
    stack = ground.stack
    await _fault(room, "restart", lambda: stack.hurt(stack.pid("postgres"), signal.SIGINT))
    await _fault(room, "kill -9", lambda: stack.hurt(stack.pid("postgres"), signal.SIGKILL))
    await _hung(room)
    await _used_up(room)
    await _full(room)
    await room.hush()
    await room.check_converged("RT-7", "FT-postgres")
    await room.check_history("RT-1", "RT-2", "RT-6", "OP-1")
    await room.end("AT-3")


async def _fault(room: Evening, name: str, break_it: object) -> None:
    await asyncio.to_thread(break_it)  # type: ignore[arg-type]  # something to call
    await _recovers(room, name)


async def _recovers(room: Evening, name: str) -> None:
    returned = await _returned()
    took = await room.acknowledged_soon(RECOVERS_WITHIN)
    troubles = checkers.no_later_than(f"{name}: acknowledged again", took, RECOVERS_WITHIN)
    back = await room.back(RECOVERS_WITHIN)
    troubles += checkers.no_later_than(f"{name}: everybody live", back, RECOVERS_WITHIN)
    # Eight connections a process may have died in the pool; none of them may be met by a page now.
    await asyncio.sleep(8)
    answers = [await asyncio.to_thread(room.ground.stack.ask, "/account/login/") for _ in range(24)]
    bad = sorted({status for status, _ in answers if status != 200})
    if bad:
        wrong = sum(status != 200 for status, _ in answers)
        troubles.append(f"{name}: {wrong} of 24 pages afterwards say {bad}")
    seen = f"{name}: acknowledged {took or 0:.1f} s after its return ({returned or 0:.1f} s away)"
    room.ground.book.check("FT-postgres", troubles, seen)


async def _returned() -> float | None:
    def answers() -> bool:
        from django.db import connection

        with suppress(Exception):
            connection.ensure_connection()
            return True
        return False

    for attempt in range(100):
        if await db(answers):
            return attempt * 0.3
        await asyncio.sleep(0.3)
    return None


async def _hung(room: Evening) -> None:
    """It takes connections and never answers: nothing is acknowledged meanwhile, heartbeats are; who needs help gets it."""
    ground, clock = room.ground, room.ground.clock
    form = await red_form(ground, room.stage.clients[5])
    pid = ground.stack.pid("postgres")
    ground.stack.hurt_tree(pid, signal.SIGSTOP)
    began = clock.now()
    try:
        helped = asyncio.create_task(asyncio.to_thread(_help, form))
        await asyncio.sleep(2)
        alive = await asyncio.to_thread(ground.stack.ask, "/healthz", timeout=ALIVE_WITHIN)
        ready = await asyncio.to_thread(ground.stack.ask, "/readyz", timeout=HUNG_FOR)
        await asyncio.sleep(HUNG_FOR - (clock.now() - began))
        false = [c for c in room.history.calls if c.answered and began + 0.5 < c.answered < clock.now()]
        wrong = [c for c in false if c.outcome is Outcome.OK]
        closed = sum(at > began for b in room._live() for at, _ in b.closes)
        late = [] if helped.done() else [f"hung: no answer in {HUNG_FOR:.0f} s"]
        ground.book.check("AL-7", late, f"database hung: a red check-in is answered within {HUNG_FOR:.0f} s")
    finally:
        ground.stack.hurt_tree(pid, signal.SIGCONT)
    troubles = [f"hung: {len(wrong)} acknowledged by nobody"] if wrong else []
    troubles += [f"hung: {closed} sockets were closed"] if closed else []
    ground.book.check("FT-postgres", troubles, "hung: nothing was acknowledged, nobody was thrown out")
    ground.book.check(
        "AL-7", [] if (await helped) else ["hung: no help in the answer to a red check-in"],
        "database hung: help in the answer to a red check-in",
    )  # fmt: skip
    _told(ground, alive, ready)
    await _recovers(room, "hung")


def _help(form: CheckInForm) -> bool:
    try:
        return "988" in form.send()[1]
    except OSError:
        return False


def _told(ground: Ground, alive: tuple[int, str], ready: tuple[int, str]) -> None:
    troubles = [] if alive[0] == 200 else [f"database hung: liveness says {alive}"]
    troubles += (
        []
        if ready[0] == 503 and '"database": false' in ready[1]
        else [f"database hung: readiness says {ready}"]
    )
    ground.book.check("FT-1", troubles, "database hung: alive, and not ready because of the database")


async def _used_up(room: Evening) -> None:
    """Somebody else takes every connection for some seconds."""
    url = os.environ["VIO_DATABASE_URL"]
    taken: list[psycopg.Connection] = []

    def take() -> None:
        with suppress(psycopg.OperationalError):
            for _ in range(120):
                taken.append(psycopg.connect(url, connect_timeout=3))  # noqa: PERF401  # those before a failure count

    await asyncio.to_thread(take)
    await asyncio.sleep(8)
    status, text = await asyncio.to_thread(room.ground.stack.ask, "/account/login/")
    troubles = [] if len(taken) > 20 else ["no connections could be taken"]
    troubles += ["a traceback was shown"] if "Traceback" in text else []
    for connection in taken:
        connection.close()
    room.ground.book.check("FT-postgres", troubles, f"{len(taken)} connections taken: pages say {status}")
    await _recovers(room, "used up")


async def _full(room: Evening) -> None:
    """Nothing can be written to disk for some seconds, however often the server begins anew: nothing is acknowledged."""
    stack, clock = room.ground.stack, room.ground.clock
    servers = set[int]()

    def fill() -> None:
        for pid in stack.pids("postgres"):
            stack.starve(pid, 0)
            servers.add(pid)

    # On a busy machine it takes its time until every process is reached, and what was written before that is written.
    await asyncio.to_thread(fill)
    began = clock.now()
    while clock.now() - began < FULL_FOR:
        await asyncio.sleep(0.05)
        await asyncio.to_thread(fill)
    lifted = clock.now()
    for pid in stack.pids("postgres"):
        stack.starve(pid, None)
    wrong = [c for c in room.history.of(Outcome.OK) if began + 0.5 < (c.answered or 0) < lifted]
    troubles = [f"disk full: {len(wrong)} acknowledged by nobody"] if wrong else []
    room.ground.book.check(
        "FT-postgres", troubles, f"disk full for {FULL_FOR:.0f} s ({len(servers)} starts): nothing was acknowledged"
    )  # fmt: skip
    await _recovers(room, "disk full")
