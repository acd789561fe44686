"""One scripted connection: speaks the room's protocol as our own browser does, and writes down what it lived through.

Comes back by itself with jitter, catches up by the numbers it saw, says again what was not answered with the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from vio.rehearse.truth import LOST_BROWSER, LOST_SERVER, Stay, is_causal

HEARTBEAT = 10.0  # AT-2
CONNECT_PATIENCE = 15.0
LONGEST_PAUSE = 5.0
FINAL = {1000, 1008, 4401, 4403, 4409}
Frame = dict[str, Any]


class Clock:
    """Our own wall clock, carried on by one that only goes forward: nothing here trusts the server's."""

    def __init__(self) -> None:
        self._wall, self._steady = time.time(), time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._wall + time.monotonic() - self._steady


@dataclass(frozen=True)
class Door:
    """Where and as whom to connect."""

    url: str  # ws://localhost:8000/ws/sessions/<id>/
    origin: str
    cookie: str
    person: str


@dataclass
class Diary:
    """What one connection saw: stays in the room, messages heard, troubles with numbers and clocks."""

    stays: list[Stay] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)  # message ids heard live
    order: list[int] = field(default_factory=list)  # their numbers
    known: set[str] = field(default_factory=set)  # also those of snapshots
    troubles: list[str] = field(default_factory=list)
    losses: int = 0


def instant(frame: Frame) -> float:
    """The instant a frame states, in seconds."""
    return datetime.fromisoformat(str(frame["at"])).timestamp()


