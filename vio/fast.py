"""The faster server, `vio up --server uvicorn`: everything Daphne is told, told to uvicorn (the extra `fast`).

    python -m vio.fast DESCRIPTOR

serves `vio.asgi` on a listening socket it was handed. The WebSocket half has no input or output of its own and compresses
nothing, so a finished frame goes to a socket here as it does under Daphne. It reads on only when the application does, and
what Daphne keeps without end for a slow browser this server makes the sender wait for.
"""

from __future__ import annotations

import signal
import socket
import sys
from types import FrameType

from uvicorn import Config, Server

from vio.common.sockets import goodbyes

APPLICATION = "vio.asgi:application"
PING_EVERY, PONG_WITHIN = 20.0, 30.0
"""Seconds; as Daphne does it. The room's own heartbeat is stricter (AT-2)."""
UNREAD_FOR = 30_000
"""Milliseconds after which a line is given up whose other end has stopped to say that anything arrived."""
LARGEST = 1024 * 1024
"""Bytes of a message; what is larger than ours may be, and smaller than this, is refused by the room with a word (WS-3)."""
GRACE = 5
"""Seconds for pages that are being answered when the server stops; the sockets were closed before (RT-8)."""


class OrderlyServer(Server):
    """Before it hangs up on anybody, our side says goodbye and writes what it knows (RT-8)."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """The application is loaded; whatever it starts may ask to be waited for."""
        goodbyes.are_asked_for = True
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes nobody in any more, has our sockets closed with their own code, then ends."""
        for server in self.servers:
            server.close()
        await goodbyes.all_said()
        await super().shutdown(sockets)


def configuration(backlog: int) -> Config:
    """What uvicorn is told. No access log and no names of paths: an address may hold a token (AU-9)."""
    return Config(
        APPLICATION,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PONG_WITHIN,
        ws_max_size=LARGEST,
        lifespan="off",
        backlog=backlog,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )


def serve(descriptor: int) -> None:
    """Serves on the listening socket until SIGTERM or SIGINT."""
    from vio.supervisor.options import BACKLOG

    listener = socket.socket(fileno=descriptor)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # connections that are taken in have it from here
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_FOR)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _end)
    OrderlyServer(configuration(BACKLOG)).run(sockets=[listener])


def _end(number: int, frame: FrameType | None) -> None:
    """uvicorn repeats the signal once it is done; asked to end, the process has done what it should."""
    sys.exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
