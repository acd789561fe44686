"""The quick reader hands on exactly what Autobahn would, whatever arrives and in which pieces."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import pytest
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.testing import StringTransport

from vio.common.gathering import Gathering
from vio.common.quick_reader import LARGEST, QuickReader, read_quickly, text_of

FINAL, TEXT, BINARY, PING, CLOSE = 0x80, 1, 2, 9, 8
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame(payload: bytes, *, first: int = FINAL | TEXT, mask: bytes | None = b"\x11\x82\x03\xf4") -> bytes:
    """One frame as a browser sends it."""
    size, masked = len(payload), 0x80 if mask else 0
    if size < 126:
        head = bytes((first, masked | size))
    elif size < 65536:
        head = bytes((first, masked | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, masked | 127)) + size.to_bytes(8, "big")
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


@pytest.mark.parametrize("text", ["", "x", "{}", "ö" * 31, "x" * 125, "x" * 126, "🙂" * 900, "x" * LARGEST])
def test_a_whole_short_text_is_read(text: str) -> None:
    assert text_of(frame(text.encode())) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame(b"hello")[:-1],
        frame(b"hello") + frame(b"again"),
        frame(b"hello", first=TEXT),  # more follows
        frame(b"hello", first=FINAL),  # the end of something
        frame(b"hello", first=FINAL | BINARY),
        frame(b"hello", first=FINAL | 0x40 | TEXT),  # compressed
        frame(b"", first=FINAL | PING),
        frame(b"\x03\xe8", first=FINAL | CLOSE),
        frame(b"hello", mask=None),
        frame(b"\xff\xfe"),
        frame("\ud800".encode("utf-8", "surrogatepass")),
        frame(b"x" * (LARGEST + 1)),
        bytes((FINAL | TEXT, 0x80 | 126, 0, 5)) + frame(b"hello")[2:],  # longer written than it must be
    ],
)
def test_anything_else_is_left_alone(data: bytes) -> None:
    assert text_of(data) is None


class Heard(WebSocketServerProtocol):  # type: ignore[misc]  # the library has no types
    """Autobahn's own protocol as Daphne dresses it: an application that has read everything so far."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.is_listening = True
        self.muted = False
        self.last_ping = 0.0
        self.application_queue: asyncio.Queue[Any] = asyncio.Queue()
        self.through_autobahn = 0

    def onMessage(self, payload: bytes, is_binary: bool) -> None:  # noqa: N802  # Autobahn's name
        self.through_autobahn += 1
        self.hear(payload.decode() if not is_binary else repr(payload))

    def hear(self, text: str | None) -> None:
        self.texts.append(text or "")


class Line(StringTransport):  # type: ignore[misc]  # the library has no types
    """A transport that keeps what was sent."""

    def unregisterProducer(self) -> None:  # noqa: N802  # Twisted's name
        """Autobahn does so whenever it closes, whether there is one or not."""


def opened(*, quick: bool) -> tuple[Heard, Line]:
    """A protocol after its handshake."""
    factory = WebSocketServerFactory()
    factory.protocol = Heard
    protocol, transport = factory.buildProtocol(None), Line()
    transport.protocol = protocol
    protocol.makeConnection(transport)
    protocol.dataReceived(HANDSHAKE)
    assert protocol.state == protocol.STATE_OPEN
    transport.clear()
    if quick:
        read_quickly(partial(_never, protocol), protocol)
        assert isinstance(protocol.dataReceived, QuickReader)
    return protocol, transport


async def _never(protocol: object, message: object) -> None:
    raise AssertionError("nothing is sent")


def _said(random_: random.Random) -> bytes:
    """Something a browser, or nobody's browser, might send."""
    payload = random_.choice([b"", b"hello", "grüße".encode(), b"x" * 130, b"y" * 5000, b"\xc3"])
    kind = random_.choice([TEXT] * 6 + [BINARY, PING])
    if kind == PING:
        return frame(payload[:20], first=FINAL | PING)
    if random_.random() < 0.2:  # in two pieces, with a ping between them
        middle = len(payload) // 2
        return (
            frame(payload[:middle], first=kind)
            + frame(b"?", first=FINAL | PING)
            + frame(payload[middle:], first=FINAL)
        )
    return frame(payload, first=FINAL | kind)


@pytest.mark.parametrize("seed", range(60))
def test_with_and_without_it_the_same_is_heard_and_answered(seed: int) -> None:
    random_ = random.Random(seed)
    said = [_said(random_) for _ in range(20)]
    whole, pieces = b"".join(said), []
    if seed % 3 == 0:  # each as it was sent, as mostly
        pieces = said
    else:
        while whole:
            size = random_.choice([1, 2, 5, 7, 60, 500, 10_000])
            pieces.append(whole[:size])
            whole = whole[size:]
    (plain, plainly), (quick, quickly) = opened(quick=False), opened(quick=True)
    for piece in pieces:
        for protocol in (plain, quick):
            if protocol.state != protocol.STATE_CLOSED:
                protocol.dataReceived(piece)
    assert quick.texts == plain.texts
    assert quick.state == plain.state
    assert quickly.value() == plainly.value()  # the same pongs, the same close


