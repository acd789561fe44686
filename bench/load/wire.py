"""A WebSocket client that costs little: one asyncio protocol per connection, no compression, no task per socket."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
Took = Callable[["Wire", bytes], None]


def text_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame, masked with zeros: the mask is required by the protocol, its value is not."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


class Wire(asyncio.Protocol):
    """One connection. `took` is given every text frame; the attributes below belong to the dialect and the driver."""

    def __init__(self, room: int, seat: int, request: bytes, took: Took) -> None:
        self.room = room
        self.seat = seat
        self.got = 0
        self.last = b""
        self.ready = asyncio.get_running_loop().create_future()
        self.inside = False
        self.knocked = 0.0
        self.closed = False
        self._request = request
        self._took = took
        self._buffer = b""
        self._open = False
        self._transport: asyncio.Transport | None = None

    # --- asyncio ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the handshake."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport
        key = base64.b64encode(os.urandom(16))
        transport.write(self._request.replace(b"{key}", key))

    def data_received(self, data: bytes) -> None:
        """Cuts what came into frames."""
        buffer = self._buffer + data if self._buffer else data
        if not self._open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                self._fail(buffer.split(b"\r\n", 1)[0].decode("latin-1"))
                return
            self._open = True
            buffer = buffer[end + 4 :]
        self._buffer = self._frames(buffer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for us waits no more."""
        self.closed = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the server hung up"))

    # --- frames -----------------------------------------------------------------------------------------------

    def send(self, payload: bytes) -> None:
        """Sends one text frame."""
        if self._transport is not None and not self.closed:
            self._transport.write(text_frame(payload))

    def close(self) -> None:
        """Closes as a browser does, with a close frame."""
        if self._transport is not None and not self.closed:
            self._transport.write(text_frame(struct.pack("!H", 1000), CLOSE))
            self._transport.close()

    def _frames(self, buffer: bytes) -> bytes:
        start, length = 0, len(buffer)
        while length - start >= 2:
            size, begin = buffer[start + 1], start + 2
            if size == 126:
                if length - start < 4:
                    break
                size, begin = int.from_bytes(buffer[start + 2 : start + 4], "big"), start + 4
            elif size == 127:
                if length - start < 10:
                    break
                size, begin = int.from_bytes(buffer[start + 2 : start + 10], "big"), start + 10
            if length - begin < size:
                break
            self._frame(buffer[start] & 0x0F, buffer[begin : begin + size])
            start = begin + size
        return buffer[start:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._took(self, payload)
        elif opcode == PING and self._transport is not None:
            self._transport.write(text_frame(payload, PONG))
        elif opcode == CLOSE and self._transport is not None:
            self._transport.close()

    def _fail(self, said: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(said))
        if self._transport is not None:
            self._transport.close()
