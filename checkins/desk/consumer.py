"""`DeskConsumer`: one browser at the desk. Login and right are settled before the socket is accepted (WS-2)."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from django.utils import timezone

from checkins.desk.frames import COMMANDS, DeskError
from checkins.desk.handlers import HANDLERS
from checkins.desk.hub import DeskHub, DeskLink, desk_hub
from checkins.desk.standing import actor_at_desk
from sessions_app.room.limits import SOCKETS, Limits
from sessions_app.room.outbox import Send
from vio.common import logs
from vio.common.errors import DomainError, NotAllowedError, RateLimitedError
from vio.common.frames import FrameError, find_id, read_frame
from vio.common.permissions import Permission, needed
from vio.common.sockets import Scope, SocketConsumer, login_of, source_of

_log = logs.log(__name__)
HANDSHAKE = 5.0
POLICY, REPLACED = 1008, 4409


class DeskConsumer(SocketConsumer):
    """Whatever happens in it, its connection is let go of (WS-5)."""

    link: DeskLink | None = None
    hub: DeskHub
    limits: Limits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Runs the connection; however it ends, it is cleaned up."""
        try:
            await super().__call__(scope, receive, send)
        except Exception:  # no end of a connection goes without its clean-up (WS-5)
            _log.error("desk.connection_failed", exc_info=True)
            self._let_go(1011)
        finally:
            self._let_go(1001)

    async def websocket_connect(self, message: Any) -> None:
        """A browser knocks; anybody without a desk is refused before accepting, and told nothing."""
        self.hub = desk_hub()
        self.limits = Limits()
        try:
            async with asyncio.timeout(HANDSHAKE):
                link = await self._knock()
        except (DomainError, TimeoutError):
            await self.close()
            return
        self.link = link
        await self.accept()
        self._replace_oldest(link)
        await self.hub.enter(link)

    async def _knock(self) -> DeskLink:
        scope = cast("Scope", self.scope)
        login, source = login_of(scope), source_of(scope)
        actor = await self.hub.threads.run(actor_at_desk, login, source=source, now=timezone.now())
        return DeskLink(actor, login, send=cast("Send", self.base_send), source=source)

    def _replace_oldest(self, link: DeskLink) -> None:
        """At most five sockets a person; the oldest gives way (WS-4)."""
        mine = [o for o in self.hub.links.values() if o.actor.person_id == link.actor.person_id]
        for other in mine[: max(0, len(mine) + 1 - SOCKETS)]:
            other.close(REPLACED)
            self.hub.forget(other)

    def hear(self, text: str | None) -> None:
        """One frame. Refused: an error with its id, the socket stays (WS-3)."""
        link = self.link
        if link is None or link.closed is not None:
            return
        try:
            self._hear(link, text)
        except FrameError as error:
            self.limits.note_bad(time.monotonic())
            self._refuse(link, error, error.id)
        except DomainError as error:
            self._refuse(link, error, find_id(text or ""))
        except Exception:  # a fault of ours ends a command, never the socket (P10)
            _log.error("desk.command_failed", exc_info=True)
            self._refuse(
                link,
                DomainError("Something went wrong on our side.", code="internal_error"),
                find_id(text or ""),
            )
        if self.limits.exhausted(time.monotonic()):
            self._let_go(POLICY)

    def _hear(self, link: DeskLink, text: str | None) -> None:
        now = time.monotonic()
        link.alive = now
        if not self.limits.allows("commands", now):
            raise RateLimitedError
        command = read_frame(text, COMMANDS)
        handler = HANDLERS[type(command)]
        if not link.actor.may_somewhere(needed(handler) or Permission.SYSTEM):
            raise NotAllowedError
        handler(self.hub, link, command)

    def _refuse(self, link: DeskLink, error: DomainError, command_id: str | None) -> None:
        link.say(DeskError(id=command_id, code=error.code, message=error.message).model_dump_json())

    async def websocket_disconnect(self, message: Any) -> None:
        """The browser is gone."""
        if self.link is not None and self.link.closed is None:
            self.link.closed = int(message.get("code") or 1006)
        self._let_go(1001)
        await super().websocket_disconnect(message)

    def _let_go(self, code: int) -> None:
        if self.link is not None:
            self.link.close(code)
            self.hub.forget(self.link)
