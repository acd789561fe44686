"""Whoever is killed without a word leaves nothing behind: no process, no state folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import caretaker
from faults.procs import descendants, is_over, started_at

PROJECT = Path(__file__).resolve().parents[2]
# A supervisor with a child in a session of its own, which somebody has stopped: no signal but the last reaches it.
SUPERVISOR = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
os.kill(child.pid, signal.SIGSTOP)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print(child.pid, flush=True)
time.sleep(600)
"""
# Somebody who started it, engaged a caretaker, and waits to be killed.
HARNESS = """
import subprocess, sys, time
from pathlib import Path
from faults import caretaker
from vio.embedded.spawn import die_with_parent
import signal
supervisor = subprocess.Popen([sys.executable, "-c", sys.argv[2]], stdout=subprocess.PIPE, start_new_session=True,
                              preexec_fn=die_with_parent(signal.SIGTERM))
child = int(supervisor.stdout.readline())
caretaker.engage(supervisor.pid, Path(sys.argv[1]), keep=sys.argv[3] == "keep")
print(supervisor.pid, child, flush=True)
time.sleep(600)
"""
Begun = tuple[subprocess.Popen[str], int, int]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    (folder / "home").mkdir(parents=True)
    return folder


def begin(place: Path, keep: str = "clear") -> Begun:
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS, str(place), SUPERVISOR, keep],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert harness.stdout is not None
    supervisor, child = map(int, harness.stdout.readline().split())
    return harness, supervisor, child


def over_within(seconds: float, *pids: int) -> bool:
    known = {pid: started_at(pid) for pid in pids}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(is_over(pid, began) for pid, began in known.items()):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def killed(place: Path) -> Iterator[Begun]:
    begun = begin(place)
    begun[0].kill()
    begun[0].wait()
    yield begun
    for pid in begun[1:]:
        if not is_over(pid, started_at(pid)):
            os.kill(pid, signal.SIGKILL)


def gone_within(seconds: float, path: Path) -> bool:
    until = time.monotonic() + seconds
    while path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return not path.exists()


def test_a_harness_that_is_killed_leaves_nothing(killed: Begun, place: Path) -> None:
    assert gone_within(100, place)
    assert over_within(5, *killed[1:])


def test_what_is_to_be_kept_is_kept(place: Path) -> None:
    harness, supervisor, child = begin(place, "keep")
    harness.kill()
    harness.wait()
    assert over_within(20, supervisor)
    assert place.exists()
    if not is_over(child, started_at(child)):
        os.kill(child, signal.SIGKILL)


def test_what_was_stopped_is_woken_and_in_the_end_killed() -> None:
    """The supervisor goes by itself; its child, stopped and in a group of its own, would stay for ever."""
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    began = started_at(child)
    assert child in descendants(supervisor.pid)
    known = {supervisor.pid: started_at(supervisor.pid)}
    caretaker.see_off(supervisor.pid, known, patience=0.6)
    assert over_within(5, supervisor.pid, child)
    assert is_over(child, began)
    supervisor.wait()


def test_a_number_that_was_given_anew_is_another_process() -> None:
    assert not is_over(os.getpid(), started_at(os.getpid()))
    assert is_over(os.getpid(), started_at(os.getpid()) - 1)


def test_nothing_to_look_after_ends_at_once(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    engaged = caretaker.engage(ended.pid, tmp_path / "gone", keep=False)
    began = time.monotonic()
    caretaker.dismiss(engaged)
    assert engaged.returncode == 0
    assert time.monotonic() - began < 30
