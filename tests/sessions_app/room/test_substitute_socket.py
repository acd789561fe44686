"""A substitute while the room is live, over real sockets: one comes in and leads, the other is let go at once (AU-7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import GroupStaff
from groups.selectors import today_of
from groups.services.leaders import end_staff
from groups.services.staff import withdraw_role
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


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("how", ["the role is withdrawn", "the place in the group ends"])
async def test_a_substitute_who_may_lead_no_more_is_let_go_and_the_other_leads_again(
    live: LiveRoom, house: Hub, how: str
) -> None:
    world, now = live.world, timezone.now()

    def swap() -> None:
        add_session_staff(
            actor=system_actor("test"), session=live.session, person=world.other_facilitator,
            role="facilitator", stands_in_for=world.facilitator, now=now,
        )  # fmt: skip

    def lose() -> None:
        director = world.actor(world.director)
        if how == "the role is withdrawn":
            row = world.other_facilitator.staff_roles.get()
            withdraw_role(actor=director, staff_role=row, now=timezone.now())
            return
        today = today_of(world.program, now)
        place = GroupStaff.objects.create(
            program=world.program, group=world.group, person=world.other_facilitator, role="cofacilitator",
            starts_on=today - timedelta(days=9),
        )  # fmt: skip
        end_staff(actor=director, place=place, ends_on=today - timedelta(days=1), now=timezone.now())

    await sync_to_async(swap)()
    substitute = Browser(live.session.pk, live.logins[world.other_facilitator.pk])
    await substitute.enters()
    await sync_to_async(lose)()
    await upkeep.recheck(house)
    closed = await substitute.is_closed_with()
    assert closed == (4401 if how == "the role is withdrawn" else 4403)
    again = Browser(live.session.pk, live.logins[world.facilitator.pk])
    snapshot = await again.enters()
    assert snapshot["me"]["role"] == "facilitator"
    await again.drops()