def test_a_short_text_never_reaches_autobahn_and_counts_as_a_sign_of_life() -> None:
    protocol, _ = opened(quick=True)
    protocol.dataReceived(frame(b"hello"))
    assert (protocol.texts, protocol.through_autobahn) == (["hello"], 0)
    assert protocol.last_ping > 0


@pytest.mark.parametrize("why", ["busy", "something waits", "pinged"])
def test_nothing_overtakes_what_came_before_it(why: str) -> None:
    protocol, _ = opened(quick=True)
    protocol.is_listening = why != "busy"
    if why == "something waits":
        protocol.application_queue.put_nowait({})
    if why == "pinged":
        protocol.autoPingTimeoutCall = _Call()
    protocol.dataReceived(frame(b"hello"))
    assert protocol.through_autobahn == 1


class _Call:
    def cancel(self) -> None: ...


def test_under_another_server_nothing_happens() -> None:
    protocol, _ = opened(quick=False)
    read_quickly(_never, protocol)
    read_quickly(partial(_never, object()), protocol)
    assert not isinstance(protocol.dataReceived, QuickReader)


class Gate:
    """What a reader asks of a gate, written down."""

    def __init__(self) -> None:
        self.reads: dict[int, Any] = {}

    def add(self, descriptor: int, read: Any) -> None:
        self.reads[descriptor] = read

    def remove(self, descriptor: int, read: Any) -> None:
        assert self.reads.pop(descriptor) == read


class SocketLine(Line):
    """A transport with a real socket below it, as Twisted's own have."""

    def __init__(self) -> None:
        super().__init__()
        self.socket, self.browser = socket.socketpair()
        self.socket.setblocking(False)
        self.connected, self.reading, self.aborted = True, True, False

    def fileno(self) -> int:
        return self.socket.fileno()

    def stopReading(self) -> None:  # noqa: N802  # Twisted's name
        self.reading = False

    def startReading(self) -> None:  # noqa: N802  # Twisted's name
        self.reading = True

    def abortConnection(self) -> None:  # noqa: N802  # Twisted's name
        self.aborted = True


class AtTheGate:
    """A connection whose socket the quick reader reads."""

    def __init__(self) -> None:
        self.protocol, _ = opened(quick=True)
        self.line, self.gate = SocketLine(), Gate()
        self.protocol.transport = self.line
        reader = self.protocol.dataReceived
        assert isinstance(reader, QuickReader)
        self.reader = reader
        self.reader.wait_at(cast("Gathering", self.gate))

    def arrives(self, data: bytes) -> None:
        self.line.browser.send(data)
        self.gate.reads[self.line.fileno()]()


@pytest.fixture
def at_the_gate() -> Iterator[AtTheGate]:
    made = AtTheGate()
    yield made
    made.line.socket.close()
    made.line.browser.close()


def test_the_socket_is_read_here_and_no_longer_by_the_server(at_the_gate: AtTheGate) -> None:
    assert not at_the_gate.line.reading
    at_the_gate.arrives(frame(b"hello"))
    at_the_gate.arrives(frame(b"one") + frame(b"two")[:3])
    at_the_gate.arrives(frame(b"two")[3:])
    at_the_gate.gate.reads[at_the_gate.line.fileno()]()  # nothing there: a bell too many harms nobody
    assert at_the_gate.protocol.texts == ["hello", "one", "two"]


def test_the_end_of_the_line_is_left_to_the_server(at_the_gate: AtTheGate) -> None:
    at_the_gate.line.browser.close()
    at_the_gate.reader.read()
    assert at_the_gate.line.reading
    assert not at_the_gate.gate.reads
    at_the_gate.reader.leave()  # harmless to repeat


def test_whoever_reads_no_more_gives_the_socket_back(at_the_gate: AtTheGate) -> None:
    """An application that ended before its line: the browser's last word, and its end, are still read."""
    at_the_gate.reader.leave()
    assert at_the_gate.line.reading
    assert not at_the_gate.gate.reads


def test_a_line_that_fails_is_left_to_the_server(at_the_gate: AtTheGate) -> None:
    real = at_the_gate.line.socket
    at_the_gate.line.socket = _Broken()  # type: ignore[assignment]
    at_the_gate.reader.read()
    at_the_gate.line.socket = real
    assert at_the_gate.line.reading
    assert not at_the_gate.gate.reads


class _Broken:
    def recv(self, size: int) -> bytes:
        raise ConnectionResetError


def test_nobody_reads_a_connection_that_is_ending(at_the_gate: AtTheGate) -> None:
    at_the_gate.line.disconnecting = True
    at_the_gate.arrives(frame(b"hello"))
    assert at_the_gate.protocol.texts == []
    assert not at_the_gate.gate.reads
    assert not at_the_gate.line.reading


def test_a_listener_that_fails_costs_its_own_connection_only(
    at_the_gate: AtTheGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_the_gate.protocol, "hear", _fail)
    at_the_gate.arrives(frame(b"hello"))
    assert at_the_gate.line.aborted
    assert not at_the_gate.gate.reads


def _fail(text: str | None) -> None:
    raise ValueError