class Line:
    """One device of one person at one room; `heard` is told every frame after it was taken in."""

    def __init__(self, door: Door, clock: Clock, heard: Callable[[Line, Frame], None] | None = None) -> None:
        self.door = door
        self.clock = clock
        self.diary = Diary()
        self.numbers: dict[str, int] = {}
        self.room: Frame = {}
        self.live_since: float | None = None
        self.entered = asyncio.Event()
        self.over = asyncio.Event()  # the session ended, or this line will not come back
        self._heard = heard or (lambda line, frame: None)
        self._pending: dict[str, tuple[Frame, asyncio.Future[Frame]]] = {}
        self._socket: ClientConnection | None = None
        self._wanted = True
        self._task: asyncio.Task[None] | None = None
        self._inside: tuple[float, float] | None = None  # since when, with which slack
        self._knocked = 0.0
        self._behind = False
        self.went = ""
        self.refused = ""  # why the last knock led nowhere

    # --- coming and going -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Connects, and stays connected until told otherwise."""
        self._wanted = True
        self._task = asyncio.create_task(self._stay())

    async def cut(self) -> None:
        """The line breaks: the socket is aborted without a closing handshake."""
        self._wanted, self.went = False, "cut"
        if self._socket is not None:
            self._leave_room(self.clock.now(), cost=LOST_BROWSER)
            self._socket.transport.abort()
        await self._gone()

    async def close(self) -> None:
        """Closed in order, as a browser closes a tab."""
        self._wanted, self.went = False, "closed"
        if self._socket is not None:
            self._leave_room(self.clock.now())
            await self._socket.close(1001)
        await self._gone()

    async def _gone(self) -> None:
        if self._task is not None:
            try:
                await asyncio.wait_for(asyncio.shield(self._task), 3)
            except (TimeoutError, asyncio.CancelledError):
                self._task.cancel()
            self._task = None
        self._answer_nothing()

    def _answer_nothing(self) -> None:
        for frame, future in self._pending.values():
            if not future.done():  # whoever waits for an answer learns that none will come
                future.set_result({"type": "error", "id": frame["id"], "code": "gone", "message": ""})
        self._pending.clear()

    async def _stay(self) -> None:
        attempt = 0
        while self._wanted:
            self._knocked = self.clock.now()
            try:
                async with asyncio.timeout(CONNECT_PATIENCE):
                    socket = await connect(
                        self.door.url + self._query(), origin=Origin(self.door.origin), proxy=None,
                        additional_headers={"Cookie": self.door.cookie}, ping_interval=None,
                        open_timeout=None, close_timeout=2, max_size=2**22,
                    )  # fmt: skip
            except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed) as error:
                self.refused = f"{type(error).__name__} {error}".strip()
                attempt += 1
                await asyncio.sleep(min(LONGEST_PAUSE, 0.5 * 2**attempt) * random.random())  # noqa: S311  # jitter
                continue
            if self.went:  # while we were knocking
                await socket.close()
                return
            if await self._live(socket):
                attempt = 0

    def _query(self) -> str:
        if not self.numbers:
            return ""
        mine = f"person:{self.door.person}"
        names = {"room": "room", "staff": "staff", mine: "me"}
        return "?" + "&".join(f"{names[a]}={n}" for a, n in self.numbers.items() if a in names)

    async def _live(self, socket: ClientConnection) -> bool:
        """One connection from its first frame to its end; whether it ever went live."""
        self._socket, self._behind = socket, False
        heart = asyncio.create_task(self._beat(socket))
        try:
            async for text in socket:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            heart.cancel()
            self._socket = None
        was_live, self.live_since = self.live_since is not None, None
        self._ended(socket.close_code)
        return was_live

    def _ended(self, code: int | None) -> None:
        if not self._wanted:
            return
        if code in FINAL:
            self._wanted = False
            self._leave_room(self.clock.now())
            self.over.set()
            self._answer_nothing()
            return
        self.diary.losses += 1
        self._leave_room(self.clock.now(), cost=LOST_SERVER)

    async def _beat(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            await self._put(socket, {"id": str(uuid4()), "type": "ping", "heads": self.numbers})

    # --- speaking -------------------------------------------------------------------------------------------

    async def say(self, kind: str, **fields: Any) -> Frame:
        """Says a command and waits for its answer, over any number of reconnections."""
        command = str(fields.pop("id", uuid4()))
        frame = {"id": command, "type": kind, **fields}
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._pending[command] = (frame, future)
        if self._socket is not None and self.live_since is not None:
            await self._put(self._socket, frame)
        return await future

    async def _put(self, socket: ClientConnection, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):  # it is said again on the next connection
            await socket.send(json.dumps(frame))

    def _say_again(self) -> None:
        socket = self._socket
        if socket is not None:
            for frame, _ in list(self._pending.values()):
                asyncio.get_running_loop().create_task(self._put(socket, frame))

    # --- hearing --------------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        kind = str(frame["type"])
        if kind in {"ack", "error"}:
            waiting = self._pending.pop(str(frame.get("id")), None)
            if waiting is not None and not waiting[1].done():
                waiting[1].set_result(frame)
        elif kind == "snapshot":
            self._view(frame)
        elif kind == "resumed":
            self._resumed(frame)
        elif "audience" in frame and not self._count(frame):
            return
        self._heard(self, frame)

    def _view(self, frame: Frame) -> None:
        self.numbers, self.room = dict(frame["numbers"]), frame["room"]
        self.diary.known |= {str(said["message"]) for said in frame["chat"] if said["type"] == "chat.sent"}
        if frame["me"]["sees"] != "self":
            self._enter_room(instant(frame), stated_exactly=False)
        elif self._inside is not None:
            self._leave_room(self.clock.now())
        self._go_live()

    def _resumed(self, frame: Frame) -> None:
        self.numbers = dict(frame["numbers"])
        if "room" in self.numbers:
            self._enter_room(self.clock.now(), stated_exactly=False)
        self._go_live()

    def _go_live(self) -> None:
        first, self._behind = self.live_since is None, False
        if first:
            self.live_since = self.clock.now()
            self.entered.set()
            self._say_again()

    def _count(self, frame: Frame) -> bool:
        """Takes an event in by its number; False for one that is not the next."""
        audience, number = str(frame["audience"]), int(frame["number"])
        last = self.numbers.get(audience, 0)
        if number <= last:
            return False
        if number > last + 1 and audience in self.numbers:
            self._catch_up()
            return False
        self.numbers[audience] = number
        self._event(frame, number)
        return True

    def _catch_up(self) -> None:
        """Something is missing: ask for it once, and let go of what comes before the answer (RT-5)."""
        if not self._behind and self._socket is not None:
            self._behind = True
            ask = {"id": str(uuid4()), "type": "room.resume", "numbers": self.numbers}
            asyncio.get_running_loop().create_task(self._put(self._socket, ask))

    def _event(self, frame: Frame, number: int) -> None:
        kind, mine = str(frame["type"]), frame.get("person") == self.door.person
        if kind == "chat.sent":
            self.diary.heard[str(frame["message"])] += 1
            self.diary.known.add(str(frame["message"]))
            self.diary.order.append(number)
        elif kind == "you.admitted" or (kind == "connection.returned" and mine):
            self._enter_room(instant(frame), stated_exactly=True)
        elif kind in {"you.left", "you.removed", "you.moved_to_lobby", "room.ended"}:
            self._leave_room(instant(frame))
            if kind == "room.ended":
                self.over.set()

    # --- the truth ------------------------------------------------------------------------------------------

    def _enter_room(self, at: float, *, stated_exactly: bool) -> None:
        if self._inside is not None:
            return
        now = self.clock.now()
        if not is_causal(at, self._knocked, now):
            self.diary.troubles.append(
                f"was let in at {at:.3f}, between {self._knocked:.3f} and {now:.3f} by us"
            )
        # A snapshot is made a moment after the arrival it shows: the ledger may begin up to the knock.
        self._inside = (at, 0.0 if stated_exactly else max(0.0, at - self._knocked))

    def _leave_room(self, at: float, *, cost: float = 0.0) -> None:
        if self._inside is None:
            return
        (since, slack), self._inside = self._inside, None
        self.diary.stays.append(Stay(since, at, slack=slack, cost=cost))
