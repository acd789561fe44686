"""The product's source files as the guards read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("vio", "groups", "sessions_app", "checkins")


@cache
def python_files() -> tuple[Path, ...]:
    """Every product file, as a path relative to the root; migrations are generated and not read."""
    found = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts]
    return tuple(sorted(p.relative_to(ROOT) for p in found))


@cache
def proving_files() -> tuple[Path, ...]:
    """Every Python file of the tests, the bench and the faults."""
    found = [p for folder in ("tests", "bench", "faults") for p in (ROOT / folder).rglob("*.py")]
    return tuple(sorted(p.relative_to(ROOT) for p in found))


@cache
def template_files() -> tuple[Path, ...]:
    """Every HTML template of the product."""
    found = [p for package in PACKAGES for p in (ROOT / package).rglob("templates/**/*.html")]
    return tuple(sorted(p.relative_to(ROOT) for p in found))


@cache
def script_files() -> tuple[Path, ...]:
    """Every script of our own that a browser runs."""
    found = [p for package in PACKAGES for p in (ROOT / package).rglob("static/**/*.js")]
    return tuple(sorted(p.relative_to(ROOT) for p in found if "vendor" not in p.parts))


@cache
def text(path: Path) -> str:
    """The content of a file."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(text(path), str(path))


def module_name(path: Path) -> str:
    """groups/models/people.py -> groups.models.people."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def own_modules() -> dict[str, Path]:
    """{module name: file}."""
    return {module_name(p): p for p in python_files()}


@cache
def imports_of(path: Path) -> tuple[tuple[str, int], ...]:
    """(module, line) for everything a file imports, at the top or inside a function.

    `from package import name` counts as package.name where that is a module of ours, else as package.
    """
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; name the whole path"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield (full if full in own_modules() else base), node.lineno
