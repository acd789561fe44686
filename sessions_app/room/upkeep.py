"""What a hub does by itself: writes proofs of life, looks for missed bells, closes the silent, asks again who may be here.

Each loop survives whatever one round meets; trouble is logged and the next round tries again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import DatabaseError

from sessions_app.room import clock, joining
from sessions_app.room.access import AccessError, Standing, Ticket
from sessions_app.room.asking_again import standings_again
from sessions_app.room.link import Link
from sessions_app.room.models import RoomState
from sessions_app.room.presence import TICK, write_what_is_accepted
from sessions_app.room.pulse import EVERY
from vio.common import logs
from vio.common.scope import every_program
from vio.common.sockets import stop_with_the_server

if TYPE_CHECKING:
    from sessions_app.room.hub import Hub

_log = logs.log(__name__)
STALE_AFTER = 30.0  # AT-2, by a clock that only goes forward (AT-7)
FORGET_LIMITS = 120.0
RECHECK = 4.0
"""Seconds between two questions whether everybody connected may still be here (AU-7: closed within 5 s)."""
POLL = 2.0
"""Seconds between two questions to the database how far each room is (RT-5)."""
SLICE = 500
"""How many connections are asked about at once: between two slices everybody else has their turn."""
IN_FULL = 15
"""One connection in so many is read in full each time, in turn, whatever the notes say: everybody about once a minute."""
SIGNED_OUT, NO_LONGER_ALLOWED, RESTART, STALE = 4401, 4403, 1012, 1001
CODES = {"signed_out": SIGNED_OUT}


def start(hub: Hub) -> None:
    """Starts the loops of a hub and sees to it that a stop of the server closes its sockets (RT-8)."""
    for round_, seconds in (
        (write_presence, TICK),
        (close_silent, 5.0),
        (look_for_missed, POLL),
        (watch_media, POLL),
    ):
        hub.later(_every(hub, round_, seconds))
    hub.later(_recheck_often(hub))
    hub.later(_beat(hub))
    stop_with_the_server(lambda: stop(hub))


async def stop(hub: Hub) -> None:
    """Closes every socket with 1012, writes the evidence, ends the loops. Takes at most a few seconds."""
    hub.stopping = True
    for link in list(hub.links()):
        link.close(RESTART)
        joining.leave(hub, link, cause="server", at=hub.now())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(4):
            await write_presence(hub)
            await hub.committer.drain()
    except (TimeoutError, DatabaseError):
        _log.warning("room.stopped_early")
    for task in list(hub._tasks):
        task.cancel()
    await hub.neighbours.stop()
    hub.express.close()
    hub.threads.stop()
    hub.media_threads.stop()


async def write_presence(hub: Hub) -> None:
    """One statement with the latest proof of each connection that sent one; what could not be written waits for the next."""
    proofs = hub.presence.take()
    if not proofs:
        return
    try:
        await hub.threads.run(write_what_is_accepted, proofs)
    except BaseException:
        hub.presence.put_back(proofs)
        raise


async def close_silent(hub: Hub) -> None:
    """Closes connections without a heartbeat for 30 s; their presence ends at the last one (AT-2)."""
    now = time.monotonic()
    for link in list(hub.links()):
        if now - link.alive > STALE_AFTER:
            link.close(STALE)
        if link.closed is not None:
            joining.leave(hub, link, cause="dropped", at=link.last_seen)
    for person, limits in list(hub.limits.items()):
        if now - limits.frames.at > FORGET_LIMITS and not hub.is_here(person):
            del hub.limits[person]


async def look_for_missed(hub: Hub) -> None:
    """Asks the database how far each room is, so that a lost bell is noticed even when no other follows (RT-5).

    A connection of ours that is no longer counted there was taken for dead while it lived; it is counted again.
    """
    if not hub.rooms:
        return
    ours = [link for link in hub.links() if link.counted and not link.joining]
    found = await hub.threads.run(_rows, list(hub.rooms))
    for session_id, (version, _, due) in found.items():
        if due is not None and due <= hub.now().timestamp():
            await hub.threads.run(_tick, session_id, now=hub.now())
        room = hub.rooms.get(session_id)
        if room is not None and room.ready.is_set() and version > room.version:
            hub.repair(room)
            # Somebody wrote and did not ring for us: perhaps they never heard that we are here.
            hub.neighbours.say_here(room)
    for link in ours:
        _, connections, _ = found.get(link.standing.session_id, (0, {}, None))
        if link.counted and not link.joining and link.closed is None and str(link.id) not in connections:
            hub.later(joining.heal(hub, link))


async def recheck(hub: Hub) -> None:
    """Asks again whether everybody connected may be here; closes those who may not (AU-7, AZ-6)."""
    links = [link for link in hub.links() if link.closed is None]
    hub.rechecks += 1
    in_full = {link.ticket for link in links[hub.rechecks % IN_FULL :: IN_FULL]}
    for begin in range(0, len(links), SLICE):
        await _recheck(hub, links[begin : begin + SLICE], in_full)


async def _recheck(hub: Hub, links: list[Link], in_full: set[Ticket]) -> None:
    tickets = [link.ticket for link in links]
    found = await hub.threads.run(standings_again, tickets, now=hub.now(), in_full=in_full)
    for link, standing in zip(links, found, strict=True):
        code = _must_close(link, standing)
        if code is not None:
            link.close(code)
            joining.leave(hub, link, cause="removed", at=hub.now())


def _must_close(link: Link, standing: Standing | AccessError) -> int | None:
    if isinstance(standing, AccessError):
        return CODES.get(standing.code, NO_LONGER_ALLOWED)
    if standing.role is not link.standing.role or standing.roles != link.standing.roles:
        return RESTART  # another role: the browser comes again and finds its new place
    return None


def _rows(session_ids: list[UUID]) -> dict[UUID, tuple[int, dict[str, str], float | None]]:
    """{session: (version, connections, when something inside is due)}."""
    with every_program():
        rows = RoomState.objects.filter(pk__in=session_ids)
        found = rows.values_list("pk", "version", "state__connections", "state__due")
        return {key: (version, connections or {}, due) for key, version, connections, due in found}


def _tick(session_id: UUID, *, now: datetime) -> None:
    with every_program():
        clock.tick_due(now=now, session_id=session_id)


async def watch_media(hub: Hub) -> None:
    """Nobody stays at a media server whom the room does not hold."""
    await hub.warden.look(list(hub.rooms))


async def _beat(hub: Hub) -> None:
    while not hub.stopping:
        await asyncio.sleep(EVERY)
        if slept := hub.pulse.beat():
            _log.warning("room.slept", seconds=round(slept, 1))


async def _recheck_often(hub: Hub) -> None:
    while not hub.stopping:
        try:
            async with asyncio.timeout(RECHECK):
                await hub.revoked.wait()
        except TimeoutError:
            pass
        hub.revoked.clear()
        await _survive(recheck, hub)


async def _every(hub: Hub, round_: Callable[[Hub], Awaitable[None]], seconds: float) -> None:
    while not hub.stopping:
        await asyncio.sleep(seconds)
        await _survive(round_, hub)


async def _survive(round_: Callable[[Hub], Awaitable[None]], hub: Hub) -> None:
    try:
        await round_(hub)
    except Exception:  # a loop that ends would leave everybody unchecked; the next round tries again
        _log.warning("room.round_failed", round=round_.__name__, exc_info=True)
