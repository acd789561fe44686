"""Another wall clock for single processes, by libfaketime; the machine's own clock is never touched."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

PLACES = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime")
MISSING = "not measured: the package faketime is not installed"


def library() -> Path | None:
    """libfaketime, when the system's package `faketime` is installed."""
    found = [Path(place) / "libfaketimeMT.so.1" for place in PLACES]
    return next((path for path in found if path.exists()), None)


def environment(path: Path) -> dict[str, str]:
    """The wall clock alone: what measures lengths goes on as it is, and files keep the times they have."""
    return {
        "LD_PRELOAD": str(path),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # Otherwise a thread that waits for its turn in the interpreter does not wait but asks without end.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "NO_FAKE_STAT": "1",
        # Nothing is shared between processes: those of other accounts could not open it.
        "FAKETIME_DISABLE_SHM": "1",
    }


def living_at(path: Path, now: datetime) -> dict[str, str]:
    """The environment of processes for which it is that instant now, and which go on from there together."""
    return {
        **environment(path),
        "FAKETIME": f"{now.timestamp() - time.time():+.0f}",
        "PYTHONPATH": str(Path(__file__).parent / "faked"),
    }
