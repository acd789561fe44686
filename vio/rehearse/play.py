"""The evening itself: everybody follows their part over real sockets until the facilitator ends it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

from vio.rehearse import script
from vio.rehearse.desk import CheckInError, Desk, Sent, send_red_checkin
from vio.rehearse.line import Clock, Door, Frame, Line, instant
from vio.rehearse.script import Do, Part, Role, Step
from vio.rehearse.stage import Player, Stage, Theatre
from vio.rehearse.watch import Board, RoomNow

ANSWER_PATIENCE = 90.0
"""Seconds after which a command that was never answered is a disagreement; long enough for a server to come back."""
HARMLESS = {
    "already_open", "already_started", "on_break", "no_break", "same_mode", "not_waiting", "not_connected",
    "no_hand", "already_raised", "gone", "not_running", "room_ended", "not_in_room", "chat_off", "nobody_waiting",
}  # fmt: skip


COURSE = {"room.started", "room.ended", "break.started", "break.ended"}


@dataclass
class Said:
    """A message that was acknowledged: who said it, when it left, its number in the room."""

    by: str
    at: float
    number: int


@dataclass
class Played:
    """What one room lived through."""

    stage: Stage
    roles: list[Role]
    lines: dict[str, list[Line]] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    sent: dict[str, tuple[str, float]] = field(default_factory=dict)
    course: dict[str, set[float]] = field(default_factory=dict)
    asked: dict[str, tuple[float, float]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    deliveries: int = 0


@dataclass(frozen=True)
class Venue:
    """Where the stack is and how it names its cookies."""

    origin: str
    login_cookie: str
    csrf_cookie: str

    @property
    def sockets(self) -> str:
        """The address of its sockets."""
        return "ws" + self.origin.removeprefix("http")

    def door(self, player: Player, path: str) -> Door:
        """The way in for somebody."""
        return Door(
            f"{self.sockets}{path}", self.origin, f"{self.login_cookie}={player.login}", player.person
        )


class RoomPlay:
    """One room's evening."""

    def __init__(  # noqa: PLR0917  # where, what, when, who watches
        self, venue: Venue, stage: Stage, random: Random, clock: Clock, length: float, board: Board
    ) -> None:
        self.venue, self.stage, self.clock, self.length, self.board = venue, stage, clock, length, board
        self.played = Played(stage, script.roles(len(stage.clients), random))
        self.now = RoomNow(stage.name, expected=len(stage.clients))
        board.rooms.append(self.now)
        self.began = 0.0
        self._lead: Line | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    async def play(self, began: float) -> None:
        """From the first connection to the end; troubles are collected, never raised."""
        self.began = began
        people = zip(self.stage.clients, self.played.roles, strict=True)
        clients = [asyncio.create_task(self._client(player, role)) for player, role in people]
        await self._host()
        await asyncio.wait(clients, timeout=10) if clients else None
        for task in [*clients, *self._tasks]:
            task.cancel()
        await asyncio.gather(*clients, *self._tasks, return_exceptions=True)
        await asyncio.gather(*(line.close() for lines in self.played.lines.values() for line in lines))

    # --- time -------------------------------------------------------------------------------------------------

    async def _until(self, share: float) -> None:
        await asyncio.sleep(max(0.0, self.began + share * self.length - self.clock.now()))

    def _tell(self, text: str) -> None:
        self.board.tell(self.clock.now() - self.began, self.stage.name, text)

    # --- the facilitators -------------------------------------------------------------------------------------

    async def _host(self) -> None:
        lead = self._lead = self._line(self.stage.leader)
        lead.start()
        if self.stage.helper is not None:
            self._later(self._helper(self.stage.helper))
        await self._asks(lead, "room.open")
        self.now.phase = "lobby"
        await self._until(script.START)
        await self._asks(lead, "room.start")
        self.now.phase = "running"
        self._tell("the group begins")
        await self._until(script.CHAT_ON)
        await self._asks(lead, "chat.mode", mode="group")
        await self._until(script.BREAK)
        await self._asks(lead, "room.break_start")
        self.now.phase = "break"
        self._tell("a break")
        await self._until(script.BACK)
        await self._asks(lead, "room.break_end")
        self.now.phase = "running"
        await self._until(script.END)
        await self._asks(lead, "room.end")
        self.now.phase = "ended"
        self._tell("the group is over")
        await self._everybody_heard_the_end()

    async def _helper(self, player: Player) -> None:
        await self._until(0.02)
        self._line(player).start()

    async def _everybody_heard_the_end(self) -> None:
        lines = [
            line for lines in self.played.lines.values() for line in lines if line.live_since is not None
        ]
        waits = [asyncio.create_task(line.over.wait()) for line in lines]
        if waits:
            await asyncio.wait(waits, timeout=15)
            for wait in waits:
                wait.cancel()

    def _admit(self, person: str) -> None:
        if self._lead is not None:
            self._later(self._let_in(self._lead, person))

    async def _let_in(self, lead: Line, person: str) -> None:
        await asyncio.sleep(min(0.8, 0.02 * self.length))
        await self._asks(lead, "client.admit", person=person)

    async def _lower(self, lead: Line, person: str) -> None:
        await asyncio.sleep(min(3.0, 0.05 * self.length))
        await self._asks(lead, "hand.lower", person=person)

    # --- clients ----------------------------------------------------------------------------------------------

    async def _client(self, player: Player, role: Role) -> None:
        devices: dict[int, Line] = {}
        for step in role.steps:
            await self._until(step.at)
            if self.now.phase == "ended":
                break
            await self._step(player, role, step, devices)

    async def _step(self, player: Player, role: Role, step: Step, devices: dict[int, Line]) -> None:
        line = devices.get(step.device)
        match step.do:
            case Do.COME:
                devices[step.device] = self._line(player, after=line)
                devices[step.device].start()
                self._tell(f"{player.name} {_arrival_words(role, step)}")
            case Do.CUT if line is not None:
                await line.cut()
                self._tell(f"{player.name} lost the line")
            case Do.CLOSE if line is not None:
                await line.close()
                self._tell(f"{player.name} closes the second device")
            case Do.LEAVE if line is not None:
                self._later(self._asks(line, "room.leave"))
                self._tell(
                    f"{player.name} {'leaves early' if role.part is Part.LEAVES_EARLY else 'steps out'}"
                )
            case Do.SAY if line is not None:
                self._later(self._says(line, step.text))
            case Do.RAISE if line is not None:
                self._later(self._asks(line, "hand.raise"))
            case _:
                pass

    async def _says(self, line: Line, text: str) -> None:
        message = str(uuid4())
        self.played.sent[message] = (line.door.person, self.clock.now())
        answer = await self._asks(line, "chat.send", id=message, text=text)
        if answer is not None and answer["type"] == "ack":
            number = int(answer["numbers"].get("room", 0))
            self.played.said[message] = Said(line.door.person, self.played.sent[message][1], number)
            self.now.messages += 1

    # --- both -------------------------------------------------------------------------------------------------

    def _line(self, player: Player, *, after: Line | None = None) -> Line:
        """A new connection; one that comes after a broken line goes on from the numbers seen there."""
        line = Line(self.venue.door(player, f"/ws/sessions/{self.stage.session}/"), self.clock, self._heard)
        if after is not None and after.went == "cut":
            line.numbers = dict(after.numbers)
        self.played.lines.setdefault(player.person, []).append(line)
        return line

    async def _asks(self, line: Line, kind: str, **fields: object) -> Frame | None:
        """A command, answered or given up; anything but a harmless refusal is a trouble."""
        asked = self.clock.now()
        try:
            async with asyncio.timeout(ANSWER_PATIENCE):
                answer = await line.say(kind, **fields)
        except TimeoutError:
            self.played.troubles.append(f"{kind} was never answered")
            return None
        if answer["type"] == "ack" and line is self._lead:
            self.played.asked[kind] = (asked, self.clock.now())
        if answer["type"] == "error" and answer["code"] not in HARMLESS:
            self.played.troubles.append(f"{kind} was refused: {answer['code']}")
        return answer

    def _later(self, work: object) -> None:
        task: asyncio.Task[object] = asyncio.create_task(work)  # type: ignore[arg-type]  # a coroutine
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _heard(self, line: Line, frame: Frame) -> None:
        kind = str(frame["type"])
        if kind == "chat.sent":
            self._delivered(line, str(frame["message"]))
        elif kind in COURSE:
            self.played.course.setdefault(kind, set()).add(instant(frame))
        if line is self._lead:
            self._lead_heard(line, kind, frame)

    def _delivered(self, line: Line, message: str) -> None:
        by, at = self.played.sent.get(message, ("", 0.0))
        if by and by != line.door.person:
            self.played.deliveries += 1
            self.board.deliveries += 1
            if line.live_since is not None and line.live_since < at:
                self.played.latencies.append(self.clock.now() - at)

    def _lead_heard(self, line: Line, kind: str, frame: Frame) -> None:
        if kind in {"client.waiting", "waiting.returned"}:
            self._admit(str(frame["person"]))
        elif kind == "hand.raised":
            self._later(self._lower(line, str(frame["person"])))
        elif kind == "snapshot":
            for person, occupant in frame["room"]["people"].items():
                if occupant["place"] == "waiting" and occupant["connected"]:
                    self._admit(person)
        self._count(kind, frame)

    def _count(self, kind: str, frame: Frame) -> None:
        change = Counter({"client.admitted": 1, "client.left": -1})[kind]
        self.now.inside = max(0, self.now.inside + change)
        self.now.away = max(
            0, self.now.away + Counter({"connection.lost": 1, "connection.returned": -1})[kind]
        )


