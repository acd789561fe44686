"""A scripted browser: the rehearsal's line, and what a real browser does besides: it notices silence, compares head numbers,
and keeps the view that the events lead to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

from websockets.asyncio.client import ClientConnection

from sessions_app.room.events import EVENTS
from sessions_app.room.replies import event_fields
from sessions_app.room.state import Room
from sessions_app.room.views import Viewer, apply_view
from sessions_app.room.words import Sees
from vio.rehearse.line import FINAL, Clock, Door, Frame, Line
from vio.rehearse.truth import LOST_BROWSER

SILENT_AFTER = 15.0  # RT-9
BEHIND_FOR = 2.0  # RT-5


class Browser(Line):
    """One device of one person; everything it lived through is kept for the checkers."""

    def __init__(self, door: Door, clock: Clock, heard: Callable[[Line, Frame], None] | None = None) -> None:
        super().__init__(door, clock, heard)
        self.view = Room()
        self.viewer = Viewer(door.person, Sees.SELF)
        self.frames: list[
            tuple[str, int, str]
        ] = []  # audience, number, content: as applied on this connection
        self.closes: list[tuple[float, int | None]] = []
        self.snapshots = self.resumes = self.repairs = self.silences = 0
        self.heard_when: dict[str, float] = {}  # message: when it came as an event
        self.pongs: list[float] = []
        self.came_live: list[float] = []
        self.based = 0  # the room's number at the last snapshot
        self.bare = False  # an absent-minded browser that sends no heartbeats
        self.is_told = False  # whether the server learns of the end of its line at once, whatever ends it
        self._said: dict[str, float] = {}  # on this connection, and when
        self._proved = 0.0  # when it said what was last answered there
        self._heard_at = time.monotonic()
        self._asked: dict[str, float] = {}

    def loses_line(self) -> None:
        """The line breaks now, though neither end knows yet: from here on this person is not there (AT-2)."""
        self._leave_room(self.clock.now(), cost=LOST_BROWSER)

    @property
    def is_live(self) -> bool:
        """Whether it is connected and up to date."""
        return self._socket is not None and self.live_since is not None

    # --- heartbeat ----------------------------------------------------------------------------------------------

    async def _live(self, socket: ClientConnection) -> bool:
        self._heard_at = time.monotonic()
        watch = asyncio.create_task(self._watch(socket))
        try:
            return await super()._live(socket)
        finally:
            watch.cancel()

    async def _watch(self, socket: ClientConnection) -> None:
        """Nothing for 15 s though heartbeats went out: the line is dead, whatever the socket says."""
        while not self.bare:
            await asyncio.sleep(1)
            if time.monotonic() - self._heard_at > SILENT_AFTER:
                self.silences += 1
                socket.transport.abort()
                return

    async def _beat(self, socket: ClientConnection) -> None:
        while not self.bare:
            await self._ping(socket)
            await asyncio.sleep(10)

    async def _ping(self, socket: ClientConnection) -> None:
        key = str(uuid4())
        self._asked[key] = time.monotonic()
        await self._put(socket, {"id": key, "type": "ping", "heads": self.numbers})

    async def _put(self, socket: ClientConnection, frame: Frame) -> None:
        self._said[str(frame["id"])] = self.clock.now()
        await super()._put(socket, frame)

    def _ended(self, code: int | None) -> None:
        """Where the server learns of every end at once, a loss costs no more than what passed since the last proof of life."""
        now = self.clock.now()
        self.closes.append((now, code))
        if self.is_told and self._wanted and code not in FINAL:
            self._leave_room(now, cost=min(LOST_BROWSER, now - self._proved))
        self._said.clear()
        super()._ended(code)

    def _enter_room(self, at: float, *, stated_exactly: bool) -> None:
        """What is told while catching up happened before this browser knew: it counts from now, and may count from the knock."""
        self._proved = max(self._proved, self.clock.now()) if self._inside is None else self._proved
        if self.live_since is None and self._inside is None:
            now = self.clock.now()
            self._inside = (now, now - self._knocked)
            return
        super()._enter_room(at, stated_exactly=stated_exactly)

    # --- hearing ------------------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "pong":
            # Only an answer proves that both directions work; what merely arrives does not.
            self._heard_at = time.monotonic()
            self._pong(frame)
        if frame["type"] in {"pong", "ack", "error"}:
            self._proved = max(self._proved, self._said.pop(str(frame.get("id")), 0.0))
        super()._take(frame)

    def _pong(self, frame: Frame) -> None:
        asked = self._asked.pop(str(frame["id"]), None)
        if asked is not None:
            self.pongs.append(time.monotonic() - asked)
        if self._is_behind(frame["heads"]):
            heads = dict(frame["heads"])
            asyncio.get_running_loop().call_later(BEHIND_FOR, self._repair_when_behind, heads)

    def _is_behind(self, heads: dict[str, int]) -> bool:
        return any(number > self.numbers.get(audience, 0) for audience, number in heads.items())

    def _repair_when_behind(self, heads: dict[str, int]) -> None:
        if self.is_live and self._is_behind(heads):
            self.repairs += 1
            self._catch_up()

    def _view(self, frame: Frame) -> None:
        self.snapshots += 1
        self.based = int(frame["numbers"].get("room", 0))
        self.view = Room.model_validate(frame["room"])
        self.viewer = Viewer(self.door.person, Sees(frame["me"]["sees"]))
        super()._view(frame)

    def _resumed(self, frame: Frame) -> None:
        self.resumes += 1
        super()._resumed(frame)

    def _go_live(self) -> None:
        if self.live_since is None:
            self.came_live.append(self.clock.now())
        super()._go_live()

    def _event(self, frame: Frame, number: int) -> None:
        content = str(frame.get("message") or f"{frame['type']}:{frame.get('person', '')}:{frame.get('at')}")
        self.frames.append((str(frame["audience"]), number, content))
        self.heard_when.setdefault(content, self.clock.now())
        if frame["type"] != "forgotten":
            event = EVENTS.validate_python(event_fields(frame))
            self.view = apply_view(self.view, event, self.viewer)
        super()._event(frame, number)
