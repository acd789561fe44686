"""The machine: which core the server gets and which the others, how children are started, how the machine is described."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from vio.embedded.spawn import die_with_parent

PROJECT = Path(__file__).resolve().parents[1]
WORK = PROJECT / "var" / "bench"
_CORES = sorted(os.sched_getaffinity(0))
SERVER = {_CORES[0]}
"""The server under test, alone on its core."""
OTHERS = {_CORES[-1]}
"""Load generator, Redis and PostgreSQL."""


def pin(process: int, cores: set[int]) -> None:
    """Keeps a process, all its threads, on these cores."""
    for task in (Path("/proc") / str(process) / "task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


def launch(
    command: Sequence[str],
    log: Path,
    *,
    cores: set[int],
    environment: dict[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    talks: bool = False,
) -> subprocess.Popen[bytes]:
    """Starts a child on its core; it ends with us. With `talks` its standard input and output are pipes."""
    log.parent.mkdir(parents=True, exist_ok=True)
    tie = die_with_parent(signal.SIGTERM)

    def begin() -> None:
        os.sched_setaffinity(0, cores)
        tie()

    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            cwd=PROJECT,
            env=environment,
            pass_fds=tuple(pass_fds),
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else output,
            stderr=output,
            start_new_session=True,
            preexec_fn=begin,  # noqa: PLW1509  # no thread of ours runs yet
        )


def stop(process: subprocess.Popen[bytes], patience: float = 15.0) -> None:
    """Ends a child in order, or kills it."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def description() -> str:
    """One line about the machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    model = next(
        (line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "processor"
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(_CORES)} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"
