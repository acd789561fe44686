"""The shortest way to a browser: a finished WebSocket frame straight to the socket, where the server allows it.

Under Daphne and uvicorn a text frame is the same bytes for everybody, and a socket whose buffer is empty takes them at once.
Everything else (another server, TLS in this process, a connection that lags or is closing) goes the server's own way.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from vio.common.sockets import Send

_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """A whole text frame as a server sends it (RFC 6455: final, not masked)."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65536:
        return bytes((_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_TEXT, 127)) + size.to_bytes(8, "big") + payload


class Wire(Protocol):
    """The socket behind one connection."""

    def put(self, frame: bytes) -> bool:
        """Sends a finished frame; False when it has to go the server's own way."""

    def unsent(self) -> int:
        """Bytes that wait on our side because the browser takes nothing in; 0 where that cannot be told."""


def wire_to(send: Send) -> Wire:
    """What a server's `send` writes to."""
    if isinstance(send, partial):
        protocol: Any = send.args[0] if send.args else None
        return _Daphne(protocol) if hasattr(protocol, "sendPreparedMessage") else _Unknown()
    protocol = getattr(send, "__self__", None)
    return _Uvicorn(protocol) if hasattr(protocol, "conn") and hasattr(protocol, "writable") else _Unknown()


class _Unknown:
    """A server whose way is not known: everything goes its own way."""

    __slots__ = ()

    def put(self, frame: bytes) -> bool:
        return False

    def unsent(self) -> int:
        return 0


class _Daphne:
    """A protocol of Autobahn on a transport of Twisted."""

    __slots__ = ("_is_plain", "_protocol")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._is_plain = hasattr(protocol.transport, "writeSomeData")
        """Whether the bytes of the transport are the bytes of the socket: not so with TLS in this process."""

    def put(self, frame: bytes) -> bool:
        protocol, transport = self._protocol, self._protocol.transport
        # Only where it is open, without compression, and nothing that was sent before still waits on our side. Said here and
        # not in a function of its own: it is asked for each of twelve people whenever one of them speaks.
        if (
            protocol.state != protocol.STATE_OPEN
            or protocol._perMessageCompress is not None
            or protocol.send_queue
            or not self._is_plain
            or transport._tempDataBuffer
            or transport.dataBuffer
            or not transport.connected
            or transport.disconnecting
        ):
            return False
        try:
            written = transport.socket.send(frame)
        except BlockingIOError:
            written = 0
        except OSError:
            return False  # the line is gone; the server notices by its own way
        if written < len(frame):
            transport.write(frame[written:])
        return True

    def unsent(self) -> int:
        transport: Any = self._protocol.transport
        if not hasattr(transport, "dataBuffer"):
            return 0
        return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)


class _Uvicorn:
    """uvicorn's protocol without input and output of its own, on a transport of the event loop."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def put(self, frame: bytes) -> bool:
        if not self._is_free():
            return False
        self._protocol.transport.write(frame)
        return True

    def unsent(self) -> int:
        return int(self._protocol.transport.get_write_buffer_size())

    def _is_free(self) -> bool:
        """Open both ways, without compression, and its transport has not asked to wait (64 kB wait already)."""
        protocol = self._protocol
        return (
            protocol.handshake_complete
            and not protocol.close_sent
            and not protocol.disconnected
            and protocol.conn.state == 1  # OPEN
            and not protocol.conn.extensions
            and protocol.writable.is_set()
            and not protocol.transport.is_closing()
        )
