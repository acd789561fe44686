"""Finished frames go straight to a free socket and the server's own way everywhere else, in order either way."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from bench.load.wire import Wire as Browser
from sessions_app.room.outbox import MOST_BYTES, Outbox
from sessions_app.room.wire import Wire, text_frame, wire_to


class Transport:
    """A TCP transport as Twisted's, taking at most `room` bytes at once."""

    def __init__(self, room: int = 10_000) -> None:
        self.room, self.sent, self.later = room, b"", b""
        self.dataBuffer, self._tempDataBuffer = b"", list[bytes]()
        self.offset, self._tempDataLen = 0, 0
        self.connected, self.disconnecting = 1, False
        self.lost = False

    @property
    def socket(self) -> Transport:
        """Its own socket."""
        return self

    def writeSomeData(self, data: bytes) -> object:  # noqa: N802  # Twisted's name
        raise AssertionError("only tells that the bytes go over the line as they are")

    def send(self, data: bytes) -> int:
        if self.lost:
            raise ConnectionResetError
        if not self.room:
            raise BlockingIOError
        self.sent += data[: self.room]
        return min(len(data), self.room)

    def write(self, data: bytes) -> None:
        self.later += data


class Protocol:
    """A WebSocket protocol as Autobahn's, open."""

    STATE_OPEN = 3

    def __init__(self, transport: object) -> None:
        self.transport = transport
        self.state = self.STATE_OPEN
        self._perMessageCompress: object = None
        self.send_queue: list[bytes] = []

    def sendPreparedMessage(self) -> None:  # noqa: N802  # Autobahn's name
        raise AssertionError("not used")


async def _reply(protocol: object, message: Any) -> None:
    raise AssertionError("the server's own way")


def wire(protocol: object) -> Wire:
    return wire_to(partial(_reply, protocol))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_browser_reads_the_frame(size: int) -> None:
    async def read() -> list[bytes]:
        heard: list[bytes] = []
        browser = Browser(0, 0, b"", lambda _, payload: heard.append(payload))
        browser.data_received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + text_frame(b"x" * size))
        return heard

    assert asyncio.run(read()) == [b"x" * size]


def test_a_free_socket_takes_it_at_once() -> None:
    transport = Transport()
    assert wire(Protocol(transport)).put(b"abc")
    assert (transport.sent, transport.later) == (b"abc", b"")


def test_what_a_full_socket_does_not_take_follows_in_order() -> None:
    transport = Transport(room=2)
    assert wire(Protocol(transport)).put(b"abc")
    assert (transport.sent, transport.later) == (b"ab", b"c")


def _waiting(protocol: Protocol, transport: Transport) -> None:
    transport._tempDataBuffer.append(b"before")


def _half_sent(protocol: Protocol, transport: Transport) -> None:
    transport.dataBuffer = b"before"


def _closing(protocol: Protocol, transport: Transport) -> None:
    protocol.state = 2


def _hanging_up(protocol: Protocol, transport: Transport) -> None:
    transport.disconnecting = True


def _compressed(protocol: Protocol, transport: Transport) -> None:
    protocol._perMessageCompress = object()


def _queued(protocol: Protocol, transport: Transport) -> None:
    protocol.send_queue.append(b"before")


def _gone(protocol: Protocol, transport: Transport) -> None:
    transport.lost = True


@pytest.mark.parametrize("case", [_waiting, _half_sent, _closing, _hanging_up, _compressed, _queued, _gone])
def test_otherwise_it_goes_the_servers_own_way(case: Any) -> None:
    transport = Transport()
    protocol = Protocol(transport)
    case(protocol, transport)
    assert not wire(protocol).put(b"abc")
    assert transport.sent + transport.later == b""


def test_tls_in_this_process_goes_the_servers_own_way() -> None:
    assert not wire(Protocol(object())).put(b"abc")


def test_another_server_goes_its_own_way() -> None:
    async def send(message: Any) -> None:
        raise AssertionError

    assert not wire_to(send).put(b"abc")


async def _into_the_buffer(protocol: Any, message: Any) -> None:
    """The server's own way: what the socket does not take is kept, however much that is."""
    protocol.transport._tempDataBuffer.append(message["text"].encode())
    protocol.transport._tempDataLen += len(message["text"])


def test_a_browser_that_takes_nothing_in_is_given_up_before_it_costs_much_memory() -> None:
    """WS-6: signals have no numbers, so nothing else would tell that nobody reads them."""
    transport = Transport(room=0)
    outbox = Outbox(partial(_into_the_buffer, Protocol(transport)))
    transport.dataBuffer, transport.offset = b"x" * 100, 40
    frame = "s" * 50_000
    most = 0
    while outbox.push(frame):
        most += 1
        assert most <= MOST_BYTES // len(frame)
    assert most == (MOST_BYTES - 60) // len(frame)


