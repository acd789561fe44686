"""A room with people in it who talk while something breaks, and what they lived through held against the database."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from uuid import uuid4

from faults import checkers, ledger
from faults.browser import Browser
from faults.ground import Ground, db, eventually
from faults.history import Call, History, Outcome
from faults.proxy import Wire
from sessions_app.room import log
from sessions_app.room.models import RoomEvent
from sessions_app.room.views import project
from sessions_app.room.words import Place
from vio.rehearse.line import Frame, Line
from vio.rehearse.stage import Player, Stage

UNDECIDED = {"unavailable", "rate_limited", "gone", "internal_error"}
QUIET = 15.0
MOST_OPEN = 3


class Evening:
    """One room: a facilitator, some clients, each behind a wire of their own that can be broken."""

    def __init__(self, ground: Ground, name: str, stage: Stage, people: int) -> None:
        self.ground, self.name, self.stage = ground, name, stage
        self.players: tuple[Player, ...] = (stage.leader, *stage.clients[:people])
        self.random = ground.random_for(name)
        self.history = History()
        self.wires: dict[str, Wire] = {}
        self.browsers: dict[str, list[Browser]] = {}
        self.odd: list[str] = []
        self._tasks: set[asyncio.Task[object]] = set()
        self._talking = False
        self._open: dict[str, int] = {}
        ground.leaving.append(self.leave)

    # --- people -------------------------------------------------------------------------------------------------

    @property
    def lead(self) -> Browser:
        """The facilitator."""
        return self.browsers[self.stage.leader.person][0]

    @property
    def clients(self) -> list[Browser]:
        """The first device of each client."""
        return [self.browsers[player.person][0] for player in self.players[1:]]

    def wire(self, browser: Browser) -> Wire:
        """The way of that person to the server."""
        return self.wires[browser.door.person]

    async def lay(self, wire: Wire) -> Wire:
        """Somebody's way to the server, before the first knock."""
        return await wire.open()

    async def device(self, player: Player, *, target: int | None = None) -> Browser:
        """One more device of somebody, behind that person's wire."""
        if player.person not in self.wires:
            self.wires[player.person] = await self.lay(Wire(target or self.ground.stack.port))
        door = self.ground.venue().door(player, f"/ws/sessions/{self.stage.session}/")
        port = self.wires[player.person].port
        at = f"ws://localhost:{port}/ws/sessions/{self.stage.session}/"
        browser = Browser(replace(door, url=at), self.ground.clock, self._heard)
        self.browsers.setdefault(player.person, []).append(browser)
        return browser

    async def begin(self, *, targets: dict[int, int] | None = None) -> None:
        """Everybody comes, is let in, and the session starts. Raises TimeoutError when that does not work."""
        for number, player in enumerate(self.players):
            browser = await self.device(player, target=(targets or {}).get(number))
            browser.start()
            if number == 0 and await eventually(browser.entered.is_set, 40) is None:
                raise TimeoutError(
                    f"{self.name}: the facilitator did not come in ({browser.refused or browser.closes})"
                )
        if await eventually(self._all_in, 60) is None:
            raise TimeoutError(f"{self.name}: not everybody was let in")
        async with asyncio.timeout(40):
            await self.lead.say("room.start")
        await asyncio.sleep(1)

    def _all_in(self) -> bool:
        inside = {person.id for person in self.lead.view.at(Place.IN)}
        return all(p.person in inside for p in self.players)

    def _heard(self, line: Line, frame: Frame) -> None:
        """The facilitator lets everybody in who waits."""
        if line.door.person != self.stage.leader.person:
            return
        kind = str(frame["type"])
        if kind in {"client.waiting", "waiting.returned"}:
            self.later(self._admit(line, str(frame["person"])))
        elif kind == "snapshot":
            for person, occupant in frame["room"]["people"].items():
                if occupant["place"] == "waiting" and occupant["connected"]:
                    self.later(self._admit(line, person))

    async def _admit(self, line: Line, person: str) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                await line.say("client.admit", person=person)

    # --- talking ------------------------------------------------------------------------------------------------

    def talk(self, pause: tuple[float, float] = (1.2, 2.4)) -> None:
        """Everybody begins to write to the room, a message every few seconds each."""
        self._talking = True
        for browser in [self.lead, *self.clients]:
            self.later(self._talks(browser, pause))
            self.later(self._fidgets(browser))

    async def _talks(self, browser: Browser, pause: tuple[float, float]) -> None:
        person = browser.door.person
        while not browser.over.is_set():
            await asyncio.sleep(self.random.uniform(*pause))
            if not self._talking:
                return
            if self._open.get(person, 0) < MOST_OPEN:
                self.later(self.say(browser))

    async def _fidgets(self, browser: Browser) -> None:
        """Hands go up and down and people are muted meanwhile: what is not said must agree in the end as well (RT-7)."""
        asked = 0
        while self._talking and not browser.over.is_set():
            await asyncio.sleep(self.random.uniform(3, 6))
            if browser is self.lead:
                who = self.random.choice(self.players[1:]).person
                await browser.say("client.mute", person=who)
            else:
                await browser.say(("hand.raise", "hand.lower")[asked % 2])
            asked += 1

    async def say(self, browser: Browser, *, patience: float = 45.0) -> Call:
        """One message, said again under the same id while it is not decided; its call is in the history."""
        person = browser.door.person
        call = self.history.invoke(person, str(uuid4()), self.ground.clock.now())
        self._open[person] = self._open.get(person, 0) + 1
        try:
            async with asyncio.timeout(patience):
                await self._until_decided(browser, call)
        except TimeoutError:
            pass
        finally:
            self._open[person] -= 1
        return call

    async def _until_decided(self, browser: Browser, call: Call) -> None:
        while True:
            answer = await browser.say("chat.send", id=call.id, text="Good to see you all.")
            if answer["type"] == "ack":
                call.outcome, call.answered = Outcome.OK, self.ground.clock.now()
                call.number = answer["numbers"].get("room")
                return
            call.code = str(answer["code"])
            if call.code == "internal_error":
                self.odd.append(f"internal_error: {answer['message']}")
            if call.code not in UNDECIDED:
                call.outcome, call.answered = Outcome.FAIL, self.ground.clock.now()
                return
            await asyncio.sleep(1.5)

    def later(self, work: object) -> None:
        """Runs a coroutine of this evening."""
        task: asyncio.Task[object] = asyncio.create_task(work)  # type: ignore[arg-type]  # a coroutine
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def hush(self, seconds: float = QUIET) -> None:
        """Nobody says anything any more; everything open is decided; then quiet."""
        self._talking = False
        await eventually(lambda: not any(self._open.values()), 50)
        await asyncio.sleep(seconds)

    async def acknowledged_soon(self, seconds: float) -> float | None:
        """How long until somebody's new message is acknowledged."""
        began = self.ground.clock.now()
        return await eventually(
            lambda: any((c.answered or 0) > began and c.asked > began for c in self.history.of(Outcome.OK)),
            seconds,
        )

    async def back(self, seconds: float) -> float | None:
        """How long until everybody who wants to be here is live; None when not in time."""
        everybody = [b for devices in self.browsers.values() for b in devices]
        return await eventually(lambda: all(b.is_live or not b._wanted for b in everybody), seconds)

    def absent(self) -> list[str]:
        """Who wants to be here and is not, and since when they have been knocking."""
        now = self.ground.clock.now()
        return [
            f"{browser.door.person[:6]} knocked {now - browser._knocked:.1f} s ago, last closed with {browser.closes[-1:]}"
            for devices in self.browsers.values()
            for browser in devices
            if browser._wanted and not browser.is_live
        ]

    def slowest(self, start: float, end: float) -> float:
        """The longest time from an acknowledgement in that time until a live browser heard the message, in seconds."""
        return max(
            (
                browser.heard_when[call.id] - (call.answered or call.asked)
                for call in self.history.between(start, end)
                for browser in self._live()
                if call.id in browser.heard_when
            ),
            default=0.0,
        )

    def waits(self, start: float, end: float, *, without: frozenset[str] = frozenset()) -> list[float]:
        """How long commands asked in that time took to be acknowledged, in seconds."""
        calls = self.history.between(start, end)
        return sorted(c.answered - c.asked for c in calls if c.answered and c.person not in without)

    # --- what must hold -----------------------------------------------------------------------------------------

    async def transcript(self) -> list[tuple[int, str]]:
        """(number, message) of every message in the room's log."""
        return await db(
            lambda: [
                (line.number, str(log.read(line.frame).message))  # type: ignore[union-attr]  # chat has one
                for line in log.beyond(self.stage.session, {})
                if line.kind == "chat.sent"
            ]
        )

    async def numbers(self) -> dict[str, list[int]]:
        """All numbers of each audience in the log."""

        def read() -> dict[str, list[int]]:
            found: dict[str, list[int]] = {}
            rows = RoomEvent.objects.filter(session=self.stage.session).values_list("audience", "number")
            for audience, number in rows:
                found.setdefault(audience, []).append(number)
            return found

        return await db(read)

    async def check_history(self, *ids: str) -> None:
        """Messages: once, in order, numbered without gaps, the same for everybody, and nobody lacks one."""
        transcript = await self.transcript()
        numbers = await self.numbers()
        said = f"{self.name}: {len(self.history.calls)} messages ({self.history.counts()})"
        troubles = {
            "RT-1": checkers.without_gaps(numbers)
            + checkers.acknowledged_numbers(self.history, transcript)
            + ([] if any(self.history.of(Outcome.OK)) else ["nothing was ever acknowledged"]),
            "RT-2": checkers.exactly_once(self.history, [key for _, key in transcript]),
            "OP-1": checkers.exactly_once(self.history, [key for _, key in transcript]),
            "RT-3": checkers.heard_in_order(self._heard_of("room")) + self._complete(transcript),
            "RT-6": checkers.in_order(self.history, transcript)
            + checkers.heard_in_order(self._heard_of("room"))
            + checkers.heard_in_order(self._heard_of("staff")),
        }
        troubles["WS-6"] = troubles["FT-clock"] = troubles["RT-2"] + troubles["RT-3"]
        for key in ids:
            self.ground.book.check(key, [f"{self.name}: {t}" for t in troubles[key]], said)
        if self.odd:
            self.ground.book.check("WS-5", self.odd, "")

    def _heard_of(self, audience: str) -> dict[str, list[tuple[int, str]]]:
        return {
            f"{browser.door.person[:6]}/{number}": [(n, c) for a, n, c in browser.frames if a == audience]
            for person in self.browsers.values()
            for number, browser in enumerate(person)
        }

    def _complete(self, transcript: list[tuple[int, str]]) -> list[str]:
        """What came after a browser's last snapshot must all have come as events."""
        troubles = []
        for browser in self._live():
            wanted = {key for number, key in transcript if number > browser.based}
            name = browser.door.person[:6]
            troubles += checkers.complete({name: browser.diary.known}, wanted)
        return troubles

    def _live(self) -> list[Browser]:
        return [b for devices in self.browsers.values() for b in devices if b.is_live]

    async def check_converged(self, *ids: str) -> None:
        """After quiet: every browser that should be here is, and its state and numbers are the server's."""
        troubles = ["never looked"]
        for _ in range(3):  # an event may be on its way in the very moment of looking
            moment = await db(lambda: log.moment(self.stage.session))
            live = self._live()
            views = {f"{b.door.person[:6]}": (b.view, b.numbers) for b in live}
            truth = {
                f"{b.door.person[:6]}": (
                    project(moment.room, b.viewer),
                    {a: moment.heads.get(a, 0) for a in b.viewer.audiences},
                )
                for b in live
            }
            troubles = checkers.same_state(views, truth)
            if not troubles:
                break
            await asyncio.sleep(1)
        wanted = [b for devices in self.browsers.values() for b in devices if b._wanted]
        if len(live) < len(wanted):
            troubles.append(f"{len(wanted) - len(live)} of {len(wanted)} browsers did not come back")
        for key in ids:
            self.ground.book.check(
                key, [f"{self.name}: {t}" for t in troubles], f"{self.name}: {len(live)} browsers agree"
            )

    # --- the end ------------------------------------------------------------------------------------------------

    async def end(self, *ids: str) -> None:
        """The session ends; ledger and leftovers are checked when the clockwork has counted."""
        self._talking = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(30):
                await self.lead.say("room.end")
        await eventually(lambda: all(b.over.is_set() for b in self._live()), 15)
        await self.leave()
        if ids:
            self.ground.later.append((ids[0], lambda: ledger.check(self, ids)))

    async def leave(self) -> None:
        """Everybody goes; wires are taken down."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        everybody = [b for devices in self.browsers.values() for b in devices]
        await asyncio.gather(*(browser.close() for browser in everybody), return_exceptions=True)
        for wire in self.wires.values():
            await wire.close()


async def evening(ground: Ground, name: str, people: int = 5, *, due_in: float = 840.0) -> Evening:
    """An evening with everybody in the room and the session running; misses fall due in so many seconds."""
    made = Evening(ground, name, await ground.room(due_in=due_in), people)
    await made.begin()
    return made
