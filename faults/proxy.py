"""One person's way to the server: a TCP proxy that can be cut, reset, made deaf in one or both directions, slow or narrow.

A hole keeps what was sent, as TCP would retransmit it, and lets go of it when the hole is mended or the sender has gone away.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from random import Random

CHUNK = 4096
LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends a reset


class Gate:
    """One direction: open or shut, with a delay in seconds and a rate in bytes a second."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self.delay = 0.0
        self.rate: float | None = None
        self.cut_after: int | None = None
        self.loses: Callable[[], bool] | None = None
        self.passed = 0

    def shut(self) -> None:
        """Nothing passes from here on."""
        self._open.clear()

    def open(self) -> None:
        """What waited passes, and everything after it."""
        self._open.set()

    async def wait(self, size: int, gone: Callable[[], bool]) -> None:
        """Until that many bytes may pass. Raises ConnectionError when their sender goes away while they lie in a hole."""
        while not self._open.is_set():
            if gone():
                raise ConnectionError("lost in the hole")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._open.wait(), 0.05)
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.rate:
            await asyncio.sleep(size / self.rate)

    def share(self, data: bytes) -> tuple[bytes, bool]:
        """How much of the data passes before the cut that was asked for, and whether the cut is here."""
        if self.cut_after is None or len(data) <= self.cut_after:
            self.cut_after = None if self.cut_after is None else self.cut_after - len(data)
            return data, False
        kept, self.cut_after = data[: self.cut_after], None
        return kept, True


class _Pipe:
    """One proxied connection."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far

    def end(self, *, reset: bool) -> None:
        """Both ends are closed at once; with a reset, neither hears a farewell."""
        for writer in (self.near, self.far):
            sock = writer.get_extra_info("socket")
            if reset and sock is not None:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                writer.transport.abort()
            else:
                writer.close()


def _has_ended(source: asyncio.StreamReader) -> bool:
    """Whether the sender has closed or reset its end, read or not."""
    return source.exception() is not None or bool(source._eof)  # type: ignore[attr-defined]  # at_eof waits for the reader


class Wire:
    """A listening port of its own that leads to the server's port; everything on it can be broken at will."""

    def __init__(self, target: int, host: str = "127.0.0.1") -> None:
        self.target, self.host = target, host
        self.up, self.down = Gate(), Gate()
        self.port = 0
        self.refusing = False
        self.resets = 0
        """How many connections were reset by chance."""
        self._server: asyncio.Server | None = None
        self._pipes: set[_Pipe] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> Wire:
        """Begins to listen on a free port."""
        self._server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def close(self) -> None:
        """Ends everything."""
        if self._server is not None:
            self._server.close()
        for pipe in list(self._pipes):
            pipe.end(reset=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many connections pass through now."""
        return len(self._pipes)

    @property
    def far_ports(self) -> list[int]:
        """Our own ports on the server's side, to find out which process holds the other end."""
        return [int(pipe.far.get_extra_info("sockname")[1]) for pipe in self._pipes]

    # --- faults -------------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Every connection is closed, without a word of the protocol above."""
        self._each(lambda pipe: pipe.end(reset=False))

    def reset(self) -> None:
        """Every connection is reset."""
        self._each(lambda pipe: pipe.end(reset=True))

    def black_hole(self) -> None:
        """Nothing passes in either direction; connections stay and new ones are taken."""
        self.up.shut()
        self.down.shut()

    def deaf(self) -> None:
        """What the server sends does not arrive."""
        self.down.shut()

    def dumb(self) -> None:
        """What the browser sends does not arrive."""
        self.up.shut()

    def narrow(self, rate: float) -> None:
        """So many bytes a second in each direction."""
        self.up.rate = self.down.rate = rate

    def slow(self, delay: float) -> None:
        """So many seconds more for each piece in each direction."""
        self.up.delay = self.down.delay = delay

    def cut_inside(self, size: int) -> None:
        """The connection breaks after that many more bytes from the server, wherever in a frame that is."""
        self.down.cut_after = size

    def unsteady(self, share: float, chance: Random) -> None:
        """Each piece that comes through, in either direction, is lost with that probability, and its connection reset."""
        self.up.loses = self.down.loses = lambda: chance.random() < share

    def mend(self) -> None:
        """Everything is as it should be."""
        for gate in (self.up, self.down):
            gate.delay, gate.rate, gate.cut_after, gate.loses = 0.0, None, None, None
            gate.open()
        self.refusing = False

    def _each(self, do: Callable[[_Pipe], None]) -> None:
        for pipe in list(self._pipes):
            do(pipe)

    # --- passing ------------------------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self.refusing:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.target)
        except OSError:
            writer.close()
            return
        pipe = _Pipe(writer, far_writer)
        self._pipes.add(pipe)
        try:
            with contextlib.suppress(
                asyncio.CancelledError
            ):  # taken down; the stream's machinery would complain
                await self._both(pipe, reader, far_reader)
        finally:
            self._pipes.discard(pipe)
            pipe.end(reset=True)

    async def _both(self, pipe: _Pipe, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        ways = {
            asyncio.create_task(self._pass(self.up, near, pipe.far, pipe)),
            asyncio.create_task(self._pass(self.down, far, pipe.near, pipe)),
        }
        try:
            # Whichever end is gone, what is still in a hole on the way to the other is lost with it.
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass(
        self, gate: Gate, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pipe: _Pipe
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while data := await source.read(self._piece(gate)):
                await gate.wait(len(data), lambda: _has_ended(source))
                if gate.loses is not None and gate.loses():
                    self.resets += 1
                    pipe.end(reset=True)
                    return
                kept, ends = gate.share(data)
                sink.write(kept)
                await sink.drain()
                gate.passed += len(kept)
                if ends:
                    pipe.end(reset=True)
                    return
            await gate.wait(0, lambda: True)

    def _piece(self, gate: Gate) -> int:
        """Narrow ways pass small pieces, so that the rate is felt inside a frame too."""
        return CHUNK if gate.rate is None else max(1, min(CHUNK, int(gate.rate / 4)))
