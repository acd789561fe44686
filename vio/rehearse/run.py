"""A whole rehearsal: prepare, play, wait until the clockwork has counted, compare."""

from __future__ import annotations

import asyncio
import http
import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections

from vio.rehearse import script
from vio.rehearse.compare import Result, compare, settled
from vio.rehearse.line import Clock
from vio.rehearse.logins import forget_logins
from vio.rehearse.play import Performance, Venue, perform
from vio.rehearse.stage import StageError, Theatre, find_groups, prepare
from vio.rehearse.watch import Board

LEAD = 3.0  # seconds between the preparation and the first arrival
COUNTED_WITHIN = 120.0
ANSWERS_WITHIN = 45.0


@dataclass(frozen=True)
class Plan:
    """What is to be played: `length` real seconds in each of `rooms` rooms, at this address."""

    origin: str
    rooms: int
    length: float
    seed: int


def rehearse(plan: Plan, *, board: Board, tick: Callable[[], None] = lambda: None) -> Result:
    """Plays and compares; `tick` is called now and then while it lasts. Raises StageError when there is no stage."""
    began = time.monotonic()
    result = compare(play(plan, board=board, tick=tick))
    result.seconds = time.monotonic() - began
    return result


def play(plan: Plan, *, board: Board, tick: Callable[[], None] = lambda: None) -> Performance:
    """Plays, and waits until the clockwork has counted; returns what the script lived through."""
    groups = find_groups(plan.rooms, now=datetime.now(UTC))
    _wait_for_pages(plan.origin)
    clock = Clock()
    begin = clock.now() + LEAD
    theatre = prepare(
        groups,
        now=datetime.now(UTC),
        determined=_instant(begin + script.DETERMINED * plan.length),
        until=_instant(begin + plan.length),
    )
    try:
        performance = asyncio.run(_play(plan, theatre, board, clock, begin, tick))
        board.stage = "counting"
        _wait(theatre, tick)
    finally:
        forget_logins(theatre.logins)
    return performance


def _wait_for_pages(origin: str) -> None:
    """Until the pages answer. Raises StageError when they do not."""
    address = urlsplit(origin)
    deadline = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < deadline:
        link = http.client.HTTPConnection(address.hostname or "localhost", address.port, timeout=10)
        try:
            link.request("GET", "/healthz")
            if link.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.3)
        finally:
            link.close()
    raise StageError(f"nothing answers at {origin}; start it with `vio up --demo`")


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def _play(  # noqa: PLR0917  # what, where, when
    plan: Plan, theatre: Theatre, board: Board, clock: Clock, begin: float, tick: Callable[[], None]
) -> Performance:
    venue = Venue(plan.origin, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    ticking = asyncio.create_task(_tick(tick))
    try:
        return await perform(
            venue, theatre, seed=plan.seed, length=plan.length, board=board, clock=clock, begin=begin
        )
    finally:
        ticking.cancel()


async def _tick(tick: Callable[[], None]) -> None:
    while True:
        tick()
        await asyncio.sleep(0.15)


def _wait(theatre: Theatre, tick: Callable[[], None]) -> None:
    """Until the clockwork has counted every room; what is missing after that is a disagreement of its own."""
    close_old_connections()
    sessions = [stage.session for stage in theatre.stages]
    deadline = time.monotonic() + COUNTED_WITHIN
    while time.monotonic() < deadline and not settled(sessions, now=datetime.now(UTC)):
        tick()
        time.sleep(0.3)
