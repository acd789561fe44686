"""A small test browser that talks to a room through the real consumer, hub and services."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from vio.sockets import routes

ORIGIN = "http://localhost:8000"
PATIENCE = 5.0
"""Seconds to wait for a frame that must come; a loaded machine needs some of them."""
QUIET = 0.2
"""Seconds of silence that show that nothing comes."""
APPLICATION: Any = URLRouter(routes)


class Browser:
    """One connection. Frames that come are kept in order; `hears` takes them as they are expected."""

    def __init__(
        self,
        session_id: UUID,
        login: str,
        *,
        query: str = "",
        origin: str | None = ORIGIN,
        application: Any = None,
    ) -> None:
        headers = [(b"cookie", f"vio={login}".encode()), (b"host", b"localhost:8000")]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        path = f"/ws/sessions/{session_id}/{query}"
        self.socket = WebsocketCommunicator(application or APPLICATION, path, headers=headers)
        self.snapshot: dict[str, Any] = {}

    async def connects(self) -> bool:
        """Whether the handshake was accepted."""
        accepted, _ = await self.socket.connect(timeout=PATIENCE)
        return bool(accepted)

    async def enters(self) -> dict[str, Any]:
        """Connects and takes the snapshot."""
        assert await self.connects()
        self.snapshot = await self.hears("snapshot")
        return self.snapshot

    async def next(self) -> dict[str, Any]:
        """The next frame, whatever it is."""
        frame: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=PATIENCE))
        return frame

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next frame, which must be of this kind."""
        frame = await self.next()
        assert frame["type"] == kind, frame
        return frame

    async def hears_until(self, kind: str) -> list[dict[str, Any]]:
        """Every frame up to and including the first of this kind."""
        frames = [await self.next()]
        while frames[-1]["type"] != kind:
            frames.append(await self.next())
        return frames

    async def hears_nothing(self) -> bool:
        """Whether it stays quiet."""
        return bool(await self.socket.receive_nothing(timeout=QUIET))

    async def is_closed_with(self) -> int:
        """The code with which the server closes; frames before it are passed over."""
        while True:
            message = await self.socket.receive_output(timeout=PATIENCE)
            if message["type"] == "websocket.close":
                return int(message.get("code", 1000))

    async def sends(self, kind: str, **fields: Any) -> str:
        """Sends a command; returns its id."""
        command = str(fields.pop("id", uuid4()))
        await self.socket.send_to(text_data=json.dumps({"id": command, "type": kind, **fields}))
        return command

    async def says(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """Sends a command that is done; returns the events heard up to its ack, and then the ack."""
        command = await self.sends(kind, **fields)
        frames = await self.hears_until("ack")
        assert frames[-1]["id"] == command
        return frames

    async def is_refused(self, kind: str, **fields: Any) -> str:
        """Sends a command that is refused; returns the code."""
        command = await self.sends(kind, **fields)
        error = await self.hears("error")
        assert error["id"] == command
        return str(error["code"])

    async def goes(self) -> None:
        """Closes the connection and waits until the server has let go of it."""
        await self.socket.disconnect(timeout=PATIENCE)

    async def drops(self) -> None:
        """The connection is cut: the application is cancelled, as a server does that is told to stop."""
        self.socket.future.cancel()
        await asyncio.gather(self.socket.future, return_exceptions=True)


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    """The types of some frames."""
    return [str(frame["type"]) for frame in frames]
