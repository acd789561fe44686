"""`RoomConsumer`: parse, look up, authorise, call, answer; join and leave. It knows the protocol and no feature.

Whatever happens in it, its connection is let go of and its presence ended: by a disconnect, an error, a cancellation
or the server's stop (WS-5). The first three need no database to be tidy; what cannot be written is swept (AT-4).
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable
from typing import Any, cast
from urllib.parse import parse_qsl

from sessions_app.room import joining
from sessions_app.room.access import AccessError
from sessions_app.room.commands import COMMANDS, SIGNALLING, Command
from sessions_app.room.handlers import HANDLERS, prove, refuse
from sessions_app.room.hub import Hub, hub
from sessions_app.room.limits import SOCKETS, Limits
from sessions_app.room.link import Link
from sessions_app.room.outbox import Send
from sessions_app.room.replies import ErrorReply, wire
from vio.common import logs
from vio.common.errors import DomainError, NotAllowedError, RateLimitedError
from vio.common.frames import FrameError, find_id, read_frame
from vio.common.sockets import Scope, SocketConsumer, login_of, source_of

_log = logs.log(__name__)
POLICY, TOO_SLOW, REPLACED, NO_LONGER_ALLOWED, DOOR_NEEDED = 1008, 1013, 4409, 4403, 4428
CLEAN = {1000, 1001}
SIDE = re.compile(r"side:[0-9a-f]{8}")
HANDSHAKE = 5.0
"""Seconds in which a handshake must be decided (WS-2)."""


class RoomConsumer(SocketConsumer):
    """One browser at the room of one session."""

    link: Link | None = None
    hub: Hub
    limits: Limits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Runs the connection; however it ends, it is cleaned up."""
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            self._let_go(1012, "server")
            raise
        except Exception as error:  # no end of a connection goes without its clean-up (WS-5)
            self._report("room.connection_failed", error)
            self._let_go(1011, "server")
        finally:
            self._let_go(1011, "dropped")

    # --- coming -----------------------------------------------------------------------------------------------

    async def websocket_connect(self, message: Any) -> None:
        """Login, second factor, membership and agreement are settled before the socket is accepted (WS-2)."""
        self.hub = hub()
        try:
            async with asyncio.timeout(HANDSHAKE):
                link = await self._knock()
        except (DomainError, TimeoutError) as error:
            await self._turn_away(error)
            return
        self.link = link
        await self.accept()
        await self._join(link)

    async def _turn_away(self, error: Exception) -> None:
        """Before accepting: 403, and nothing of ours is told. Only who belongs here and has not said where they are tonight
        is told so, by a code the page understands."""
        if isinstance(error, AccessError) and error.code == "door_needed":
            await self.accept()
            await self.send(text_data=wire(ErrorReply(id=None, code=error.code, message=error.message)))
            await self.close(code=DOOR_NEEDED)
            return
        if isinstance(error, TimeoutError):  # a refusal is no news; a door that nobody opened in time is
            _log.warning("room.handshake_late")
        await self.close()

    async def _knock(self) -> Link:
        scope = cast("Scope", self.scope)
        login, session_id = login_of(scope), scope["url_route"]["kwargs"]["session"]
        if self.hub.stopping:
            raise RateLimitedError
        standing = await self.hub.doors.ask(joining.Knock(login, session_id))
        self.limits = self.hub.limits.setdefault(str(standing.person_id), Limits())
        if not self.limits.handshakes.take(time.monotonic()):
            raise RateLimitedError
        send: Send = cast("Send", self.base_send)
        return Link(standing, login, send=send, now=self.hub.now(), source=source_of(scope))

    async def _join(self, link: Link) -> None:
        self._replace_oldest(link)
        try:
            await joining.join(self.hub, link, self._seen(link))
        except DomainError as error:
            refuse(link, error, None)
            self._let_go(NO_LONGER_ALLOWED if error.status < 500 else TOO_SLOW, "dropped")

    def _replace_oldest(self, link: Link) -> None:
        """At most five sockets a person; the oldest gives way (WS-4)."""
        mine = self.hub.links_of(link.person)
        for other in mine[: max(0, len(mine) + 1 - SOCKETS)]:
            other.close(REPLACED)
            joining.leave(self.hub, other, cause="replaced", at=self.hub.now())

    def _seen(self, link: Link) -> dict[str, int] | None:
        """The numbers a returning browser names in its address: ?room=41&staff=12&me=3&side:1f0c9a2e=5."""
        mine = {"me": f"person:{link.person}"}
        given = dict(parse_qsl(self.scope.get("query_string", b"").decode("ascii", "replace"))[:5])
        numbers = {
            mine.get(key, key): int(value)
            for key, value in given.items()
            if (key in {"room", "staff", "me"} or SIDE.fullmatch(key)) and _is_number(value)
        }
        return numbers or None

    # --- hearing ----------------------------------------------------------------------------------------------

    def hear(self, text: str | None) -> None:
        """One frame. Refused: an error with the command's id, the socket stays (WS-3)."""
        link = self.link
        if link is None or link.closed is not None:
            return
        try:
            work = self._hear(link, text)
        except Exception as error:  # a fault of ours ends a command, never the socket (P10)
            self._refuse(link, error, text)
        else:
            if work is not None:
                self.hub.later(self._attend(link, work, text))
        if self.limits.exhausted(time.monotonic()):
            self._let_go(POLICY, "dropped")

    def _hear(self, link: Link, text: str | None) -> Awaitable[None] | None:
        now = time.monotonic()
        if not self.limits.frames.take(now):
            self.limits.note_over(now)
            raise RateLimitedError
        command: Command = read_frame(text, COMMANDS, large=SIGNALLING)
        prove(self.hub, link)
        handler = HANDLERS[type(command)]
        if not self.limits.allows(handler.counts_as, now):
            raise RateLimitedError
        if not link.standing.may(handler.needed_permission):
            raise NotAllowedError
        return handler.run(self.hub, link, command)

    async def _attend(self, link: Link, work: Awaitable[None], text: str | None) -> None:
        """What a command asked for and takes time; the next ones do not wait for it."""
        try:
            await work
        except Exception as error:  # a fault of ours ends a command, never the socket (P10)
            self._refuse(link, error, text)

    def _refuse(self, link: Link, error: Exception, text: str | None) -> None:
        if isinstance(error, FrameError):
            self.limits.note_bad(time.monotonic())
            refuse(link, error, error.id)
            return
        if not isinstance(error, DomainError):
            problem = self._report("room.command_failed", error)
            words = f"Something went wrong on our side ({problem})."
            error = DomainError(words, code="internal_error")
        refuse(link, error, find_id(text or ""))

    # --- going ------------------------------------------------------------------------------------------------

    async def websocket_disconnect(self, message: Any) -> None:
        """The browser is gone: its presence ends now, if it has not already."""
        if self.link is not None and self.link.closed is None:
            code = int(message.get("code") or 1006)
            self.link.closed = code
            # A close frame is the browser's own act and its last proof of life; a broken line proves nothing.
            cause = "left" if code in CLEAN else "dropped"
            at = self.link.last_seen if self.hub.pulse.just_slept() else self.hub.now()
            joining.leave(self.hub, self.link, cause=cause, at=at)
        await super().websocket_disconnect(message)

    def _let_go(self, code: int, cause: str) -> None:
        if self.link is not None:
            self.link.close(code)
            joining.leave(self.hub, self.link, cause=cause, at=self.hub.now())

    def _report(self, what: str, error: Exception) -> str:
        problem = uuid.uuid4().hex[:12]
        _log.error(what, problem=problem, exc_info=error)
        return problem


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
