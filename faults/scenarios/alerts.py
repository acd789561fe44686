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
from vio.rehearse.truth import percentile

SHOWS = ("AL-2", "AL-7")
HEALTHY, DEGRADED, RESTARTED = 2.0, 15.0, 30.0
MANY = 30

Break = Callable[[], None]


async def run(ground: Ground) -> None:
    """One client after the other sends a yes to the safety question; the desk must ring each time."""
    clients = (await ground.room()).clients
    many = [client for _ in range(MANY // len(clients)) for client in (await ground.room()).clients]
    stack = ground.stack
    async with sitting(ground, await on_call(ground)) as desk:
        await asyncio.sleep(2)
        await _all_is_well(ground, desk, many)
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
    await _each_once(ground, (*many, *clients[2:6]))


async def _all_is_well(ground: Ground, desk: Listening, clients: list[Player]) -> None:
    """The requirement is one of the ninety-fifth percentile: so many that it is one."""
    took = [await _red(ground, desk, client, "all is well", None) or DEGRADED for client in clients]
    slow = percentile(took, 0.95)
    ground.book.check(
        "AL-2", checkers.no_later_than("all is well: p95 of alerts on the open desk", slow, HEALTHY),
        f"all is well: p95 of {len(took)} alerts {slow or 0:.1f} s",
    )  # fmt: skip


async def _red(
    ground: Ground, desk: Listening, client: Player, name: str, limit: float | None
) -> float | None:
    """Seconds until the desk was told; a limit is held against it here."""
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
        return None
    took = await until_heard(desk, client, sent, (limit or DEGRADED) + 5)
    if limit is not None:
        ground.book.check(
            "AL-2", checkers.no_later_than(f"{name}: alert on the open desk", took, limit), f"{name}: {took or 0:.1f} s"
        )  # fmt: skip
    ground.book.check(
        "AL-7", [] if sent.help_shown else [f"{name}: no help in the answer"], f"{name}: help in the same answer"
    )  # fmt: skip
    return took


async def _each_once(ground: Ground, clients: tuple[Player, ...]) -> None:
    found = await db(lambda: list(Alert.objects.filter(level="red").values_list("client_id", flat=True)))
    wanted = [client.client for client in clients]
    mine = [key for key in found if key in set(wanted)]
    ground.book.check("AL-2", checkers.same_multiset(mine, wanted, "red alerts"), "one alert each")
