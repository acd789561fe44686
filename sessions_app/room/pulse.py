"""Whether this process was asleep a moment ago: stopped, starved, or its machine suspended.

What waited in its sockets meanwhile was sent at some time unknown to us, so it proves nothing about now: a browser that
said "I am here" and went away would otherwise be credited with the time we slept (AT-2).
"""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY = 0.5
"""Seconds between two beats."""
LATE = 5.0
"""A beat that is later than this says that we slept. A busy machine is late by a second or two: to doubt heartbeats then would
take time from people who were there, and a shorter sleep can add no more than its own length (AT-2 allows ten seconds)."""
DOUBT = 1.0
"""Seconds after waking in which what is read may be from before."""


class Pulse:
    """Beats while the process runs; by a clock that only goes forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._doubt_until = self._last

    def beat(self) -> float:
        """Called every half second by the event loop; returns for how many seconds it slept, 0.0 when it did not."""
        now = self._clock()
        slept = now - self._last
        self._last = now
        if slept <= LATE:
            return 0.0
        self._doubt_until = now + DOUBT
        return slept

    def just_slept(self) -> bool:
        """Whether what is read now may have been sent long ago; true also before the first beat after waking."""
        now = self._clock()
        return now < self._doubt_until or now - self._last > LATE
