"""Somebody without a window: in the room over its socket, and at the media server as a listener that takes in no media."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from asgiref.sync import sync_to_async
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from groups.models import Client, Person
from sessions_app.models import Session
from tests.browser.server import Server
from tests.factories import at_the_door
from tests.sessions_app.room.live import sign_in

HEARTBEAT = 8.0
"""Seconds between two proofs of life, to the room and to the media server."""
PATIENCE = 60.0
Frame = dict[str, Any]


@dataclass
class Line:
    """A socket that is read all the time; what came can be waited for."""

    socket: ClientConnection
    beat: Callable[[], Frame]
    """What says that this end lives."""
    heard: list[Frame] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._live())]

    async def says(self, frame: Frame) -> None:
        """Sends a frame."""
        await self.socket.send(json.dumps(frame))

    async def hears(self, matches: Any, seconds: float = PATIENCE) -> Frame:
        """The first frame for which `matches` is true, already there or to come."""
        async with asyncio.timeout(seconds), self._news:
            while True:
                for frame in self.heard:
                    if matches(frame):
                        return frame
                await self._news.wait()

    async def close(self) -> None:
        """Goes."""
        for task in self._tasks:
            task.cancel()
        await self.socket.close()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                async with self._news:
                    self.heard.append(json.loads(text))
                    self._news.notify_all()

    async def _live(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(HEARTBEAT)
                await self.says(self.beat())


@dataclass
class Scripted:
    """One person of the group."""

    who: Person | Client
    room: Line
    grant: Frame = field(default_factory=dict)
    media: Line | None = None
    known: Frame = field(default_factory=dict)
    """What goes with everything that is said to the media server."""
    up: int = 0
    """The handle under which this person is in the media server's room."""
    offered: set[str] = field(default_factory=set)
    """Whose cameras the media server offered."""

    @classmethod
    async def comes(cls, server: Server, session: Session, who: Person | Client) -> Scripted:
        """A client has said where they are, knocks, and is in once somebody let them."""
        if isinstance(who, Client):
            await sync_to_async(at_the_door)(session, who)
        cookie = f"{settings.SESSION_COOKIE_NAME}={await sync_to_async(sign_in)(who)}"
        socket = await connect(
            server.url.replace("http", "ws", 1) + f"/ws/sessions/{session.pk}/",
            origin=Origin(server.url),
            additional_headers={"Cookie": cookie},
            open_timeout=PATIENCE,
        )
        room = Line(socket, lambda: {"type": "ping", "id": str(uuid4()), "heads": {}})
        await room.hears(lambda frame: frame["type"] == "snapshot" and frame["me"]["sees"] in {"room", "all"})
        return cls(who, room)

    async def removes(self, client: Client) -> None:
        """Takes somebody out of the room, as the facilitators may; returns when that is done."""
        act = str(uuid4())
        command = {"type": "client.remove", "person": str(client.person_id), "reason_code": "disruption"}
        await self.room.says({**command, "id": act})
        answer = await self.room.hears(lambda frame: frame.get("id") == act)
        assert answer["type"] == "ack", answer

    async def listens(self) -> None:
        """Asks the product for a grant, and with it the media server for every camera; its offers are left unanswered."""
        await self.room.says({"type": "media.join", "id": str(uuid4())})
        self.grant = (await self.room.hears(lambda frame: frame["type"] == "media.granted"))["grant"]
        socket = await connect(
            self.grant["url"], subprotocols=[Subprotocol("janus-protocol")], open_timeout=PATIENCE
        )
        self.known = {"token": self.grant["token"]}
        self.media = Line(socket, lambda: {**self.known, "janus": "keepalive", "transaction": uuid4().hex})
        self.known["session_id"] = (await self._asks(janus="create"))["data"]["id"]
        self.up = await self._attaches()
        entry = {"room": self.grant["room"], "token": self.grant["entry"]}
        joined = await self._tells(self.up, request="join", ptype="publisher", id=self.grant["peer"], **entry)
        feeds = [one["id"] for one in joined["publishers"]]
        offer = await self._tells(
            await self._attaches(),
            request="join",
            ptype="subscriber",
            private_id=joined["private_id"],
            streams=[{"feed": feed} for feed in feeds],
            **entry,
        )
        cameras = [line for line in offer["streams"] if line["type"] == "video" and line["feed_mid"] == "1"]
        self.offered = {line["feed_id"] for line in cameras}

    async def is_put_out(self, seconds: float) -> None:
        """Waits until the media server says that this person is out of its room."""
        assert self.media is not None
        peer = self.grant["peer"]

        def out(frame: Frame) -> bool:
            data = frame.get("plugindata", {}).get("data", {})
            mine = frame.get("sender") == self.up
            return mine and (data.get("leaving") == "ok" or data.get("kicked") == peer)

        await self.media.hears(out, seconds)

    async def goes(self) -> None:
        """Both lines end."""
        for line in (self.media, self.room):
            if line is not None:
                await line.close()

    async def _attaches(self) -> int:
        return int((await self._asks(janus="attach", plugin="janus.plugin.videoroom"))["data"]["id"])

    async def _tells(self, handle: int, **body: Any) -> Frame:
        answer = await self._asks(janus="message", handle_id=handle, body=body)
        data: Frame = answer["plugindata"]["data"]
        assert "error" not in data, data
        return data

    async def _asks(self, **message: Any) -> Frame:
        assert self.media is not None
        mark = uuid4().hex
        await self.media.says({**self.known, **message, "transaction": mark})
        answer = await self.media.hears(
            lambda frame: frame.get("transaction") == mark and frame["janus"] != "ack"
        )
        assert answer["janus"] != "error", answer
        return answer
