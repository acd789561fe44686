"""The socket edge's shared half: the connection itself, the exact origin, the login in the handshake, the caller's address."""

from __future__ import annotations

import asyncio
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import suppress
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from vio.common.logs import log
from vio.common.quick_reader import read_quickly

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_log = log(__name__)


class SocketConsumer(AsyncWebsocketConsumer, ABC):
    """One browser's connection: its messages one after the other, in the order they came.

    Hearing one never waits (`hear`): whatever takes time goes on by itself. So a slow commit makes nobody look dead, and where
    the server allows it, a message is heard in the same moment in which it is read off the line.

    Channels' own loop makes a task of every message and visits another thread before each, for channel layers and for database
    connections that may have been left open; these sockets use neither.
    """

    is_listening = False
    """Whether everything that came before has been heard, so that the next message may be heard at once."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Runs the connection to its end."""
        self.scope, self.base_send = scope, send
        reader = read_quickly(send, self)
        try:
            with suppress(StopConsumer):
                while True:
                    self.is_listening = True
                    message = await receive()
                    self.is_listening = False
                    await self.dispatch(message)
        finally:
            if reader is not None:
                reader.leave()

    @abstractmethod
    def hear(self, text: str | None) -> None:
        """One message; None for one that is not text. Never raises."""

    async def dispatch(self, message: Any) -> None:
        """The handler of one message of the server."""
        match message["type"]:
            case "websocket.receive":
                self.hear(message.get("text"))
            case "websocket.connect":
                await self.websocket_connect(message)
            case "websocket.disconnect":
                await self.websocket_disconnect(message)

    async def websocket_disconnect(self, message: Any) -> None:
        """The end of the connection; nothing of Channels' is left over that would need another thread to be tidied."""
        await self.disconnect(message["code"])
        raise StopConsumer


def write_no_novels() -> None:
    """Keeps Autobahn, which Daphne speaks WebSocket with, from describing every connection to a log that nobody reads.

    It formats some fifty settings and colours names for its debug log before the log is asked whether it wants them: a fifth
    of what a thousand people who come at once cost. Under another server nothing happens.
    """
    for module in ("autobahn.websocket.protocol", "autobahn.twisted.websocket"):
        for name in ("pformat", "hltype", "hlval"):
            if hasattr(sys.modules.get(module), name):
                setattr(sys.modules[module], name, _unsaid)


def _unsaid(*_: object, **__: object) -> str:
    return "..."


def exact_origin(application: Application) -> Application:
    """Refuses with 403, before anything else of ours runs, a handshake whose Origin is not one of settings.ORIGINS (WS-1).

    Scheme, host and port must all match, and there must be exactly one Origin: a missing or "null" one is refused too.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        origins = _headers(scope, b"origin")
        if len(origins) == 1 and origins[0] in settings.ORIGINS:
            await application(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close"})

    return guarded


async def send_close(send: Send, code: int) -> None:
    """Closes an accepted socket with any code.

    Daphne's own way refuses the codes below 3000 that the standard gives to servers (1008, 1012, 1013) and closes without
    a word instead, so there the frame is sent directly.
    """
    protocol = send.args[0] if isinstance(send, partial) and send.args else None
    if protocol is not None and hasattr(protocol, "sendCloseFrame") and 1000 < code < 3000:
        protocol.sendCloseFrame(code=code)
        return
    await send({"type": "websocket.close", "code": code})


def login_of(scope: Scope) -> str:
    """The login's key from the handshake's cookies; '' when there is none."""
    for header in _headers(scope, b"cookie"):
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(header)
        except CookieError:
            continue
        if settings.SESSION_COOKIE_NAME in cookies:
            return cookies[settings.SESSION_COOKIE_NAME].value
    return ""


def source_of(scope: Scope) -> str:
    """The caller's address as the server saw it, for the audit trail."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope.get("headers", ()) if key.lower() == name]


Stop = Callable[[], Coroutine[Any, Any, None]]


class Goodbyes:
    """Whom a server that asks for it has to wait for before it ends."""

    def __init__(self) -> None:
        self.are_asked_for = False
        """Whether the server in this process calls `all_said` before it ends."""
        self._stops: list[Stop] = []

    def add(self, stop: Stop) -> None:
        """One more to wait for."""
        self._stops.append(stop)

    async def all_said(self) -> None:
        """Has everybody finish; one that fails keeps no other from it."""
        for ended in await asyncio.gather(*(stop() for stop in self._stops), return_exceptions=True):
            if isinstance(ended, BaseException):
                _log.error("sockets.stop_failed", error=type(ended).__name__)


goodbyes = Goodbyes()


def stop_with_the_server(stop: Stop) -> None:
    """Has `stop` finish in the running loop before the server ends (RT-8).

    Daphne cancels its applications on SIGTERM but neither closes their sockets nor lets them finish writing; the server of
    vio/fast.py asks. Under another server, and in tests without one, nothing happens.
    """
    if goodbyes.are_asked_for:
        goodbyes.add(stop)
        return
    if "twisted.internet.reactor" not in sys.modules:
        return
    from twisted.internet import defer, reactor

    if not getattr(reactor, "running", False):
        return
    loop = asyncio.get_running_loop()
    before_shutdown: Any = reactor.addSystemEventTrigger
    before_shutdown(
        "before", "shutdown", lambda: defer.Deferred.fromFuture(asyncio.ensure_future(stop(), loop=loop))
    )
