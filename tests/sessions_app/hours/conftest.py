"""The sample week, whose Sunday is in programs.py, as the tests of hours stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from sessions_app.hours.tasks import compute_weeks
from tests.factories import make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.sessions_app.hours.programs import TUESDAY
from tests.worlds import World


@pytest.fixture
def tuesday() -> Iterator[None]:
    """Noon in New York on Tuesday of the sample week."""
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture
def week(world: World) -> World:
    """Monday's three hours were held: Ana was there, Ben was not. Tuesday to Thursday are to come."""
    monday = held(world.group, minutes=180)
    sat(monday, world.ana, 0, 180)
    finalised(monday)
    for days in (1, 2, 3):
        make_session(world.group, starts_at=monday.starts_at + timedelta(days=days), minutes=180)
    compute_weeks()
    return world
