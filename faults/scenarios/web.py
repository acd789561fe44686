"""Web processes killed, stopped for a while, restarted in order, while a room runs on them."""

from __future__ import annotations

import asyncio
import signal

from faults import checkers
from faults.browser import Browser
from faults.evening import Evening, evening
from faults.ground import Ground, db, eventually
from faults.procs import holder
from sessions_app.room.models import PresenceEvidence
from vio.rehearse.truth import LOST_SERVER

SHOWS = ("RT-1", "RT-2", "RT-6", "RT-7", "RT-8", "AT-2", "AT-3", "AT-4", "FT-web")
BACK_WITHIN = 30.0
STOPPED_FOR = (24.0, 60.0)  # shorter and longer than a connection may be silent


async def run(ground: Ground) -> None:
    """Six people on two processes: one process dies, one sleeps, both are restarted as planned."""
    room = await evening(ground, "web", 6)
    room.talk()
    await asyncio.sleep(5)
    await _killed(ground, room)
    for number, seconds in enumerate(STOPPED_FOR):
        await _stopped(ground, room, room.clients[2 * number : 2 * number + 2], seconds)
    await _restarted(ground, room)
    await room.hush()
    await room.check_converged("RT-7", "FT-web")
    await room.check_history("RT-1", "RT-2", "RT-6")
    await room.end("AT-2", "AT-3")


async def _killed(ground: Ground, room: Evening) -> None:
    for number in range(2):
        pid = ground.stack.pid("web", number)
        ground.stack.hurt(pid, signal.SIGKILL)
        await asyncio.sleep(1)
        took = await room.back(BACK_WITHIN)
        troubles = checkers.no_later_than("kill -9: everybody back", took, BACK_WITHIN)
        again = await eventually(lambda: len(ground.stack.pids("web")) == 2, BACK_WITHIN)
        troubles += checkers.no_later_than("kill -9: process started again", again, BACK_WITHIN)
        ground.book.check("FT-web", troubles, f"kill -9: everybody back after {took or 0:.1f} s")
        await asyncio.sleep(6)
    await _swept(ground, room)


async def _swept(ground: Ground, room: Evening) -> None:
    """Connections of dead processes have an end within 60 s, though nobody was there to write it."""

    def open_of_nobody() -> int:
        from sessions_app.room.models import RoomState

        rows = RoomState.objects.get(pk=room.stage.session).state["connections"]
        return len(rows)

    wanted = len(room._live())
    found: list[int] = []
    for _ in range(60):
        found.append(await db(open_of_nobody))
        if found[-1] == wanted:
            break
        await asyncio.sleep(1)
    swept = await db(
        lambda: PresenceEvidence.objects.filter(session=room.stage.session, cause="swept").count()
    )
    troubles = [] if found[-1] == wanted else [f"{found[-1]} connections are open, {wanted} people are there"]
    ground.book.check("AT-4", troubles, f"kill -9: {swept} connections were swept, {len(found)} s after")


def _process_of(ground: Ground, room: Evening, browser: Browser) -> int | None:
    ports = room.wire(browser).far_ports
    return holder(ground.stack.pids("web"), ground.stack.port, ports[0]) if ports else None


async def _stopped(ground: Ground, room: Evening, pair: list[Browser], seconds: float) -> None:
    """A process sleeps and wakes: what lay in its sockets meanwhile proves nothing about now (AT-2)."""
    leaving, cutting = pair
    pid = _process_of(ground, room, leaving)
    if pid is None:
        ground.book.check("AT-2", ["the process of a browser was not found"], "")
        return
    ground.stack.hurt(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(4)
        # A heartbeat, and then the tab is closed: the process will find both when it wakes.
        if leaving._socket is not None:
            await leaving._ping(leaving._socket)
        await asyncio.sleep(1)
        # Nobody could take note of it: it costs what a lost server may cost (AT-3), and gains nothing.
        leaving._leave_room(ground.clock.now(), cost=LOST_SERVER)
        await leaving.close()
        cutting.loses_line()
        room.wire(cutting).black_hole()
        await asyncio.sleep(seconds - 5)
    finally:
        ground.stack.hurt(pid, signal.SIGCONT)
    room.wire(cutting).mend()
    took = await room.back(BACK_WITHIN)
    ground.book.check(
        "FT-web", checkers.no_later_than("stopped: everybody back", took, BACK_WITHIN),
        f"stopped for {seconds:.0f} s: everybody back after {took or 0:.1f} s",
    )  # fmt: skip
    await asyncio.sleep(5)


async def _restarted(ground: Ground, room: Evening) -> None:
    """RT-8: sockets closed with 1012 within 5 s, the process gone within 15 s, 95 % back within 15 s."""
    supervisor = ground.stack.supervisor
    if supervisor is None:
        return
    await room.back(BACK_WITHIN)
    live = room._live()
    before = ground.stack.pids("web")
    began = ground.clock.now()
    supervisor.send_signal(signal.SIGUSR1)
    gone = await eventually(lambda: not set(before) <= set(ground.stack.pids("web")), 20)
    troubles = checkers.no_later_than("planned restart: first process gone", gone, 15.0)
    again = await eventually(
        lambda: len(set(ground.stack.pids("web")) - set(before)) == 2 and not set(before) & set(ground.stack.pids("web")),
        60,
    )  # fmt: skip
    troubles += checkers.no_later_than("planned restart: both replaced", again, 60.0)
    took = await room.back(15)
    troubles += checkers.no_later_than("planned restart: everybody back", took, 15.0)
    troubles += room.absent()
    codes = [code for b in live for at, code in b.closes if at >= began]
    if not codes or any(code != 1012 for code in codes):
        troubles.append(f"planned restart: close codes {sorted(set(codes), key=str)}")
    ground.book.check(
        "RT-8", troubles,
        f"{len(codes)} sockets closed with 1012, process gone after {gone or 0:.1f} s, back {took or 0:.1f} s after",
    )  # fmt: skip
    await asyncio.sleep(4)
