"""What each server under test is told and what it answers: vio's protocol, Socket.IO's, the tutorial's.

Every message carries a mark, `~` + four digits of the run + twenty digits of nanoseconds + `~`, so that a delivery tells its
run and its age without being parsed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from bench.load.wire import Wire

MARK = b"~"
FILL = "The last week was better than the one before it, and I slept well on most of its nights."
SIZE = 120
"""Bytes of one message as its sender sends it (vio's own ids come on top for vio)."""
Delivered = Callable[[Wire, int, int], None]


@dataclass(frozen=True)
class Seat:
    """Where one person connects: room and seat number, path, and what vio needs to know them by."""

    room: int
    path: str
    cookie: str = ""
    hosts: bool = False


class Dialect(Protocol):
    """How to speak with one server. `delivered(wire, run, sent_ns)` is called for every message that arrived."""

    heartbeat: float
    delivered: Delivered

    def request(self, seat: Seat, port: int, origin: str) -> bytes:
        """The handshake, with {key} where the WebSocket key goes."""
        ...

    def take(self, wire: Wire, payload: bytes) -> None:
        """One frame from the server."""
        ...

    def say(self, wire: Wire, run: int) -> None:
        """Sends one message to the wire's room."""
        ...

    def beat(self, wire: Wire) -> None:
        """Sends a heartbeat, where it is the browser's turn to."""
        ...


def mark_of(run: int) -> str:
    """The mark of a message sent now."""
    return f"~{run:04d}{time.monotonic_ns():020d}~"


def read_mark(payload: bytes) -> tuple[int, int] | None:
    """The run and the instant in a frame; None for a frame without a mark."""
    at = payload.find(MARK)
    if at < 0 or len(payload) < at + 26 or payload[at + 25] != MARK[0]:
        return None
    return int(payload[at + 1 : at + 5]), int(payload[at + 5 : at + 25])


def handshake(path: str, port: int, extra: str = "") -> bytes:
    """The request every dialect begins with."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {{key}}\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n"
    ).encode()


class _Base:
    heartbeat = 0.0

    def __init__(self, delivered: Delivered) -> None:
        self.delivered = delivered

    def request(self, seat: Seat, port: int, origin: str) -> bytes:
        return handshake(seat.path, port)

    def beat(self, wire: Wire) -> None:
        return

    def _deliver(self, wire: Wire, payload: bytes) -> None:
        found = read_mark(payload)
        if found is not None:
            self.delivered(wire, *found)


class Vio(_Base):
    """The room of vio: commands up, numbered events down, a heartbeat every ten seconds that tells what was read."""

    heartbeat = 10.0

    def __init__(self, delivered: Delivered) -> None:
        super().__init__(delivered)
        self.refused: dict[str, int] = {}

    def request(self, seat: Seat, port: int, origin: str) -> bytes:
        """With the login's cookie and the exact origin."""
        return handshake(seat.path, port, f"Origin: {origin}\r\nCookie: {seat.cookie}\r\n")

    def take(self, wire: Wire, payload: bytes) -> None:
        """Events are counted, a snapshot tells whether we are in the room."""
        if payload.startswith(b'{"audience":"room"'):
            wire.last = payload
            self._deliver(wire, payload)
        elif payload.startswith((b'{"type":"snapshot"', b'{"type":"resumed"')):
            self._snapshot(wire, json.loads(payload))
        elif payload.startswith(b'{"type":"error"'):
            code = str(json.loads(payload)["code"])
            self.refused[code] = self.refused.get(code, 0) + 1

    def _snapshot(self, wire: Wire, frame: dict[str, Any]) -> None:
        me = frame.get("me")
        wire.inside = me is not None and me["sees"] != "self"
        if not wire.ready.done():
            wire.ready.set_result(time.monotonic())

    def say(self, wire: Wire, run: int) -> None:
        """A chat message; acknowledged, logged, sealed."""
        command = f'{{"id":"{uuid4()}","type":"chat.send","text":"{mark_of(run)}'
        wire.send(f'{command}{FILL[: max(0, SIZE - len(command) - 2)]}"}}'.encode())

    def command(self, wire: Wire, kind: str) -> None:
        """Any command without fields."""
        wire.send(f'{{"id":"{uuid4()}","type":"{kind}"}}'.encode())

    def beat(self, wire: Wire) -> None:
        """The heartbeat with the last number of the room that was handled."""
        heads = '{"room":' + str(number_of(wire.last)) + "}" if wire.last else "{}"
        wire.send(f'{{"id":"{uuid4()}","type":"ping","heads":{heads}}}'.encode())


def number_of(payload: bytes) -> int:
    """The number of an event of the room."""
    begin = payload.index(b'"number":') + 9
    return int(payload[begin : payload.index(b",", begin)])


class SocketIo(_Base):
    """Socket.IO over a plain WebSocket: its server sends the heartbeats."""

    def take(self, wire: Wire, payload: bytes) -> None:
        """42 is an event, 2 a ping, 0 and 40 the two steps of connecting."""
        if payload.startswith(b"42"):
            self._deliver(wire, payload)
        elif payload == b"2":
            wire.send(b"3")
        elif payload.startswith(b"0"):
            wire.send(b"40")
        elif payload.startswith(b"40"):
            wire.inside = True
            wire.ready.set_result(time.monotonic())

    def say(self, wire: Wire, run: int) -> None:
        """An event of about 120 bytes."""
        wire.send(f'42["say",{json.dumps(_body(run))}]'.encode())


class Tutorial(_Base):
    """The consumer of the Channels tutorial: JSON in, the same JSON to the group. It greets once it has joined the group."""

    def take(self, wire: Wire, payload: bytes) -> None:
        """The greeting, or a message."""
        if payload == b'{"joined": true}':
            wire.inside = True
            wire.ready.set_result(time.monotonic())
        else:
            self._deliver(wire, payload)

    def say(self, wire: Wire, run: int) -> None:
        """A message of about 120 bytes."""
        wire.send(json.dumps(_body(run)).encode())


def _body(run: int) -> dict[str, str]:
    text = mark_of(run)
    return {"message": text + FILL[: SIZE - len(text) - 15]}


DIALECTS: dict[str, type[Vio] | type[SocketIo] | type[Tutorial]] = {
    "vio": Vio,
    "socketio": SocketIo,
    "tutorial": Tutorial,
}
