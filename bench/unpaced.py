"""Runs a server that lets people speak as often as they like: `python -m bench.unpaced daphne ...`.

Saturation asks what a process can carry, and the product's own limit (one chat message a second and person, WS-4) never lets a
crowd of this size find out. Everything else is the product: the limits are still asked, they only never say no.
"""

from __future__ import annotations

import runpy
import sys

from sessions_app.room.limits import Limits

NEVER_REACHED = 1e6


def unlimited(self: Limits) -> None:
    """What stands in for the making of a person's `Limits`: the same buckets, too large to empty."""
    _made(self)
    for bucket in (self.frames, self.commands, self.chat):
        bucket.rate = bucket.burst = NEVER_REACHED


_made = Limits.__init__


def main() -> None:
    """Lifts the limits of this process and runs the module named first."""
    Limits.__init__ = unlimited  # type: ignore[method-assign, assignment]
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
