"""The room on real processes of either server: a stop closes sockets with 1012 in time, a kill loses nothing acknowledged."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from sessions_app.room import clock
from sessions_app.room.models import PresenceEvidence
from tests.sessions_app.room.live import LiveRoom, person_of
from vio.supervisor import plan
from vio.supervisor.options import SERVERS

pytestmark = [pytest.mark.asyncio, pytest.mark.real, pytest.mark.django_db(transaction=True)]


class Server:
    """One web process, started as `vio up` does, on a port of its own, on this test's database and Redis."""

    def __init__(self, program: str = "daphne") -> None:
        self.program = program
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.port = int(self.listener.getsockname()[1])
        self.process = self.start()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> subprocess.Popen[bytes]:
        given = urlsplit(os.environ["VIO_DATABASE_URL"])
        environment = {
            **os.environ,
            "VIO_DATABASE_URL": given._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
            "VIO_DATABASE_AS_OWNER": "0", "VIO_DEBUG": "1", "VIO_PORT": str(self.port),
            "VIO_ORIGINS": self.origin, "VIO_ALLOWED_HOSTS": "localhost",
            "VIO_FIELD_KEYS": settings.FIELD_KEYS, "VIO_SECRET_KEY": settings.SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "vio.settings",
        }  # fmt: skip
        spec = plan.web(1, self.listener, environment, self.program)
        return subprocess.Popen(spec.command, pass_fds=spec.pass_fds, env=environment)

    async def joins(
        self, live: LiveRoom, who: Any, query: str = ""
    ) -> tuple[ClientConnection, dict[str, Any]]:
        """A connection of this person, and the first frame it hears."""
        address = f"ws://localhost:{self.port}/ws/sessions/{live.session.pk}/{query}"
        cookie = f"{settings.SESSION_COOKIE_NAME}={live.logins[person_of(who).pk]}"
        headers = {"Cookie": cookie}
        line = await connect(address, origin=self.origin, additional_headers=headers, open_timeout=30)  # type: ignore[arg-type]
        return line, json.loads(await asyncio.wait_for(line.recv(), 10))

    def ends(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.listener.close()


@pytest_asyncio.fixture(params=list(SERVERS))
async def server(live: LiveRoom, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    running = Server(request.param)
    yield running
    running.ends()


async def says(line: ClientConnection, kind: str, **fields: Any) -> dict[str, Any]:
    """Sends a command; returns its answer."""
    command = str(uuid4())
    await line.send(json.dumps({"id": command, "type": kind, **fields}))
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(line.recv(), 10))
        if frame.get("id") == command:
            return frame


async def closes(line: ClientConnection) -> int | None:
    try:
        while True:
            await asyncio.wait_for(line.recv(), 10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


async def test_a_stop_closes_sockets_with_1012_and_the_process_goes(live: LiveRoom, server: Server) -> None:
    line, first = await server.joins(live, live.world.facilitator)
    assert first["type"] == "snapshot"
    assert (await says(line, "ping", heads={}))["type"] == "pong"
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert await closes(line) == 1012
    assert time.monotonic() - began < 5
    assert await asyncio.to_thread(server.process.wait, 15) is not None
    rows = await sync_to_async(lambda: live.evidence(live.world.facilitator))()
    assert rows[-1] == ("closed", "server")
    assert ("seen", "") in rows


async def test_a_kill_loses_nothing_acknowledged_and_people_resume(live: LiveRoom, server: Server) -> None:
    line, first = await server.joins(live, live.world.facilitator)
    numbers = first["numbers"]
    acks = [await says(line, "chat.send", text=f"{n}") for n in range(4)]
    assert [ack["type"] for ack in acks] == ["ack"] * 4
    await says(line, "ping", heads={})
    await asyncio.sleep(2)  # the tick in which the proof of life is written
    server.process.kill()
    assert await closes(line) is None
    server.process.wait()
    server.process = server.start()
    me = str(live.world.facilitator.pk)
    query = f"?room={numbers['room']}&staff={numbers['staff']}&me={numbers[f'person:{me}']}"
    again, frame = await server.joins(live, live.world.facilitator, query)
    heard = [frame]
    while heard[-1]["type"] != "resumed":
        heard.append(json.loads(await asyncio.wait_for(again.recv(), 10)))
    texts = [frame["text"] for frame in heard if frame["type"] == "chat.sent"]
    assert texts == ["0", "1", "2", "3"]
    await again.close()
    swept = await sync_to_async(clock.sweep_presence)(
        now=live.now.replace(year=live.now.year + 1), wait=lambda _: None
    )
    assert swept >= 1
    closed = PresenceEvidence.objects.filter(kind="closed", cause="swept")
    assert await sync_to_async(closed.exists)()


async def test_a_wrong_origin_is_answered_with_403(live: LiveRoom, server: Server) -> None:
    good = f"ws://localhost:{server.port}/ws/sessions/{live.session.pk}/"
    with pytest.raises(InvalidStatus) as refusal:
        await connect(good, origin="http://evil.example", open_timeout=30)  # type: ignore[arg-type]
    assert refusal.value.response.status_code == 403
