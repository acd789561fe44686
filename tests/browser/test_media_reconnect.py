"""Dropped and back again in the same page: with sound, place, hand and small group, and with what was said meanwhile."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Client
from sessions_app.room import activity_commands as ac
from tests.browser.cutting import mark, stayed
from tests.browser.devices import browser
from tests.browser.group import Group, tile
from tests.browser.media_kit import flows, grows, growth
from tests.browser.server import Server
from tests.sessions_app.room.live import LiveRoom

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("open_chat"),
]
__all__ = ["browser"]


def splits(group: Group, *together: Client) -> None:
    """The facilitator opens small groups, these clients in the first."""
    room = LiveRoom(group.world, group.session, now=timezone.now())
    inside = [str(client.person_id) for client in together]
    room.ok(group.world.facilitator, ac.BreakoutsOpen(id=uuid4(), rooms=[inside, []]))


async def test_a_restart_of_the_server_leaves_everybody_where_they_are(group: Group, server: Server) -> None:
    ana, ben = group.world.ana, group.world.ben
    console, (phone, other) = await group.gathers(ana, ben)
    await phone.presses("Raise hand")
    await sync_to_async(splits)(group, ana, ben)
    await phone.sees("You are in small group 1")
    await flows(phone.page, 1)
    for visitor in (console, phone, other):
        visitor.may_lose_network = True
    await mark(console, phone, other)

    await sync_to_async(server.stop)()  # says 1012 to everybody
    await phone.sees("Your connection was lost")
    await phone.sees("Reconnecting")
    assert await grows(phone.page, 1), "sound and picture between browsers need no server"
    await phone.page.get_by_role("textbox", name="Message").fill("Said while away")
    await phone.page.get_by_label("Send").click()
    await other.presses("Raise hand")
    await sync_to_async(server.start)()

    for visitor in (console, phone, other):
        await visitor.sees("Connected")
        assert await stayed(visitor)
    await phone.sees("Your hand is up. You are next.")
    await other.sees("Your hand is up. You are 2nd in line.")
    await other.sees("Said while away")
    assert await other.page.locator(".chat").get_by_text("Said while away").count() == 1
    await phone.sees("You are in small group 1")
    for visitor in (phone, other):
        await visitor.sees("Camera on")
        await flows(visitor.page, 1)


async def test_back_with_sound_only_in_one_tap(group: Group, shots: Path) -> None:
    ana = group.world.ana
    console = await group.opens(group.world.facilitator, "desktop")
    phone = await group.opens(ana, cuts=True)
    line = group.lines[phone.page]
    await console.presses("Admit Ana Moreno")
    await phone.sees("Here now")
    for visitor in (console, phone):
        await visitor.presses("Camera and microphone")
        await visitor.sees("Camera on")
    await phone.presses("Raise hand")
    await flows(phone.page, 1)
    await mark(phone)

    await line.loses_network()
    await phone.sees("You are offline")
    await phone.sees("Your connection was lost")
    await phone.shot("phone-lost", shots)
    await phone.presses("Come back with sound only")
    await line.finds_network()

    await phone.sees("Connected")
    assert await stayed(phone)
    await phone.sees("Your hand is up. You are next.")
    await phone.sees("Camera off")
    await phone.sees("Mic on")
    await console.page.locator(f"{tile('Ana M.')}:not(.has-picture)").wait_for()
    grown = await growth(phone.page, 3)
    assert sum(more > 0 for more in grown.energy.values()) == 1
    assert not any(more > 0 for more in grown.frames.values())
    grown = await growth(console.page, 3)
    assert sum(more > 0 for more in grown.energy.values()) == 1
    await phone.finds_no_barrier("sound only")
