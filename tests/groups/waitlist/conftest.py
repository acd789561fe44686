"""A full group with somebody who waits, and the clock that stands at noon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from groups.models import Group
from tests.groups.waitlist.lines import NOON, waits
from tests.worlds import World


@pytest.fixture
def full(world: World) -> World:
    """Group A holds Ana and Ben and no more; Cleo waits for a place."""
    Group.objects.filter(pk=world.group.pk).update(max_size=2)
    world.group.refresh_from_db()
    waits(world, world.cleo)
    return world


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
