"""A substitute while the room is live, over real sockets: one comes in and leads, the other is let go at once (AU-7)."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from sessions_app.room import upkeep
from sessions_app.room.hub import Hub
from sessions_app.staffing.services import add_session_staff
from tests.sessions_app.room.browser import Browser
from tests.sessions_app.room.live import LiveRoom
from vio.common.actors import system_actor


@pytest.mark.asyncio(loop_scope="session")
async def test_the_room_goes_over_to_the_substitute(live: LiveRoom, house: Hub) -> None:
    world = live.world
    old = Browser(live.session.pk, live.logins[world.facilitator.pk])
    await old.enters()
    early = Browser(live.session.pk, live.logins[world.other_facilitator.pk])
    assert not await early.connects()

    def swap() -> None:
        add_session_staff(
            actor=system_actor("test"), session=live.session, person=world.other_facilitator,
            role="facilitator", stands_in_for=world.facilitator, now=timezone.now(),
        )  # fmt: skip

    await sync_to_async(swap)()
    await upkeep.recheck(house)
    assert await old.is_closed_with() == 4403
    new = Browser(live.session.pk, live.logins[world.other_facilitator.pk])
    snapshot = await new.enters()
    assert snapshot["me"]["role"] == "facilitator"
    heard = await new.says("room.start")
    assert "room.started" in {frame["type"] for frame in heard}
    await new.drops()