def test_what_another_server_holds_back_cannot_be_told() -> None:
    async def takes(message: Any) -> None:
        pass

    assert wire_to(takes).unsent() == 0
    assert wire(Protocol(object())).unsent() == 0


class LoopTransport:
    """A TCP transport as the event loop's."""

    def __init__(self) -> None:
        self.sent, self.waiting, self.closing = b"", 0, False

    def write(self, data: bytes) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def get_extra_info(self, name: str) -> None:
        return None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self) -> None:
        self.closing = True


async def _fast(*, compressed: bool = False) -> tuple[Wire, Any, LoopTransport]:
    """uvicorn's own protocol after a handshake, and the wire of its `send`."""
    accepted: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    rest = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        accepted.set_result(send)
        await rest.wait()

    told = Config(
        application,
        lifespan="off",
        log_config=None,
        ws="websockets-sansio",
        ws_per_message_deflate=compressed,
    )
    told.load()
    transport = LoopTransport()
    protocol = cast("Any", told.ws_protocol_class)(told, ServerState(), {})
    protocol.connection_made(transport)
    protocol.data_received(
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    send = await accepted
    assert transport.sent.startswith(b"HTTP/1.1 101 ")
    transport.sent = b""
    return wire_to(send), protocol, transport


@pytest.mark.asyncio
async def test_under_uvicorn_a_free_socket_takes_it_at_once() -> None:
    wire, _, transport = await _fast()
    assert wire.put(b"abc")
    assert transport.sent == b"abc"
    transport.waiting = 70
    assert wire.unsent() == 70


def _asked_to_wait(protocol: Any) -> None:
    protocol.pause_writing()


def _browser_closed(protocol: Any) -> None:
    protocol.data_received(bytes((0x88, 0x82, 0, 0, 0, 0)) + (1001).to_bytes(2, "big"))


def _line_lost(protocol: Any) -> None:
    protocol.connection_lost(None)


def _we_closed(protocol: Any) -> None:
    protocol.close_sent = True


@pytest.mark.asyncio
@pytest.mark.parametrize("case", [_asked_to_wait, _browser_closed, _line_lost, _we_closed])
async def test_under_uvicorn_everything_else_goes_its_own_way(case: Any) -> None:
    wire, protocol, transport = await _fast()
    case(protocol)
    transport.sent = b""
    assert not wire.put(b"abc")
    assert transport.sent == b""


@pytest.mark.asyncio
async def test_under_uvicorn_with_compression_it_goes_its_own_way() -> None:
    wire, _, _ = await _fast(compressed=True)
    assert not wire.put(b"abc")


class Counting(Transport):
    """Counts writes."""

    def __init__(self, room: int = 10_000) -> None:
        super().__init__(room)
        self.writes = 0

    def send(self, data: bytes) -> int:
        self.writes += 1
        return super().send(data)


def frames(*texts: str) -> bytes:
    return b"".join(text_frame(text.encode()) for text in texts)


def test_what_is_collected_goes_out_in_one_write_and_in_order() -> None:
    transport = Counting()
    outbox = Outbox(partial(_reply, Protocol(transport)))
    outbox.collect()
    outbox.collect()  # a second command of the same connection in the batch
    assert outbox.push_all(("event", "event too"), frames("event", "event too"))
    assert outbox.push("answer")
    assert outbox.flush()
    assert outbox.push("second answer")
    assert transport.writes == 0
    assert outbox.flush()
    assert transport.sent == frames("event", "event too", "answer", "second answer")
    assert outbox.push("later")
    assert transport.writes == 2


def test_nothing_collected_is_no_write() -> None:
    transport = Counting()
    outbox = Outbox(partial(_reply, Protocol(transport)))
    outbox.collect()
    assert outbox.flush()
    assert transport.writes == 0


def test_what_is_collected_goes_the_servers_way_where_it_must() -> None:
    said: list[str] = []

    async def servers(message: dict[str, Any]) -> None:
        said.append(message["text"])

    outbox = Outbox(servers)
    outbox.collect()
    outbox.push_all(("event", "event too"), b"as bytes")
    outbox.push("answer")
    assert said == []
    assert outbox.flush()
    assert said == ["event", "event too", "answer"]


def test_a_close_comes_after_what_was_collected() -> None:
    said: list[str] = []

    async def servers(message: dict[str, Any]) -> None:
        said.append(message.get("text", message["type"]))

    outbox = Outbox(servers)
    outbox.collect()
    outbox.push("you were removed")
    outbox.close(4403)
    assert said == ["you were removed", "websocket.close"]
    assert outbox.flush()
