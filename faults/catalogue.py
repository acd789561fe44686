"""Which scenario shows which requirement, and where those are shown that no scenario is needed for."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

SCENARIOS = (
    "network", "bells", "database", "web", "rights", "edge", "pressure", "alerts", "clocks", "clockwork",
)  # fmt: skip
FOLDER = Path(__file__).parent / "scenarios"

ELSEWHERE = {
    "RT-4": "tests/rules, tests/sessions_app/room (every event type)",
    "AT-6": "tests/sessions_app/room (removal, lobby, end)",
    "AT-8": "tests/sessions_app/attendance (recompute); also after every evening here",
    "AT-9": "tests/sessions_app/room, tests/rules/test_evidence.py",
    "FL-3": "tests/guards (task arguments, no countdown)",
    "AL-1": "tests/checkins/test_submit.py",
    "AL-4": "tests/checkins/test_escalation.py",
    "AL-5": "tests/common/test_outbox.py",
}


def shown_by(name: str) -> tuple[str, ...]:
    """The requirements a scenario shows, read without loading it: it needs a running stack."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SHOWS":
            return tuple(ast.literal_eval(node.value))
    raise ValueError(f"{name} does not say what it shows")


def chosen(only: Sequence[str]) -> list[str]:
    """The scenarios that show any of these requirements (or are named themselves); all of them for none."""
    wanted = set(only)
    return [name for name in SCENARIOS if not wanted or name in wanted or wanted & set(shown_by(name))]


def load(name: str) -> ModuleType:
    """The module of a scenario."""
    return importlib.import_module(f"faults.scenarios.{name}")


def table() -> str:
    """What is shown where, for people."""
    rows: dict[str, list[str]] = {}
    for name in SCENARIOS:
        for requirement in shown_by(name):
            rows.setdefault(requirement, []).append(f"faults/scenarios/{name}.py")
    for requirement, where in ELSEWHERE.items():
        rows.setdefault(requirement, []).append(where)
    return "\n".join(f"{key:<12} {', '.join(where)}" for key, where in sorted(rows.items()))
