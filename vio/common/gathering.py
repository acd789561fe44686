"""What people say is read together: the first word of a moment waits a little for the others.

A server that wakes for each small message spends most of its time waking. So people's sockets do not wake the loop one by one.
They stand behind one gate; when somebody is at it while messages keep coming, it stays closed for a moment, and then everybody
who has come is read in one turn, and what follows from what they said (one commit) is begun in the same turn. Whoever is alone
does not wait.
Nothing else of the loop (pages, the database's answers, timers) waits behind the gate.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

from vio.common.logs import log

_log = log(__name__)
WINDOW = 0.012
"""Seconds for which the gate stays closed after the first message while they keep coming: what they share then costs less than
what each waits."""
QUIET_AFTER = 0.015
"""Seconds without a message after which it is quiet: then nobody else is likely to come within the window."""

Read = Callable[[], None]


class Gathering:
    """The gate of one loop. All calls are made in the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._people = select.epoll()
        # Between the loop and the people stands a bell that rings once, until it is set again: cheaper than to have
        # the loop forget the gate and learn of it anew for each window.
        self._bell = select.epoll()
        self._once = select.EPOLLIN | select.EPOLLONESHOT
        self._bell.register(self._people.fileno(), self._once)
        self._reads: dict[int, Read] = {}
        self._read_at = 0.0
        self._is_reading = False
        self._then: list[Callable[[], None]] = []
        loop.add_reader(self._bell.fileno(), self._begin)

    def add(self, descriptor: int, read: Read) -> None:
        """Has a socket wait at the gate; `read` is called when there is something to be read, and must not raise."""
        if self._reads.pop(descriptor, None) is not None:
            self._forget(descriptor)  # whose socket it was is gone; the system gives numbers again
        self._people.register(descriptor, select.EPOLLIN)
        self._reads[descriptor] = read

    def remove(self, descriptor: int, read: Read) -> None:
        """Takes a socket away, if it is still the one that was added with `read`; harmless to repeat."""
        if self._reads.get(descriptor) == read:
            del self._reads[descriptor]
            self._forget(descriptor)

    def then(self, what: Callable[[], None]) -> bool:
        """Has `what` called once when all who came were read; False when nobody is being read just now."""
        if self._is_reading:
            self._then.append(what)
        return self._is_reading

    def close(self) -> None:
        """Ends the gate; sockets that still wait at it are not read any more."""
        self._loop.remove_reader(self._bell.fileno())
        self._bell.close()
        self._people.close()
        self._reads.clear()
        if _gates.get(self._loop) is self:
            del _gates[self._loop]

    def _begin(self) -> None:
        self._bell.poll(0)  # it is silent now
        if self._loop.time() - self._read_at > QUIET_AFTER:
            self._read_all()
        else:
            self._loop.call_later(WINDOW, self._read_all)

    def _read_all(self) -> None:
        if self._bell.closed:
            return
        self._is_reading = True
        try:
            for descriptor, _ in self._people.poll(0, max(len(self._reads), 1)):
                read = self._reads.get(descriptor)
                if read is not None:  # who was read before may have ended this one
                    read()
        finally:
            self._is_reading = False
            self._read_at = self._loop.time()
            self._bell.modify(self._people.fileno(), self._once)
            then, self._then = self._then, []
            for what in then:
                self._call(what)

    def _call(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception:  # whoever else was promised to be called relies on it
            _log.error("gathering.failed", exc_info=True)

    def _forget(self, descriptor: int) -> None:
        try:
            self._people.unregister(descriptor)
        except OSError:  # it was closed, and the system took it away itself
            return


_gates: dict[asyncio.AbstractEventLoop, Gathering] = {}


def gathering() -> Gathering | None:
    """The gate of the running loop; None where the system has none of the kind (it is Linux that does)."""
    loop = asyncio.get_running_loop()
    found = _gates.get(loop)
    if found is None and hasattr(select, "epoll"):
        found = _gates[loop] = Gathering(loop)
    return found


def after_reading(what: Callable[[], None]) -> bool:
    """Has `what` called once when all who came together were read; False when nobody is being read together just now."""
    gate = _gates.get(asyncio.get_running_loop())
    return gate is not None and gate.then(what)
