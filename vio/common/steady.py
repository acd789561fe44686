"""The server's clock for measuring time that people are credited with: a step of the wall clock does not move it (AT-7).

It begins with the wall clock and is carried on by one that only goes forward, also while the machine is suspended. Small
corrections are followed, steps are not; a process that was started after a step has the new time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

STEP = 1.0
"""Seconds between two looks beyond which the wall clock was set, not corrected."""


def elapsed() -> float:
    """Seconds of a clock that only goes forward and counts time in suspension where the system has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class SteadyClock:
    """One per process; safe to ask from several threads."""

    def __init__(self, wall: Callable[[], float] = time.time, forward: Callable[[], float] = elapsed) -> None:
        self._wall, self._forward = wall, forward
        # One value, replaced as a whole: threads see the old pair or the new one, never half of each.
        self._anchor = (wall(), forward())

    def now(self) -> datetime:
        """The time, in UTC."""
        began, at = self._anchor
        wall, forward = self._wall(), self._forward()
        held = began + forward - at
        if abs(wall - held) < STEP:
            self._anchor = (wall, forward)
            return datetime.fromtimestamp(wall, UTC)
        return datetime.fromtimestamp(held, UTC)
