"""What every scenario stands on: the running stack, the database read from outside, a clock of our own, rooms to play in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import TypeVar

from django.conf import settings
from django.db import connections

from faults.findings import Book
from faults.stack import Stack
from groups.models import Group, Person, Program
from vio.common.scope import every_program
from vio.rehearse.extras import extra_groups
from vio.rehearse.line import Clock
from vio.rehearse.logins import cookie_of, mint_login
from vio.rehearse.play import Venue
from vio.rehearse.stage import ACTOR, Stage, one_room

Result = TypeVar("Result")


async def db(work: Callable[[], Result]) -> Result:
    """Synchronous work on the database in a thread, seeing every program."""
    return await asyncio.to_thread(_in_scope, work)


def _in_scope(work: Callable[[], Result]) -> Result:
    try:
        with every_program():
            return work()
    finally:
        connections.close_all()


async def eventually(holds: Callable[[], bool], seconds: float, every: float = 0.1) -> float | None:
    """How many seconds it took until that held; None when it did not in time."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if holds():
            return time.monotonic() - began
        await asyncio.sleep(every)
    return time.monotonic() - began if holds() else None


async def eventually_in_db(holds: Callable[[], bool], seconds: float, every: float = 0.5) -> float | None:
    """The same for something in the database."""
    began = time.monotonic()
    while True:
        if await db(holds):
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            return None
        await asyncio.sleep(every)


@dataclass
class Ground:
    """Everything a scenario needs; `later` holds checks that need the clockwork and wait for the end of the run,
    `leaving` what takes people out of their rooms when a scenario breaks off.
    """

    stack: Stack
    seed: int
    book: Book = field(default_factory=Book)
    clock: Clock = field(default_factory=Clock)
    later: list[tuple[str, Callable[[], Awaitable[None]]]] = field(default_factory=list)
    leaving: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    _rooms: Iterator[int] = field(default_factory=lambda: count(1))
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311  # a script

    def part(self) -> Ground:
        """The same ground for one scenario: only who has to be taken out of a room is its own."""
        return replace(self, leaving=[])

    def random_for(self, name: str) -> Random:
        """Chance of its own for a scenario, so that it is the same alone and among others."""
        return Random(f"{self.seed}:{name}")  # noqa: S311  # a script

    def venue(self, port: int | None = None) -> Venue:
        """Where people go in: the pages' port, or one that leads there."""
        return Venue(self.stack.origin, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)

    async def room(
        self, *, due_in: float = 840.0, length: float = 3600.0, due_at: datetime | None = None
    ) -> Stage:
        """A group nobody has used yet, with an open room; misses fall due in so many seconds, or at that instant."""

        def make(number: int) -> Stage:
            group = extra_groups(number, actor=ACTOR, now=datetime.now(UTC))[-1]
            begin = time.time()
            return one_room(
                Group.objects.select_related("program").get(pk=group.pk), now=datetime.now(UTC),
                determined=due_at or datetime.fromtimestamp(begin + due_in, UTC),
                until=datetime.fromtimestamp(begin + length, UTC),
            )  # fmt: skip

        async with self._making:  # whoever makes a group makes those before it as well
            number = next(self._rooms)
            return await db(lambda: make(number))

    async def cookie(self, person: Person) -> str:
        """The Cookie header of a new login."""
        return cookie_of(await db(lambda: mint_login(person, now=datetime.now(UTC))))

    async def program(self) -> Program:
        """The program in which everything happens."""
        async with self._making:
            return await db(lambda: extra_groups(1, actor=ACTOR, now=datetime.now(UTC))[0].program)
