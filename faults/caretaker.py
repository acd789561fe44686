"""Somebody who stays behind when the harness is killed without a word, and leaves the place as it was found.

A supervisor that loses us stops its children by itself. What it cannot reach are processes that a scenario had stopped
(a hung database): a stopped process hears no signal but the last, and the server's own children stand in groups of their own.
And nobody would remove the state folder.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from faults.procs import descendants, is_over, started_at

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0
ORPHANS_PATIENCE = 5.0
LOOKS_EVERY = 2.0
Known = dict[int, int]
"""Process ids with the moment of their start: a number that was given anew is another process."""


def engage(supervisor: int, root: Path, *, keep: bool) -> subprocess.Popen[bytes]:
    """A caretaker who learns of our end, whatever it is, by the pipe that closes with us."""
    arguments = [str(supervisor), str(root), *(["keep"] if keep else [])]
    engaged = subprocess.Popen(
        [sys.executable, "-m", "faults.caretaker", *arguments], cwd=PROJECT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    if engaged.stdout is not None:
        engaged.stdout.readline()  # it has looked around once
    return engaged


def dismiss(caretaker: subprocess.Popen[bytes]) -> None:
    """The work is done; there is nothing left to look after."""
    if caretaker.stdin is not None:
        caretaker.stdin.close()
    try:
        caretaker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        caretaker.kill()
        caretaker.wait()


def main() -> None:
    """Waits for the end of whoever engaged us, then for the supervisor's, and sees to what is left."""
    supervisor, root, keep = int(sys.argv[1]), Path(sys.argv[2]), "keep" in sys.argv[3:]
    known: Known = {supervisor: started_at(supervisor)}
    _look(supervisor, known)
    sys.stdout.write("here\n")
    sys.stdout.flush()
    # The supervisor may be gone as soon as we hear: whom it had started is known before.
    while not select.select([sys.stdin], [], [], LOOKS_EVERY)[0]:
        _look(supervisor, known)
    see_off(supervisor, known)
    if not keep:
        shutil.rmtree(root, ignore_errors=True)


def see_off(supervisor: int, known: Known, patience: float = PATIENCE) -> None:
    """Wakes what was stopped so that it can end by itself, and ends in the end what did not."""
    deadline = time.monotonic() + patience
    while not is_over(supervisor, known[supervisor]) and time.monotonic() < deadline:
        _look(supervisor, known)
        _signal(known, signal.SIGCONT)
        time.sleep(0.2)
    deadline = time.monotonic() + ORPHANS_PATIENCE
    while any(not is_over(pid, began) for pid, began in known.items()) and time.monotonic() < deadline:
        _signal(known, signal.SIGCONT)
        time.sleep(0.2)
    _signal(known, signal.SIGKILL)


def _look(supervisor: int, known: Known) -> None:
    for pid in [pid for pid, began in known.items() if pid != supervisor and is_over(pid, began)]:
        del known[pid]
    for pid in descendants(supervisor):
        known.setdefault(pid, started_at(pid))


def _signal(known: Known, how: signal.Signals) -> None:
    for pid, began in known.items():
        if not is_over(pid, began):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, how)


if __name__ == "__main__":
    main()
