"""The crowd: connects seats, lets them speak in the ways the figures ask for, and counts what arrived."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench.load.dialects import DIALECTS, Seat, SocketIo, Tutorial, Vio
from bench.load.wire import Wire
from bench.rows import percentile

PATIENCE = 60.0
QUIET = 0.25
"""How often it is looked whether everything has arrived."""


def _itself(wire: Wire) -> Wire:
    return wire


@dataclass
class Run:
    """The count of one run: what was sent per room, the age of every delivery in seconds."""

    number: int
    sent: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    ages: list[float] = field(default_factory=list)
    last: float = 0.0


class Crowd:
    """All connections to one server."""

    def __init__(self, dialect: str, port: int, origin: str) -> None:
        self.dialect: Vio | SocketIo | Tutorial = DIALECTS[dialect](self._delivered)
        self.port, self.origin = port, origin
        self.wires: list[Wire] = []
        self.hosts: list[Wire] = []
        self.run = Run(0)
        self._again: dict[int, tuple[Wire, int]] | None = None
        self._pace = 0.0
        self._until = 0.0
        self._beats: asyncio.Task[None] | None = None

    # --- coming and going -----------------------------------------------------------------------------------

    async def connect(self, seats: list[dict[str, Any]]) -> dict[str, Any]:
        """Everybody at once; done when each has what it needs to show the room."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        made = [self._wire(Seat(**seat)) for seat in seats]
        doors = [loop.create_connection(partial(_itself, wire), "127.0.0.1", self.port) for wire in made]
        opened = await asyncio.gather(*doors, return_exceptions=True)
        for wire, result in zip(made, opened, strict=True):
            if isinstance(result, BaseException) and not wire.ready.done():
                wire.ready.set_exception(ConnectionError(str(result)))
        done, late = await asyncio.wait([wire.ready for wire in made], timeout=PATIENCE)
        came = [future.result() - began for future in done if future.exception() is None]
        if self.dialect.heartbeat and self._beats is None:
            self._beats = loop.create_task(self._beat())
        why = next((str(future.exception()) for future in done if future.exception()), "")
        return {
            "seconds": max(came, default=0.0), "p50": percentile(came, 0.5) if came else 0.0,
            "came": len(came), "failed": len(made) - len(came), "late": len(late), "why": why,
        }  # fmt: skip

    def _wire(self, seat: Seat) -> Wire:
        request = self.dialect.request(seat, self.port, self.origin)
        wire = Wire(seat.room, len(self.wires), request, self.dialect.take)
        self.wires.append(wire)
        if seat.hosts:
            self.hosts.append(wire)
        return wire

    async def enter(self) -> dict[str, Any]:
        """Facilitators begin the session and let everybody in; done when all see the room."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not all(wire.inside for wire in self.wires):
            if isinstance(self.dialect, Vio):
                outside = {wire.room for wire in self.wires if not wire.inside}
                for wire in self.hosts:
                    if wire.room in outside:
                        self.dialect.command(wire, "room.start")
                        self.dialect.command(wire, "client.admit_all")
            for _ in range(12):
                if all(wire.inside for wire in self.wires):
                    break
                await asyncio.sleep(QUIET)
        return {"inside": sum(wire.inside for wire in self.wires), "of": len(self.wires)}

    async def leave(self) -> dict[str, Any]:
        """Everybody closes."""
        if self._beats is not None:
            self._beats.cancel()
            self._beats = None
        for wire in self.wires:
            wire.close()
        await asyncio.sleep(1.0)
        return {}

    async def _beat(self) -> None:
        """Heartbeats spread evenly over the time between two of one connection."""
        while True:
            wires = list(self.wires)
            for wire in wires:
                self.dialect.beat(wire)
                await asyncio.sleep(self.dialect.heartbeat / max(1, len(wires)))

    # --- speaking -------------------------------------------------------------------------------------------

    async def rate(self, per_second: float, seconds: float) -> dict[str, Any]:
        """A fixed number of messages a second, evenly spaced, from everybody in turn, room after room."""
        self._begin()
        order = self._in_turn()
        began, total = time.monotonic(), int(per_second * seconds)
        for number in range(total):
            wait = began + number / per_second - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self._say(order[number % len(order)])
        return await self._end(began)

    async def burst(self) -> dict[str, Any]:
        """One message from everybody in the same moment."""
        self._begin()
        began = time.monotonic()
        for wire in self._in_turn():
            self._say(wire)
        return await self._end(began)

    async def flood(self, seconds: float, pace: float) -> dict[str, Any]:
        """Everybody says the next thing when their last one came back, no sooner than `pace` seconds after it."""
        self._begin()
        began = time.monotonic()
        self._again, self._pace, self._until = {}, pace, began + seconds
        order = self._in_turn()
        for number, wire in enumerate(order):
            asyncio.get_running_loop().call_later(pace * number / len(order), self._say_and_wait, wire)
        await asyncio.sleep(seconds)
        within = len(self.run.ages)
        self._again = None
        found = await self._end(began)
        return found | {"per_second": within / seconds}

    def _say_and_wait(self, wire: Wire) -> None:
        if self._again is not None and time.monotonic() < self._until and not wire.closed:
            before = time.monotonic_ns()
            self._say(wire)
            self._again[wire.seat] = (wire, before)

    def _in_turn(self) -> list[Wire]:
        rooms: dict[int, list[Wire]] = defaultdict(list)
        for wire in self.wires:
            if wire.inside and not wire.closed:
                rooms[wire.room].append(wire)
        longest = max((len(people) for people in rooms.values()), default=0)
        return [people[n] for n in range(longest) for people in rooms.values() if n < len(people)]

    def _say(self, wire: Wire) -> None:
        self.run.sent[wire.room] += 1
        self.dialect.say(wire, self.run.number)

    # --- counting -------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.run = Run(self.run.number + 1)
        self.cpu = time.process_time()
        for wire in self.wires:
            wire.got = 0

    def _delivered(self, wire: Wire, run: int, sent: int) -> None:
        now = time.monotonic_ns()
        if run != self.run.number:
            return
        wire.got += 1
        self.run.ages.append((now - sent) / 1e9)
        self.run.last = now / 1e9
        if self._again is not None:
            waiting = self._again.get(wire.seat)
            if waiting is not None and sent >= waiting[1]:
                del self._again[wire.seat]
                rest = max(0.0, self._pace - (now - sent) / 1e9)
                asyncio.get_running_loop().call_later(rest, self._say_and_wait, wire)

    async def _end(self, began: float) -> dict[str, Any]:
        """Waits for what is still on its way; then who should have heard what is compared with who did."""
        expected = sum(self.run.sent[wire.room] for wire in self.wires)
        until = time.monotonic() + PATIENCE / 2
        seen = -1
        still = time.monotonic()
        while len(self.run.ages) < expected and time.monotonic() < until:
            if len(self.run.ages) != seen:
                seen, still = len(self.run.ages), time.monotonic()
            elif time.monotonic() - still > 8.0:
                break  # nothing has come for a while: the rest is lost
            await asyncio.sleep(0.02)
        wall = time.monotonic() - began
        return {
            "sent": sum(self.run.sent.values()), "delivered": len(self.run.ages), "expected": expected,
            "lost": sum(max(0, self.run.sent[wire.room] - wire.got) for wire in self.wires),
            "doubled": sum(max(0, wire.got - self.run.sent[wire.room]) for wire in self.wires),
            "seconds": max(0.0, self.run.last - began), "wall": wall,
            "own_cpu": (time.process_time() - self.cpu) / wall,
            "p50": percentile(self.run.ages, 0.5) * 1000 if self.run.ages else None,
            "p99": percentile(self.run.ages, 0.99) * 1000 if self.run.ages else None,
            "refused": getattr(self.dialect, "refused", {}),
        }  # fmt: skip
