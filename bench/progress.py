"""What the bench says while it works, so that a long wait has a name."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"bench: {text}\n")
    sys.stdout.flush()


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Says how many seconds by the wall a part took, when it has ended well."""
    began = time.monotonic()
    yield
    say(f"{name} in {time.monotonic() - began:.0f} s")
