"""Loaded by every Python that runs under another wall clock (its folder is on PYTHONPATH there, and only there).

`time.sleep` asks the kernel to wake at an instant of the clock that only goes forward; libfaketime takes that instant for one
of the wall clock and subtracts what it adds there, which the kernel refuses. A wait of a length needs no instant.
"""

from __future__ import annotations

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    """Waits that long. Raises ValueError for a negative length, as the real one does."""
    length = seconds if isinstance(seconds, int | float) else seconds.__index__()
    if length < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], length)


time.sleep = sleep
