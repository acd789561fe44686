"""The shortest way from a browser: a small whole text message, read without Autobahn's machinery, under Daphne.

Nearly everything a browser says is one short masked text frame that arrives in one piece. Taking such a frame apart costs
Autobahn more than all the rest of a heartbeat. Whatever is anything else (a piece of a frame, several at once, a large one, a
control frame, text that is no UTF-8, a connection that is opening, closing, compressing or in the middle of something) goes to
Autobahn, byte for byte as it came.

Where the system has the means, the socket is also read here, together with those of everybody else who speaks in the same
moment (`gathering.py`), and no longer by Twisted, which gets it back as soon as anything is out of the ordinary.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any, Protocol

from vio.common.gathering import Gathering, gathering
from vio.common.logs import log

_log = log(__name__)

_WHOLE_TEXT = 0x81
_MASKED = 0x80
_MOST_SHORT = 125
_TWO_BYTES_MORE = 126
LARGEST = 4_096
"""Bytes of a message read here; far below every limit that Autobahn would hold it to."""
AT_ONCE = 64 * 1024
"""Bytes read from one socket in one turn; what is more waits for the next, so nobody who floods keeps others waiting."""


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

    __slots__ = ("_descriptor", "_everything_else", "_gate", "_listener", "_protocol")

    def __init__(self, protocol: Any, listener: Listener) -> None:
        self._protocol = protocol
        self._listener = listener
        self._everything_else = protocol.dataReceived
        self._gate: Gathering | None = None
        self._descriptor = -1

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

    def wait_at(self, gate: Gathering) -> None:
        """Reads the socket itself from now on, together with others."""
        transport = self._protocol.transport
        self._gate, self._descriptor = gate, transport.fileno()
        transport.stopReading()
        gate.add(self._descriptor, self.read)

    def leave(self) -> None:
        """Reads the socket no more; Twisted does again, while there is anything to read. Harmless to repeat."""
        if self._gate is None:
            return
        self._gate.remove(self._descriptor, self.read)
        self._gate = None
        transport = self._protocol.transport
        if transport.connected and not transport.disconnecting:
            transport.startReading()

    def read(self) -> None:
        """What is on the line now. Its end, and whatever fails, is left to Twisted, which finds the same and ends the rest."""
        transport = self._protocol.transport
        if not transport.connected or transport.disconnecting:  # nobody listens any more
            self.leave()
            return
        try:
            data = transport.socket.recv(AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.leave()
            return
        try:
            self(data)
        except Exception:  # one connection must not cost the others theirs; Twisted would end it as well
            _log.error("socket.read_failed", exc_info=True)
            self.leave()
            transport.abortConnection()

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


def read_quickly(send: Any, listener: Listener) -> QuickReader | None:
    """Puts a quick reader before the protocol behind a server's `send`; None under a server that is not Daphne.

    Must be told to `leave` when the connection is over.
    """
    protocol: Any = send.args[0] if isinstance(send, partial) and send.args else None
    if not (hasattr(protocol, "autoPingTimeoutCall") and hasattr(protocol, "application_queue")):
        return None
    reader = protocol.dataReceived = QuickReader(protocol, listener)
    tcp: Any = sys.modules.get("twisted.internet.tcp")
    # Only a plain socket: bytes of a line that is encrypted here mean nothing yet.
    if tcp is None or not isinstance(protocol.transport, tcp.Server):
        return reader
    gate = gathering()
    if gate is not None and protocol.transport.connected and not protocol.transport.disconnecting:
        reader.wait_at(gate)
    return reader
