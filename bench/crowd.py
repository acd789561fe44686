"""The load generator as the bench sees it: a child process that takes orders."""

from __future__ import annotations

import json
import sys
from typing import Any

from bench import machine


class CrowdError(RuntimeError):
    """The load generator ended."""


class LoadGenerator:
    """A child that speaks for the people of one server at a time."""

    def __init__(self) -> None:
        self._process = machine.launch(
            [sys.executable, "-m", "bench.load"], machine.WORK / "load.log", cores=machine.OTHERS, talks=True
        )

    def order(self, what: str, **values: Any) -> dict[str, Any]:
        """Has something done and waits for the answer."""
        pipes = self._process
        assert pipes.stdin is not None  # noqa: S101  # for the type checker
        assert pipes.stdout is not None  # noqa: S101
        pipes.stdin.write(json.dumps({"do": what, **values}).encode() + b"\n")
        pipes.stdin.flush()
        line = pipes.stdout.readline()
        if not line:
            raise CrowdError("the load generator ended; see var/bench/load.log")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """Ends it."""
        machine.stop(self._process)
