"""Nights on which the calendar does something, each lived through by a stack of its own under another wall clock (AT-7, FL-2)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from faults import faketime
from faults.ground import Ground, eventually
from faults.night import FOUND, NIGHTS, READY, Night, begins_at
from faults.stack import PROJECT
from vio.embedded.spawn import die_with_parent

SHOWS = ("AT-7", "FL-2", "FT-clock")
STARTED_WITHIN = 150.0
OVER_WITHIN = 1000.0
STOPPED_WITHIN = 60.0


async def run(ground: Ground) -> None:
    """All of them at the same time; the machine is fit for no more than one start at once."""
    path = faketime.library()
    if path is None:
        for requirement in SHOWS:
            ground.book.check(requirement, [faketime.MISSING], "")
        return
    running: list[tuple[Night, Path, subprocess.Popen[bytes]]] = []
    try:
        for night in NIGHTS:
            root = ground.stack.root / night.name.replace(" ", "-")
            process = _begin(path, night, root, ground.stack.home / "pycache")
            running.append((night, root, process))
            await eventually(
                lambda root=root, process=process: (root / READY).exists() or process.poll() is not None,  # type: ignore[misc]
                STARTED_WITHIN, 0.5,
            )  # fmt: skip
        await eventually(
            lambda: all(process.poll() is not None for _, _, process in running), OVER_WITHIN, 1.0
        )
    finally:
        for _, _, process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _, _, process in running:
            await asyncio.to_thread(_see_off, process)
    for night, root, _ in running:
        _found(ground, night, root)


def _begin(library: Path, night: Night, root: Path, compiled: Path) -> subprocess.Popen[bytes]:
    """The night in processes of its own; Python's compiled files are shared with the main stack, or half a start is compiling."""
    home = root / "home"
    home.mkdir(parents=True)
    (home / "pycache").symlink_to(compiled)
    plain = {key: value for key, value in os.environ.items() if not key.startswith("VIO_")}
    environment = {**plain, **faketime.living_at(library, begins_at(night)), "TZ": night.zone}
    with (root / "night.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "faults.night", night.name, str(root)], env=environment, cwd=PROJECT,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # it calls the kernel and nothing else
        )  # fmt: skip


def _see_off(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()  # its caretaker sees to the rest
        process.wait()


def _found(ground: Ground, night: Night, root: Path) -> None:
    try:
        findings = json.loads((root / FOUND).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        findings = []
    for finding in findings:
        troubles = [] if finding["ok"] else [finding["detail"]]
        ground.book.check(finding["id"], troubles, finding["detail"])
    missing = set(SHOWS) - {finding["id"] for finding in findings}
    for requirement in sorted(missing):
        ground.book.check(requirement, [f"{night.name}: nothing was found, see {root}/night.log"], "")
