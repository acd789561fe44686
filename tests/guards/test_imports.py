"""Dependencies point one way, and the rules are pure: read from the imports (design, section 3)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards import sources

# What each part of the house may import of the others; the top level of `vio` puts everything together.
LAYERS = {
    "vio.common": {"vio.common"},
    "groups": {"groups", "vio.common"},
    "sessions_app": {"sessions_app", "groups", "vio.common"},
    "checkins": {"checkins", "sessions_app", "groups", "vio.common"},
}
# Which other wings a wing may import.
WINGS = {
    "coming": set(),
    "room": {"coming"},
    "attendance": {"coming", "room"},
    "hours": {"coming", "room", "attendance"},
    "followup": {"coming", "room", "attendance", "hours"},
    "notes": {"room", "attendance"},
}
# Rules and drawings: no database, clock or socket. Text escaping is the one thing of Django a drawing uses.
PURE_NAMES = {
    "rules.py",
    "localtime.py",
    "intervals.py",
    "units.py",
    "forecast.py",
    "fold.py",
    "wording.py",
    "throttle_rules.py",
    "quiet_rules.py",
    "phones.py",
}
PURE_FOLDERS = {"instruments", "charts", "rules"}
PURE_DJANGO = {"django.utils.html", "django.utils.safestring"}
IMPURE = {
    "django", "channels", "celery", "redis", "psycopg", "asyncio", "socket", "threading", "time", "random", "secrets",
    "os", "pathlib", "requests", "httpx", "allauth",
}  # fmt: skip
CLOCK_CALLS = {"now", "utcnow", "today", "localtime", "time_ns", "monotonic", "perf_counter"}


def layer_of(module: str) -> str:
    """The part of the house a module belongs to; "vio" for the top level."""
    if module == "vio.common" or module.startswith("vio.common."):
        return "vio.common"
    return module.split(".", 1)[0]


def wing_of(module: str) -> str | None:
    """The wing of sessions_app, if it is in one."""
    parts = module.split(".")
    return parts[1] if parts[0] == "sessions_app" and len(parts) > 1 and parts[1] in WINGS else None


def is_pure(path: Path) -> bool:
    """Whether a file promises to be pure by its name or folder."""
    return path.name in PURE_NAMES or bool(PURE_FOLDERS & set(path.parts[:-1]))


def test_dependencies_point_one_way() -> None:
    wrong = []
    for module, path in sources.own_modules().items():
        allowed = LAYERS.get(layer_of(module))
        if allowed is None:
            continue
        for target, line in sources.imports_of(path):
            if layer_of(target) in {"vio", *LAYERS} and layer_of(target) not in allowed:
                wrong.append(f"{path}:{line} imports {target}")
    assert wrong == []


def test_a_wing_imports_only_earlier_wings() -> None:
    wrong = []
    for module, path in sources.own_modules().items():
        wing = wing_of(module)
        if wing is None:
            continue
        for target, line in sources.imports_of(path):
            other = wing_of(target)
            if other is not None and other != wing and other not in WINGS[wing]:
                wrong.append(f"{path}:{line} imports {target}")
    assert wrong == []


PURE_FILES = [p for p in sources.python_files() if is_pure(p)]


def test_there_are_pure_files() -> None:
    assert any("charts" in p.parts for p in PURE_FILES)


@pytest.mark.parametrize("path", PURE_FILES, ids=str)
def test_rules_and_drawings_are_pure(path: Path) -> None:
    """Nothing they import, near or far, reaches a database, clock, socket or file."""
    wrong, seen, waiting = [], {path}, [path]
    while waiting:
        current = waiting.pop()
        for target, line in sources.imports_of(current):
            if target.split(".")[0] in IMPURE and target not in PURE_DJANGO:
                wrong.append(f"{current}:{line} imports {target}")
            own = sources.own_modules().get(target)
            if own is not None and own not in seen:
                seen.add(own)
                waiting.append(own)
    assert wrong == []


@pytest.mark.parametrize("path", PURE_FILES, ids=str)
def test_rules_never_read_the_clock(path: Path) -> None:
    calls = [
        f"{path}:{node.lineno} calls {ast.unparse(node.func)}"
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_CALLS
    ]
    assert calls == []
