"""Runs a server and samples where its threads are: `python -m bench.profiled daphne ...`; SIGUSR2 writes what was seen.

A sample counts when the thread does something; waiting for a socket, a lock or the clock is not counted.
"""

from __future__ import annotations

import runpy
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from bench.machine import WORK

EVERY = 0.003
WAITING = {
    "wait",
    "select",
    "_worker",
    "poll",
    "accept",
    "get",
    "sample",
    "_recv_into",
    "recv_into",
    "readinto",
}
DEEPEST = 60


class Sampler:
    """Counts functions on the stacks of busy threads: how often at the top, how often anywhere."""

    def __init__(self) -> None:
        self.own: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        self.samples = 0

    def run(self) -> None:
        """Samples for ever."""
        mine = threading.get_ident()
        while True:
            time.sleep(EVERY)
            for thread, frame in sys._current_frames().items():
                if thread != mine and frame.f_code.co_name not in WAITING:
                    self.sample(frame)

    def sample(self, frame: FrameType | None) -> None:
        """One stack."""
        self.samples += 1
        seen = set()
        for depth in range(DEEPEST):
            if frame is None:
                break
            code = frame.f_code
            name = f"{'/'.join(Path(code.co_filename).parts[-3:])}:{code.co_name}"
            if not depth:
                self.own[f"{name}:{frame.f_lineno}"] += 1
            seen.add(name)
            frame = frame.f_back
        self.whole.update(seen)

    def write(self, *_: object) -> None:
        """Writes the tables to var/bench/profile.txt and begins anew."""
        lines = [f"{self.samples} samples"]
        for title, counts in (("anywhere on the stack", self.whole), ("at the top", self.own)):
            lines += ["", title]
            lines += [
                f"{100 * n / max(1, self.samples):6.1f} %  {name}" for name, n in counts.most_common(70)
            ]
        with (WORK / "profile.txt").open("a", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n\n")
        self.own.clear()
        self.whole.clear()
        self.samples = 0


def main() -> None:
    """Starts the sampler beside the module named first."""
    sampler = Sampler()
    signal.signal(signal.SIGUSR2, sampler.write)
    threading.Thread(target=sampler.run, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
