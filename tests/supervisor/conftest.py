"""Folders for servers: short enough for sockets and, for root, open to the servers' account."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that every account may pass through."""
    root = Path(tempfile.mkdtemp(prefix="vio-place-"))
    root.chmod(0o755)
    yield root
    shutil.rmtree(root, ignore_errors=True)
