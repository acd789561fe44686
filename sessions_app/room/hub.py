"""The hub: one per process. It holds the connections of this process and brings each event to those who may hear it.

It subscribes once per room in which it has people, serialises nothing (a frame was made once, when it was written) and hands
the same text to every connection. A bell that was lost, doubled or late is noticed by the count of events: then, and
whenever bells may have been missed, the log is read. So losing Redis costs latency only. A room whose people are all here
rings for nobody: processes tell each other which rooms they have.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sessions_app.room import joining, log, services, snapshots, upkeep
from sessions_app.room.access import Standing
from sessions_app.room.batch import Entry, Written
from sessions_app.room.committer import Committer, Done
from sessions_app.room.express import Express
from sessions_app.room.limits import Limits
from sessions_app.room.link import LOOK_AGAIN, Link
from sessions_app.room.log import Line, Moment
from sessions_app.room.media.warden import Warden
from sessions_app.room.neighbours import Neighbours
from sessions_app.room.presence import PresenceWriter
from sessions_app.room.pulse import Pulse
from sessions_app.room.run import Heard, Run
from sessions_app.room.services import Applied
from sessions_app.room.snapshots import View
from sessions_app.room.threads import DatabaseThreads
from sessions_app.room.together import Together
from vio.common import logs
from vio.common.errors import UnavailableError
from vio.common.scope import every_program, scope
from vio.common.steady import SteadyClock

_log = logs.log(__name__)
REMOVED = 4403
GOODBYE = 1000
LONGEST_RUN = 64
"""Lines in one write."""
AFTER_THE_END = 30.0
"""Seconds after the end of a session in which browsers may still show that it is over."""

# Events that end a person's connections.
CLOSES = {"you.removed": REMOVED, "you.left": GOODBYE, "you.dismissed": GOODBYE}


class HubRoom:
    """One room with people in this process: how far its log was delivered, and to whom."""

    def __init__(self, session_id: UUID, program_id: UUID) -> None:
        self.session_id = session_id
        self.program_id = program_id
        self.links: dict[UUID, Link] = {}
        self.heads: dict[str, int] = {}
        self.version = 0
        self.ready = asyncio.Event()
        self.repairing: asyncio.Task[None] | None = None
        self.behind = False
        """Whether something may be in the log that was neither delivered nor is being read."""
        self.shared = False
        """Whether another process has people here: from then on whatever happens is rung."""

    def begin(self, moment: Moment) -> None:
        """Delivers from this moment on."""
        self.heads, self.version = dict(moment.heads), moment.version
        self.ready.set()


class Hub:
    """Everything live of this process."""

    def __init__(self) -> None:
        self.rooms: dict[UUID, HubRoom] = {}
        self.express = Express()
        self.threads = DatabaseThreads()
        self.media_threads = DatabaseThreads(2)  # a media server that hangs holds up nobody's chat
        self.warden = Warden(self.media_threads, self.later)
        self.neighbours = Neighbours(self)
        self.committer = Committer(self._apply, self._committed)
        self.presence = PresenceWriter()
        self.pulse = Pulse()
        self.clock = SteadyClock()
        self.doors = Together(self._open_doors)
        self.views = Together(self._look)
        self.stopping = False
        self.revoked = asyncio.Event()
        self.rechecks = 0
        self.limits: dict[str, Limits] = {}
        self._persons: dict[str, list[Link]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- connections ------------------------------------------------------------------------------------------

    def links(self) -> Iterable[Link]:
        """Every connection of this process."""
        return [link for room in self.rooms.values() for link in room.links.values()]

    def links_of(self, person: str) -> list[Link]:
        """The connections of one person in this process, the oldest first."""
        return list(self._persons.get(person, ()))

    async def enter(self, link: Link) -> HubRoom:
        """Registers a connection, holding events back for it until it goes live. The room's bell is heard from here on.

        Raises UnavailableError when the room could not be read for whoever came first.
        """
        session_id = link.standing.session_id
        room = self.rooms.get(session_id)
        first = room is None
        if room is None:
            room = self.rooms[session_id] = HubRoom(session_id, link.standing.program_id)
        room.links[link.id] = link
        self._persons.setdefault(link.person, []).append(link)
        try:
            await (self._begin(room) if first else room.ready.wait())
            if (
                self.rooms.get(session_id) is not room
            ):  # nobody delivers there: who stayed would be deaf for ever
                raise UnavailableError
        except BaseException:
            if room.links.pop(link.id, None) is not None:
                self._one_less(link)
            raise
        return room

    async def _begin(self, room: HubRoom) -> None:
        await self.neighbours.subscribe(room)
        try:
            room.begin(await self.threads.run(_moment, room.session_id))
        except BaseException:
            self.rooms.pop(room.session_id, None)
            room.ready.set()
            raise
        self.neighbours.say_here(room)

    def forget(self, link: Link) -> None:
        """Lets go of a connection; harmless to repeat."""
        room = self.rooms.get(link.standing.session_id)
        if room is None or room.links.pop(link.id, None) is None:
            return
        self._one_less(link)
        if not room.links:
            del self.rooms[room.session_id]
            self.later(self.neighbours.unsubscribe(room))

    def _one_less(self, link: Link) -> None:
        self._persons[link.person].remove(link)
        if not self._persons[link.person]:
            del self._persons[link.person]

    def renumber(self, link: Link) -> UUID:
        """A new id for a connection that goes on."""
        room = self.rooms[link.standing.session_id]
        del room.links[link.id]
        made = uuid4()
        room.links[made] = link
        return made

    def is_here(self, person: str) -> bool:
        """Whether a person has a connection in this process."""
        return person in self._persons

    def later(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine in the background and keeps it from being lost."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def settle(self) -> None:
        """Waits for the background work of this moment."""
        await asyncio.gather(*list(self._tasks), return_exceptions=True)

    # --- writing ----------------------------------------------------------------------------------------------

    def _apply(self, entries: list[Entry], done: Done) -> None:
        def told(applied: Applied | None) -> None:
            if applied is None:
                self.later(self._apply_in_a_thread(entries, done))
            else:
                done(applied)

        if not self.express.begin(entries, now=self.now(), done=told):
            told(None)

    async def _apply_in_a_thread(self, entries: list[Entry], done: Done) -> None:
        try:
            applied = await self.threads.run(services.apply_commands, entries, now=self.now())
        except Exception as error:  # whatever it was, those who wait are told
            done(error)
        else:
            done(applied)

    def _committed(self, written: Written) -> None:
        facts = written.facts()
        self.take_in(written.session_id, facts)
        self.neighbours.ring(written.session_id, facts)

    # --- coming in ------------------------------------------------------------------------------------------------

    async def _open_doors(self, knocks: list[joining.Knock]) -> list[Standing | Exception]:
        return await self.threads.run(joining.doors, knocks, now=self.now())

    async def _look(self, wanted: list[snapshots.Wanted]) -> list[View | Exception]:
        return await self.threads.run(snapshots.views, wanted, now=self.now())

    # --- delivering -------------------------------------------------------------------------------------------

    def take_in(self, session_id: UUID, facts: dict[str, Any]) -> None:
        """Events of one commit: delivered when they follow what was delivered, else the log is read."""
        room = self.rooms.get(session_id)
        if room is None:
            return
        lines = [Line(*line) for line in facts["lines"]]
        base = int(facts["base"])
        if not room.ready.is_set() or base > room.version:
            self.repair(room)
        elif base == room.version:
            self._deliver(room, lines)

    def _deliver(self, room: HubRoom, lines: Iterable[Line]) -> None:
        """Lines that come together go out together; what changes who hears what ends such a run."""
        run: list[Heard] = []
        for line in lines:
            room.version += 1
            room.heads[line.audience] = line.number
            self.warden.heard(room.session_id, line)
            run.append((room.version, line))
            personal = line.audience.startswith("person:")
            if personal or line.kind == "room.ended" or len(run) >= LONGEST_RUN:
                self._feed(room, run)
                run = []
            if personal:
                self._personal(room, line)
            elif line.kind == "room.ended":
                self._stop_counting(room, datetime.fromisoformat(json.loads(line.frame)["at"]))
                asyncio.get_running_loop().call_later(AFTER_THE_END, self._clear, room)
        self._feed(room, run)

    def _feed(self, room: HubRoom, heard: list[Heard]) -> None:
        if heard:
            run = Run(heard)
            for link in list(room.links.values()):
                link.feed(run)

    def _personal(self, room: HubRoom, line: Line) -> None:
        """An event to one person may change what their connections hear, or end them (AZ-6)."""
        person = line.audience.removeprefix("person:")
        for link in [link for link in room.links.values() if link.person == person]:
            if line.kind in CLOSES:
                link.close(CLOSES[line.kind])
                link.counted = False
                self.presence.forget(link.id)
                self.forget(link)
            elif line.kind in LOOK_AGAIN and link.joining:
                link.catching_up = False  # their place is another now; what they hear of it is looked at next
            elif line.kind in LOOK_AGAIN:
                link.hold()
                self.later(joining.show(self, link))

    def _stop_counting(self, room: HubRoom, ended_at: datetime) -> None:
        """The end closed everybody's presence; no proof of life may follow it (AT-6). Those from before it are still written."""
        for link in room.links.values():
            link.counted = False
            self.presence.forget(link.id, after=ended_at)

    def _clear(self, room: HubRoom) -> None:
        for link in list(room.links.values()):
            link.close(GOODBYE)
            self.forget(link)

    def repair(self, room: HubRoom) -> None:
        """Reads from the log what was not delivered; one reading at a time per room, and another for what it missed meanwhile."""
        room.behind = True
        if room.repairing is None or room.repairing.done():
            room.repairing = self.later(self._repair(room))

    async def _repair(self, room: HubRoom) -> None:
        await room.ready.wait()
        while room.behind:
            room.behind = False
            version = room.version
            lines = await self.threads.run(_beyond, room.program_id, room.session_id, dict(room.heads))
            if room.version != version:  # something was delivered in the meantime; look again from there
                room.behind = True
                continue
            self._deliver(room, lines)
            room.behind = room.behind or len(lines) > log.MOST_MISSED

    # --- passing signals --------------------------------------------------------------------------------------

    def pass_on(self, link: Link, frame: str, *, to: str | None = None) -> None:
        """Brings an unnumbered frame to the others in the same room or side room, or to one of them; never stored."""
        session_id, side = link.standing.session_id, link.viewer.side
        self.pass_here(session_id, frame, link.person, to, side)
        self.neighbours.ring(session_id, {"passing": frame, "sender": link.person, "to": to, "side": side})

    def pass_here(self, session_id: UUID, frame: str, sender: str, to: str | None, side: str) -> None:
        """The same to the connections of this process."""
        room = self.rooms.get(session_id)
        for link in list(room.links.values()) if room else []:
            here = link.is_inside and link.viewer.side == side
            if here and link.person != sender and to in (None, link.person):
                link.send(frame)

    def now(self) -> datetime:
        """The server's clock; setting the wall clock does not move it (AT-7)."""
        return self.clock.now()


def _moment(session_id: UUID) -> Moment:
    with every_program():
        return log.moment(session_id)


def _beyond(program_id: UUID, session_id: UUID, heads: dict[str, int]) -> list[Line]:
    with scope({program_id}):
        return log.beyond(session_id, heads)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this process (of the running loop)."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
        upkeep.start(found)
    return found


def forget_hub() -> None:
    """The next call of `hub` makes a new one (after a stop)."""
    _hubs.pop(asyncio.get_running_loop(), None)
