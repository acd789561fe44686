"""How people come in, chosen while the group gathers; and to whom one writes while small groups are open."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from sessions_app.room import activity_commands as ac
from tests.browser.group import Group
from tests.sessions_app.room.live import LiveRoom

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("open_chat"),
]


async def test_people_come_in_by_themselves_once_those_who_lead_say_so(group: Group, shots: Path) -> None:
    console = await group.opens(group.world.facilitator, "desktop")
    second = await group.opens(group.world.cofacilitator, "small")
    phone = await group.opens(group.world.ana)
    await phone.sees("You are in the lobby")
    policy = console.page.get_by_label("Let people in")
    assert await policy.input_value() == "each"
    await console.shot("console-admission", shots)
    await second.shot("console-admission-small", shots, full=True)
    await second.shows_everything("console with the choice")

    await policy.select_option("all")
    await phone.sees("Here now")
    await second.page.locator("#admission").filter(visible=True).wait_for()
    assert await second.page.get_by_label("Let people in").input_value() == "all"
    other = await group.opens(group.world.ben)
    await other.sees("Here now")
    await console.finds_no_barrier("console with the choice")
    await console.page.reload()
    await console.sees("With you")
    assert await policy.input_value() == "all"


async def test_what_is_written_stays_where_it_is_written(group: Group, shots: Path) -> None:
    ana, ben = group.world.ana, group.world.ben
    console = await group.opens(group.world.facilitator, "desktop")
    await console.page.get_by_label("Let people in").select_option("all")
    phone, other = await group.opens(ana), await group.opens(ben)
    for visitor in (phone, other):
        await visitor.sees("Here now")
    await sync_to_async(_splits)(group)
    await phone.sees("You are in small group 1")

    to = console.page.get_by_label("To", exact=True)
    assert re.sub(r"\s+", " ", await to.inner_text()).strip() == "The main room Everyone Staff only"
    await console.shot("console-main-room", shots, full=True)
    await console.page.get_by_role("textbox", name="Message").fill("Only who stayed")
    await console.page.get_by_label("Send").click()
    await console.sees("in the main room", within=".chat")
    await to.select_option("everyone")
    await console.page.get_by_role("textbox", name="Message").fill("Two minutes left")
    await console.page.get_by_label("Send").click()
    await phone.sees("Two minutes left")
    await other.sees("Two minutes left")
    assert not await phone.page.get_by_text("Only who stayed").count()
    assert await other.page.get_by_text("Only who stayed").count() == 1


def _splits(group: Group) -> None:
    """Ana goes into a small group; Ben stays."""
    room = LiveRoom(group.world, group.session, now=timezone.now())
    split = ac.BreakoutsOpen(id=uuid4(), rooms=[[str(group.world.ana.person_id)], []])
    room.ok(group.world.facilitator, split)
