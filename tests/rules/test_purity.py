"""Rules know no database, clock or socket: held by reading what they import and call."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = [
    "groups/cover_rules.py",
    "vio/common/localtime.py",
    "vio/common/disclosure.py",
    "sessions_app/attendance/intervals.py",
    "sessions_app/attendance/rules.py",
    "sessions_app/attendance/evidence.py",
    "sessions_app/hours/rules.py",
    "sessions_app/hours/forecast.py",
    "sessions_app/hours/units.py",
    "sessions_app/followup/rules.py",
    "sessions_app/notes/rules.py",
    "checkins/rules.py",
    "checkins/why.py",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "checkins/instruments").glob("*.py"))),
]
STANDARD = {
    "__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "itertools", "types",
    "typing", "uuid", "zoneinfo",
}  # fmt: skip
OURS = {module.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for module in RULES}
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "random"}


def imported(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("module", RULES)
def test_rules_import_only_the_standard_library_and_rules(module: str) -> None:
    names = imported(ast.parse((ROOT / module).read_text()))
    assert {name for name in names if name.split(".")[0] not in STANDARD} <= OURS


@pytest.mark.parametrize("module", RULES)
def test_rules_ask_no_clock(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text())
    calls = {
        n.func.attr for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    }
    assert not calls & CLOCKS


def test_the_runner_of_vectors_needs_no_django() -> None:
    program = "import sys, vio.vectors.runner; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
