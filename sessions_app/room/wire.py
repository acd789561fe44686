"""The shortest way to a browser: a finished WebSocket frame straight to the socket, where the server allows it.

Under Daphne a text frame is the same bytes for everybody, and a socket whose buffer is empty takes them at once. Everything
else (another server, TLS in this process, a connection that lags or is closing) goes the server's own way.
"""

from __future__ import annotations

from functools import partial
from typing import Any

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


class Wire:
    """The socket behind one connection, when it can be written to directly."""

    __slots__ = ("_protocol",)

    def __init__(self, send: Send) -> None:
        protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
        self._protocol = protocol if hasattr(protocol, "sendPreparedMessage") else None

    def put(self, frame: bytes) -> bool:
        """Sends a finished frame; False when it has to go the server's own way."""
        protocol = self._protocol
        if protocol is None or not _plain(protocol):
            return False
        transport = protocol.transport
        written = transport.writeSomeData(frame)
        if not isinstance(written, int):
            return False  # the line is gone; the server notices by its own way
        if written < len(frame):
            transport.write(frame[written:])
        return True

    def unsent(self) -> int:
        """Bytes that wait on our side because the browser takes nothing in; 0 where that cannot be told."""
        transport: Any = getattr(self._protocol, "transport", None)
        if not hasattr(transport, "dataBuffer"):
            return 0
        return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)


def _plain(protocol: Any) -> bool:
    """Open, without compression, and nothing that was sent before still waits on our side."""
    transport = protocol.transport
    return (
        protocol.state == protocol.STATE_OPEN
        and protocol._perMessageCompress is None
        and not protocol.send_queue
        and hasattr(transport, "writeSomeData")
        and not transport._tempDataBuffer
        and not transport.dataBuffer
        and transport.connected
        and not transport.disconnecting
    )
