"""Red check-ins while Redis hangs, is killed, while the worker is dead, while a web process dies (AL-2, AL-7)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from checkins.models import Alert
from faults import checkers
from faults.desk import CheckInError, Listening, on_call, red, sitting, until_heard
from faults.ground import Ground, db
from vio.rehearse.stage import Player

SHOWS = ("AL-2", "AL-7")
HEALTHY, DEGRADED, RESTARTED = 2.0, 15.0, 30.0

Break = Callable[[], None]


async def run(ground: Ground) -> None:
    """One client after the other sends a yes to the safety question; the desk must ring each time."""
    clients = (await ground.room()).clients
    stack = ground.stack
    async with sitting(ground, await on_call(ground)) as desk:
        await asyncio.sleep(2)
        await _red(ground, desk, clients[0], "all is well", HEALTHY)
        await _red(ground, desk, clients[1], "all is well", HEALTHY)
        valkey, worker = stack.pid("valkey"), stack.pid("worker")
        stack.hurt(valkey, signal.SIGSTOP)
        try:
            await _red(ground, desk, clients[2], "Redis hung", DEGRADED)
        finally:
            stack.hurt(valkey, signal.SIGCONT)
        await asyncio.sleep(3)
        stack.hurt_tree(worker, signal.SIGSTOP)
        try:
            await _red(ground, desk, clients[3], "worker hung", DEGRADED)
        finally:
            stack.hurt_tree(worker, signal.SIGCONT)
        stack.hurt(stack.pid("valkey"), signal.SIGKILL)
        await _red(ground, desk, clients[4], "Redis killed", DEGRADED)
        stack.hurt(stack.pid("web"), signal.SIGKILL)
        await _red(ground, desk, clients[5], "a web process killed", RESTARTED)
    await _each_once(ground, clients[:6])


async def _red(ground: Ground, desk: Listening, client: Player, name: str, limit: float) -> None:
    sent, problem = None, ""
    for _ in range(6):
        with suppress(OSError):
            try:
                sent = await red(ground, client)
                break
            except CheckInError as error:
                problem = str(error)
        await asyncio.sleep(1)
    if sent is None:
        ground.book.check("AL-2", [f"{name}: no check-in could be sent {problem}"], "")
        ground.book.check("AL-7", [f"{name}: no check-in could be sent {problem}"], "")
        return
    took = await until_heard(desk, client, sent, limit + 5)
    ground.book.check(
        "AL-2", checkers.no_later_than(f"{name}: alert on the open desk", took, limit), f"{name}: {took or 0:.1f} s"
    )  # fmt: skip
    ground.book.check(
        "AL-7", [] if sent.help_shown else [f"{name}: no help in the answer"], f"{name}: help in the same answer"
    )  # fmt: skip


async def _each_once(ground: Ground, clients: tuple[Player, ...]) -> None:
    found = await db(lambda: list(Alert.objects.filter(level="red").values_list("client_id", flat=True)))
    wanted = [client.client for client in clients]
    mine = [key for key in found if key in set(wanted)]
    ground.book.check("AL-2", checkers.same_multiset(mine, wanted, "red alerts"), "one alert each")