def _arrival_words(role: Role, step: Step) -> str:
    if step.device:
        return "opens a second device"
    if step is not role.steps[0]:
        return "is back"
    return "comes late" if role.part in {Part.LATE, Part.VERY_LATE} else "arrives"


# --- all rooms ----------------------------------------------------------------------------------------------


@dataclass
class Performance:
    """Everything that was played, for the comparison."""

    rooms: list[Played]
    desk: Desk
    red_client: Player
    red: Sent | None = None
    troubles: list[str] = field(default_factory=list)


async def perform(  # where, who, when
    venue: Venue, theatre: Theatre, *, seed: int, length: float, board: Board, clock: Clock, begin: float
) -> Performance:
    """Plays all rooms at once; returns when every one of them has ended."""
    plays = [
        RoomPlay(venue, stage, Random(f"{seed}:{number}"), clock, length, board)  # noqa: S311  # a script
        for number, stage in enumerate(theatre.stages)
    ]
    desk = Desk(venue.door(theatre.watcher, "/ws/desk/"), clock)
    result = Performance([play.played for play in plays], desk, _who_sends_red(plays[0].played))
    sitting = asyncio.create_task(desk.sit())
    await asyncio.sleep(max(0.0, begin - clock.now()))
    board.began = clock.now()
    red = asyncio.create_task(_red(result, venue, clock, board, length))
    try:
        await asyncio.gather(*(play.play(board.began) for play in plays))
        await red
        await _alert_came(desk)
    finally:
        sitting.cancel()
        await asyncio.gather(sitting, return_exceptions=True)
    return result


def _who_sends_red(played: Played) -> Player:
    """Somebody who is there all evening."""
    pairs = zip(played.stage.clients, played.roles, strict=True)
    return next(player for player, role in pairs if role.part in {Part.STEADY, Part.TWO_DEVICES, Part.LATE})


async def _red(  # who, where, when
    result: Performance, venue: Venue, clock: Clock, board: Board, length: float
) -> None:
    await asyncio.sleep(max(0.0, board.began + script.RED_CHECKIN * length - clock.now()))
    board.tell(clock.now() - board.began, "desk", f"{result.red_client.name} sends a red check-in")
    cookie = f"{venue.login_cookie}={result.red_client.login}"
    for _ in range(5):
        try:
            result.red = await asyncio.to_thread(
                send_red_checkin, venue.origin, cookie, venue.csrf_cookie, clock
            )
        except (OSError, CheckInError) as error:
            problem = f"red check-in: {error}"
            await asyncio.sleep(1.5)
            continue
        return
    result.troubles.append(problem)


async def _alert_came(desk: Desk) -> None:
    """A little patience for the desk when the evening was shorter than the way."""
    for _ in range(40):
        if any(kind == "alert" for kind, _ in desk.rang):
            return
        await asyncio.sleep(0.5)
