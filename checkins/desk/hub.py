"""The desk's hub: one per process. It hears the bells of the programs whose staff are here and tells each person what they
may know, by id. While bells cannot be heard it asks the database every five seconds, so Redis costs latency only.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError
from django.utils import timezone

from checkins.desk.audible import News, audible, changed_alerts
from checkins.desk.frames import Rang
from sessions_app.room.outbox import Outbox, Send
from sessions_app.room.threads import DatabaseThreads
from vio.common import logs
from vio.common.actors import Actor
from vio.common.errors import DomainError, SignInNeededError
from vio.common.permissions import Permission
from vio.common.realtime import BellListener
from vio.common.sockets import stop_with_the_server

_log = logs.log(__name__)
SIGNED_OUT, NO_LONGER_ALLOWED, RESTART, SILENT = 4401, 4403, 1012, 1001
GATHER = 0.1
"""Seconds in which several bells become one look at the database."""
POLL = 5.0
RECHECK = 4.0
STALE_AFTER = 45.0


class DeskLink:
    """One browser at the desk."""

    def __init__(self, actor: Actor, login: str, *, send: Send, source: str) -> None:
        self.id: UUID = uuid4()
        self.actor = actor
        self.login = login
        self.source = source
        self.outbox = Outbox(send)
        self.waiting: set[News] = set()
        self.alive = time.monotonic()
        self.closed: int | None = None

    @property
    def topics(self) -> set[str]:
        """The bells this person is told about, and the one that rings when their rights change."""
        programs = self.actor.programs_with(Permission.SEE_ALERTS)
        return {f"desk:{program}" for program in programs} | {f"person:{self.actor.person_id}"}

    def say(self, frame: str) -> None:
        """Sends a frame; a browser that takes nothing in any more is closed."""
        if self.closed is None and not self.outbox.push(frame):
            self.close(1013)

    def close(self, code: int) -> None:
        """Closes once."""
        if self.closed is None:
            self.closed = code
            self.outbox.close(code)


class DeskHub:
    """Everybody at the desk in this process."""

    def __init__(self) -> None:
        self.links: dict[UUID, DeskLink] = {}
        self.threads = DatabaseThreads(2)
        self.listener = BellListener(heard=self._heard, reconnected=self._reconnected)
        self._wake = asyncio.Event()
        self._polled_at: datetime = timezone.now()
        self._polled: set[tuple[UUID, int]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.later(self._run())
        stop_with_the_server(self.stop)

    # --- people -----------------------------------------------------------------------------------------------

    async def enter(self, link: DeskLink) -> None:
        """From here on this person hears; the first thing is to look, for whatever rang before."""
        self.links[link.id] = link
        for topic in link.topics:
            await self.listener.subscribe(topic)
        self.tell(link, ("look", ""))

    def forget(self, link: DeskLink) -> None:
        """Lets go of a connection; harmless to repeat."""
        if self.links.pop(link.id, None) is None:
            return
        still = {topic for other in self.links.values() for topic in other.topics}
        for topic in link.topics - still:
            self.later(self.listener.unsubscribe(topic))

    def later(self, work: Any) -> None:
        """Runs a coroutine in the background and keeps it from being lost."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Closes every socket with 1012 and ends the work."""
        for link in list(self.links.values()):
            link.close(RESTART)
        self.links.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.listener.stop()

    # --- bells ------------------------------------------------------------------------------------------------

    def _heard(self, topic: str, facts: dict[str, Any]) -> None:
        kind, _, key = topic.partition(":")
        if kind == "person":
            for link in self.links.values():
                if str(link.actor.person_id) == key:
                    self.tell(link, ("look", ""))  # telling asks again who this is
        elif kind == "desk" and (news := news_of(facts)) is not None:
            self._tell_program(key, news)

    def _tell_program(self, program: str, news: News) -> None:
        for link in self.links.values():
            if f"desk:{program}" in link.topics:
                self.tell(link, news)

    def tell(self, link: DeskLink, news: News) -> None:
        """Something for one person to hear, if it is theirs to hear."""
        link.waiting.add(news)
        self._wake.set()

    def _reconnected(self) -> None:
        for link in self.links.values():
            self.tell(link, ("look", ""))

    # --- work -------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Tells what waits, at once when a bell rang; asks again who is here, and polls while bells are not heard."""
        next_check = next_poll = 0.0
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), timeout=min(POLL, 1))
                await asyncio.sleep(GATHER)
            except TimeoutError:
                pass
            self._wake.clear()
            now = time.monotonic()
            try:
                if now >= next_poll:
                    next_poll = now + POLL
                    await self._poll()
                everybody = now >= next_check
                next_check = now + RECHECK if everybody else next_check
                await self._tell_waiting(everybody=everybody)
            except Exception:  # whatever one round meets, the next one tries again
                _log.exception("desk.round_failed")

    async def _tell_waiting(self, *, everybody: bool) -> None:
        for link in list(self.links.values()):
            if time.monotonic() - link.alive > STALE_AFTER:
                self._close(link, SILENT)
            elif link.waiting or everybody:
                await self._tell_one(link)

    async def _tell_one(self, link: DeskLink) -> None:
        news, link.waiting = link.waiting, set()
        try:
            link.actor, heard = await self.threads.run(
                audible, link.login, news, source=link.source, now=timezone.now()
            )
        except SignInNeededError:
            self._close(link, SIGNED_OUT)
        except DomainError:
            self._close(link, NO_LONGER_ALLOWED)
        except DatabaseError:
            link.waiting |= news  # told when the database answers again
            _log.warning("desk.not_told", waiting=len(link.waiting))
        else:
            for kind, key in sorted(heard):
                link.say(Rang.model_validate({"kind": kind, "id": key}).model_dump_json())

    def _close(self, link: DeskLink, code: int) -> None:
        link.close(code)
        self.forget(link)

    async def _poll(self) -> None:
        if self.listener.connected or not self.links:
            self._polled_at = timezone.now()
            return
        programs = {
            p for link in self.links.values() for p in link.actor.programs_with(Permission.SEE_ALERTS)
        }
        since, self._polled_at = self._polled_at, timezone.now()
        try:
            rows = await self.threads.run(changed_alerts, programs, since)
        except DatabaseError:
            self._polled_at = since
            return
        for program, key, version in rows:
            if (key, version) not in self._polled:
                self._tell_program(str(program), ("alert", str(key)))
        self._polled = {(key, version) for _, key, version in rows}


def news_of(facts: dict[str, Any]) -> News | None:
    """A bell's facts as news; None for one that says nothing we know."""
    kind, key = str(facts.get("kind")), str(facts.get("id"))
    try:
        return (kind, str(UUID(key))) if kind in {"alert", "miss", "session"} else None
    except ValueError:
        return None


_hubs: dict[asyncio.AbstractEventLoop, DeskHub] = {}


def desk_hub() -> DeskHub:
    """The hub of this process (of the running loop)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = DeskHub()
    return _hubs[loop]


def forget_desk_hub() -> None:
    """The next call of `desk_hub` makes a new one (after a stop)."""
    _hubs.pop(asyncio.get_running_loop(), None)
