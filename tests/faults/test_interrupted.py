"""The harness is ended in the middle, in every way there is: no process of it stays, no database, no folder (on a real stack)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.procs import command_line

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]


def of(root: Path) -> list[int]:
    """Every process that knows of that state folder, by its command line or its environment."""
    mark, found = str(root).encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):  # of another account's processes only the first may be read
            with contextlib.suppress(OSError):
                if mark in (folder / name).read_bytes():
                    found.append(int(folder.name))
                    break
    return found


def until(holds: object, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]  # something to call
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the servers' account may enter, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="vio-interrupted-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture
def harness(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody has called `make faults`, in the background, where a shell makes it deaf to Ctrl-C."""
    environment = {**os.environ, "TMPDIR": str(place)}
    with (place / "said.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "faults", "--only", "rights", "--out", str(place / "out.json")],
            cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=_deaf,  # noqa: PLW1509  # it calls the kernel and nothing else
        )  # fmt: skip
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def begun(place: Path) -> Path | None:
    return next((path for path in place.glob("vio-faults-*")), None)


def servers(root: Path) -> dict[str, int]:
    """The PostgreSQL and the Valkey of that folder."""
    lines = {pid: command_line(pid) for pid in of(root)}
    found = {"postgres": "/postgres -D", "valkey": "valkey-server"}
    return {name: pid for name, mark in found.items() for pid, line in lines.items() if mark in line}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_stays_behind(harness: subprocess.Popen[bytes], place: Path, how: signal.Signals) -> None:
    assert until(lambda: begun(place), 60)
    root = begun(place)
    assert root is not None
    assert until(lambda: len(servers(root)) == 2, 90)
    if how is signal.SIGKILL:  # as in the middle of a scenario in which the database hangs
        os.kill(servers(root)["postgres"], signal.SIGSTOP)
    harness.send_signal(how)
    code = harness.wait(120)
    assert code == (-signal.SIGKILL if how is signal.SIGKILL else 130)
    assert until(lambda: not root.exists(), 120 if how is signal.SIGKILL else 5)
    assert until(lambda: not of(place), 20)
