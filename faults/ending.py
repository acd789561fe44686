"""However we are asked to stop, everything that was begun is undone in order: scenarios, stack, state folder."""

from __future__ import annotations

import signal
from types import FrameType

ASKED_BY = (signal.SIGTERM, signal.SIGHUP)


def end_well() -> None:
    """From here on a polite kill and a closed terminal are what Ctrl-C is: a KeyboardInterrupt, and every `finally` runs.

    A shell starts what it runs in the background deaf to Ctrl-C; then Python hears none either, unless told.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ASKED_BY:
        signal.signal(name, _as_ctrl_c)


def hear_nothing_more() -> None:
    """Taking down takes a bounded time and is not to be interrupted: what is left half taken down stays."""
    for name in (signal.SIGINT, *ASKED_BY):
        signal.signal(name, signal.SIG_IGN)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
