"""Typed readers of the environment.

Every value that differs between places comes through here. A secret may be given as NAME or as
NAME_FILE (a path whose content is the value). Nonsense stops the start with one clear line.
"""

from __future__ import annotations

import os
from pathlib import Path


class EnvironmentProblem(SystemExit):
    """A value of the environment is missing or cannot be used; the message names it, never its content."""

    def __init__(self, message: str) -> None:
        super().__init__(f"vio: {message}")


def text(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file NAME_FILE, or `default`."""
    if name in os.environ:
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentProblem(f"{name}_FILE cannot be read: {error.strerror}") from error


def flag(name: str, *, default: bool) -> bool:
    """A yes/no value: 1, true, yes, on or 0, false, no, off."""
    raw = text(name).strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentProblem(f"{name} must be yes or no")


def integer(name: str, default: int) -> int:
    """A whole number."""
    raw = text(name).strip()
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError as error:
        raise EnvironmentProblem(f"{name} must be a whole number") from error


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas; blanks around the items are dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]
