"""A hub per test, stopped and forgotten afterwards, so that no connection of one test hears another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from django.utils import timezone

from sessions_app.room import upkeep
from sessions_app.room.hub import Hub, forget_hub, hub
from tests.factories import at_the_door, make_session
from tests.sessions_app.room.live import LiveRoom
from tests.worlds import World, build_world


@pytest.fixture
def live(transactional_db: None) -> LiveRoom:
    """Tonight's session of group A, running now, with the logins of everybody made beforehand."""
    world = build_world()
    now = timezone.now()
    session = make_session(world.group, starts_at=now - timedelta(minutes=5))
    room = LiveRoom(world, session, now=now)
    for who in everybody(world):
        room.login(who)
    for client in (world.ana, world.ben):
        at_the_door(session, client, at=now)
    return room


def everybody(world: World) -> list[object]:
    """Everybody of the world who may try to come in."""
    return [
        world.facilitator, world.cofacilitator, world.other_facilitator, world.supervisor, world.clinician,
        world.records, world.ana, world.ben, world.cleo, world.dov, world.lakeside_clinician,
    ]  # fmt: skip


@pytest_asyncio.fixture
async def house() -> AsyncIterator[Hub]:
    """The hub of this test's process."""
    running = hub()
    yield running
    await upkeep.stop(running)
    forget_hub()
