"""What is running now: `vio up` writes addresses to VIO_HOME/runtime.json, other commands find them there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from vio.embedded.state import is_locked, write_private

NAME = "runtime.json"


@dataclass(frozen=True)
class Runtime:
    """One running `vio up`: its process, its address and the environment its children got."""

    pid: int
    url: str
    environment: dict[str, str]


def write(root: Path, runtime: Runtime) -> None:
    """Record what is running."""
    write_private(root / NAME, json.dumps(asdict(runtime), indent=1))


def remove(root: Path) -> None:
    """Forget it; done at the end of `vio up`."""
    (root / NAME).unlink(missing_ok=True)


def find(root: Path) -> Runtime | None:
    """What runs on this state folder, or None. The file of a killed `vio up` does not count."""
    if not is_locked(root):
        return None
    try:
        content = json.loads((root / NAME).read_text(encoding="utf-8"))
        return Runtime(int(content["pid"]), str(content["url"]), dict(content["environment"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
