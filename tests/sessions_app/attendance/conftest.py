"""Some files look at attendance on the evening itself, inside the correction window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.factories import MONDAY_START


@pytest.fixture
def the_same_evening() -> Iterator[None]:
    """Four hours after the group began."""
    with time_machine.travel(MONDAY_START + timedelta(hours=4), tick=False):
        yield
