"""The shortest way from a browser: a small whole text message, read without Autobahn's machinery, under Daphne.

Nearly everything a browser says is one short masked text frame that arrives in one piece. Taking such a frame apart costs
Autobahn more than all the rest of a heartbeat. Whatever is anything else (a piece of a frame, several at once, a large one, a
control frame, text that is no UTF-8, a connection that is opening, closing, compressing or in the middle of something) goes to
Autobahn, byte for byte as it came.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Protocol

_WHOLE_TEXT = 0x81
_MASKED = 0x80
_MOST_SHORT = 125
_TWO_BYTES_MORE = 126
LARGEST = 4_096
"""Bytes of a message read here; far below every limit that Autobahn would hold it to."""


def text_of(data: bytes) -> str | None:
    """The text of exactly one whole, masked, short text frame (RFC 6455, 5.2); None for anything else."""
    if len(data) < 6 or data[0] != _WHOLE_TEXT or not data[1] & _MASKED:
        return None
    size, begin = data[1] & ~_MASKED, 2
    if size == _TWO_BYTES_MORE:
        size, begin = int.from_bytes(data[2:4], "big"), 4
        if size <= _MOST_SHORT:  # not written as shortly as it must be
            return None
    if size > LARGEST or len(data) != begin + 4 + size:
        return None
    mask = (data[begin : begin + 4] * (size // 4 + 1))[:size]
    masked = int.from_bytes(data[begin + 4 :], "little")
    try:
        return (masked ^ int.from_bytes(mask, "little")).to_bytes(size, "little").decode()
    except UnicodeDecodeError:
        return None


class Listener(Protocol):
    """Who the messages of a connection are for. `hear` never raises."""

    is_listening: bool

    def hear(self, text: str | None) -> None: ...


class QuickReader:
    """Stands before one protocol of Autobahn and hands it only what it cannot read itself.

    A message is heard at once where nothing that came before it still waits in the server's queue; otherwise it joins the queue.
    """

    __slots__ = ("_everything_else", "_listener", "_protocol")

    def __init__(self, protocol: Any, listener: Listener) -> None:
        self._protocol = protocol
        self._listener = listener
        self._everything_else = protocol.dataReceived

    def __call__(self, data: bytes) -> None:
        """Bytes from the line, in Twisted's way of calling a protocol."""
        text = text_of(data) if self._is_between_messages() else None
        protocol = self._protocol
        if text is None:
            self._everything_else(data)
        elif self._listener.is_listening and protocol.application_queue.empty() and not protocol.muted:
            protocol.last_ping = time.time()  # as Daphne's own way does: whoever speaks need not be asked
            self._listener.hear(text)
        else:
            protocol.onMessage(text.encode(), False)

    def _is_between_messages(self) -> bool:
        """Open, without compression, nothing half read, and no ping of the server's that any message would answer."""
        protocol = self._protocol
        return (
            protocol.state == protocol.STATE_OPEN
            and not protocol.data
            and protocol.current_frame is None
            and not protocol.inside_message
            and protocol._perMessageCompress is None
            and not protocol.autoPingTimeoutCall
        )


def read_quickly(send: Any, listener: Listener) -> None:
    """Puts a quick reader before the protocol behind a server's `send`; nothing happens under a server that is not Daphne."""
    protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
    if hasattr(protocol, "autoPingTimeoutCall") and hasattr(protocol, "application_queue"):
        protocol.dataReceived = QuickReader(protocol, listener)
