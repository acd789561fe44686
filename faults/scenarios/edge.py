"""The socket's edge on real processes: who is refused before the door, what is refused behind it, and that the socket stays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from faults.evening import Evening, evening
from faults.ground import Ground
from vio.rehearse.stage import Player

SHOWS = ("WS-1", "WS-2", "WS-3", "WS-4", "WS-5", "WS-7")
BAD = {
    "bad_json": "{",
    "not an object": "[1]",
    "nan": '{"id":"%s","type":"chat.send","text":"x","to":NaN}',
    "twice": '{"id":"%s","type":"ping","type":"ping"}',
    "deep": '{"id":"%s","type":"ping","heads":' + "[" * 3000 + "]" * 3000 + "}",
    "huge integer": '{"id":"%s","type":"ping","heads":{"room":' + "9" * 5000 + "}}",
    "surrogate": '{"id":"%s","type":"chat.send","text":"\\ud800"}',
    "nul": '{"id":"%s","type":"chat.send","text":"a\\u0000b"}',
    "unknown": '{"id":"%s","type":"group.send"}',
}


async def run(ground: Ground) -> None:
    """Strangers and vandals at the door and in the room; the others go on talking."""
    room = await evening(ground, "edge", 4)
    room.talk()
    await _door(ground, room)
    await _bad_frames(ground, room, room.players[1])
    await _flood(ground, room, room.players[2])
    await _sixth(ground, room, room.players[3])
    await room.hush(3)
    await room.check_history("RT-2")
    await room.end()


def _address(room: Evening) -> str:
    venue = room.ground.venue()
    return f"{venue.sockets}/ws/sessions/{room.stage.session}/"


async def _open(room: Evening, player: Player | None, origin: str | None) -> ClientConnection:
    venue = room.ground.venue()
    cookie = {"Cookie": f"{venue.login_cookie}={player.login}"} if player else {}
    return await connect(
        _address(room), origin=Origin(origin) if origin else None, additional_headers=cookie, proxy=None,
        ping_interval=None, open_timeout=15, close_timeout=2, max_size=2**22,
    )  # fmt: skip


async def _door(ground: Ground, room: Evening) -> None:
    right, someone = ground.stack.origin, room.players[4]
    port = ground.stack.port
    for requirement, name, player, origin in (
        ("WS-1", "no origin", someone, None),
        ("WS-1", "origin null", someone, "null"),
        ("WS-1", "another port", someone, f"http://localhost:{port + 1}"),
        ("WS-1", "another scheme", someone, f"https://localhost:{port}"),
        ("WS-1", "another host", someone, f"http://localhost.evil.example:{port}"),
        ("WS-2", "nobody's cookie", None, right),
        ("WS-2", "an invented login", Player(someone.person, "", "x" * 32), right),
    ):
        status = await _knock(room, player, origin)
        troubles = [] if status == 403 else [f"{name}: answered with {status}"]
        ground.book.check(requirement, troubles, f"{name}: 403")


async def _knock(room: Evening, player: Player | None, origin: str | None) -> int:
    try:
        socket = await _open(room, player, origin)
    except InvalidStatus as error:
        return error.response.status_code
    except (OSError, InvalidHandshake, TimeoutError):
        return 0
    await socket.close()
    return 101


async def _bad_frames(ground: Ground, room: Evening, player: Player) -> None:
    """Each is answered with an error under its id; the tenth within a minute closes with 1008 (WS-3, WS-4, WS-7)."""
    socket = await _open(room, player, ground.stack.origin)
    troubles = []
    for name, frame in BAD.items():
        key = str(uuid4())
        await socket.send(frame % key if "%s" in frame else frame)
        answer = await _answer(socket, "error")
        if answer is None:
            troubles.append(f"{name}: no error came")
        elif "%s" in frame and answer["id"] not in {key, None}:
            troubles.append(f"{name}: the error is about another command")
    await socket.send(json.dumps({"id": str(uuid4()), "type": "ping"}))
    if await _answer(socket, "pong") is None:
        troubles.append("the socket did not stay")
    ground.book.check("WS-3", troubles, f"{len(BAD)} kinds of bad frames refused, the socket stayed")
    with contextlib.suppress(ConnectionClosed):
        await socket.send(b"\x00\xff binary")
    code = await _closed(socket, 10)
    ground.book.check("WS-4", [] if code == 1008 else [f"tenth bad frame: {code}"], "tenth bad frame: 1008")
    ground.book.check("WS-7", [] if code == 1008 else [f"tenth bad frame: {code}"], "1008 arrives")


async def _flood(ground: Ground, room: Evening, player: Player) -> None:
    """A flood is answered `rate_limited` and cut off after ten seconds; nobody else notices (WS-4)."""
    socket = await _open(room, player, ground.stack.origin)
    began, limited = time.monotonic(), 0

    async def listen() -> None:
        nonlocal limited
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                limited += '"rate_limited"' in str(text)

    listening = asyncio.create_task(listen())
    with contextlib.suppress(ConnectionClosed):
        while time.monotonic() - began < 25:
            await socket.send(json.dumps({"id": str(uuid4()), "type": "hand.lower"}))
            await asyncio.sleep(0.004)
    await asyncio.wait({listening}, timeout=5)
    listening.cancel()
    took, code = time.monotonic() - began, socket.close_code
    troubles = [] if limited else ["a flood was not limited"]
    troubles += [] if code == 1008 else [f"a flood was closed with {code}"]
    troubles += [] if 9 <= took <= 16 else [f"a flood was closed after {took:.1f} s"]
    ground.book.check("WS-4", troubles, f"a flood: {limited} times rate_limited, 1008 after {took:.1f} s")


async def _sixth(ground: Ground, room: Evening, player: Player) -> None:
    """At most five sockets a person and process: with eleven on two processes some of them are replaced (4409)."""
    sockets = [await _open(room, player, ground.stack.origin) for _ in range(11)]
    await asyncio.sleep(2)
    codes = [socket.close_code for socket in sockets if socket.close_code is not None]
    troubles = [] if codes and set(codes) == {4409} else [f"closed with {sorted(set(codes))}"]
    for requirement in ("WS-4", "WS-7"):
        ground.book.check(requirement, troubles, f"eleven sockets: {len(codes)} closed with 4409")
    # Gone without a word, in the middle of a frame: nothing of them may stay behind (WS-5).
    for socket in sockets:
        if socket.close_code is None:
            socket.transport.write(b"\x81\xfe\x10\x00abc")
            socket.transport.abort()
    await asyncio.sleep(12)
    await room.back(20)
    await room.check_converged("WS-5")


async def _answer(socket: ClientConnection, kind: str) -> dict[str, str] | None:
    with contextlib.suppress(TimeoutError, ConnectionClosed):
        async with asyncio.timeout(8):
            async for text in socket:
                frame: dict[str, str] = json.loads(text)
                if frame["type"] == kind:
                    return frame
    return None


async def _closed(socket: ClientConnection, seconds: float) -> int | None:
    with contextlib.suppress(TimeoutError, ConnectionClosed):
        async with asyncio.timeout(seconds):
            while True:
                await socket.recv()
    return socket.close_code
