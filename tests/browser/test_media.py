"""Picture and sound between three real browsers with fake devices: seen and heard, after a reconnect, muted, removed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Client
from sessions_app.room.commands import ClientAdmit
from tests.browser.devices import browser
from tests.browser.group import Group, menu, removes, tile
from tests.browser.media_kit import flow, flows, grows, growth
from tests.factories import make_client
from tests.sessions_app.room.live import LiveRoom
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser"]


async def test_three_people_hear_and_see_each_other(group: Group, shots: Path) -> None:
    ana, ben = group.world.ana, group.world.ben
    console, (phone, other) = await group.gathers(ana, ben)
    for visitor in (console, phone, other):
        await flows(visitor.page, 2)
    await phone.shot("media-phone", shots, full=True)
    await phone.shot("media-phone-night", shots, full=True, theme="dark")
    await console.shot("media-console", shots, full=True)
    await phone.shows_everything("room with tiles")
    await phone.finds_no_barrier("room with tiles")
    await console.finds_no_barrier("console with tiles")

    # a phone that loses the room and comes back is seen and heard again, with what it had switched on
    phone.may_lose_network = True
    await phone.page.reload()
    await phone.sees("Camera on")
    for visitor in (console, phone, other):
        await flows(visitor.page, 2)

    # muted by staff: silent at the sender and at every receiver; the picture stays
    await menu(console, "Ben Okafor")
    await console.presses("Mute", within='[data-slot=roster] li:has-text("Ben Okafor")')
    await other.sees("Your facilitator muted you")
    await phone.sees("Muted", within=tile("Ben O."))
    await asyncio.sleep(1)  # what was on its way is played to its end
    grown = await growth(phone.page, 3)
    muted, loud = sorted(grown.energy.values())
    assert loud > 0
    assert muted < loud / 1_000
    assert sum(more > 0 for more in grown.frames.values()) == 2
    await other.presses("Muted")
    await other.sees("Mic on")
    await flows(phone.page, 2)

    # removed: gone for everybody within two seconds, on both sides
    await removes(console, "Ben Okafor")
    pressed = time.monotonic()
    while (
        (await flow(phone.page)).open != 1
        or (await flow(console.page)).open != 1
        or (await flow(other.page)).open
    ):
        assert time.monotonic() - pressed < 2, (await flow(phone.page), await flow(other.page))
        await asyncio.sleep(0.05)
    await other.sees("You are out of the room for now")
    assert not await other.page.evaluate(
        "[...document.querySelectorAll('video')].some((one) => one.srcObject?.active)"
    )
    assert await grows(phone.page, 1)


async def test_a_camera_is_stopped_a_screen_is_shared_and_a_private_talk_is_private(group: Group) -> None:
    ana, ben = group.world.ana, group.world.ben
    console, (phone, other) = await group.gathers(ana, ben)
    await flows(phone.page, 2)

    # staff stop a camera; its owner may switch it on again
    await menu(console, "Ben Okafor")
    await console.presses("Stop the camera", within='[data-slot=roster] li:has-text("Ben Okafor")')
    await other.sees("Your facilitator stopped your camera.")
    await other.sees("Camera off")
    await phone.page.locator(f"{tile('Ben O.')}:not(.has-picture)").wait_for()
    await other.presses("Camera off")
    await other.sees("Camera on")
    await phone.page.locator(f"{tile('Ben O.')}.has-picture").wait_for()

    # clients share only when staff let them
    assert not await phone.page.locator("[data-act=screen]").is_visible()
    await phone.presses("Settings")
    assert not await phone.page.locator("[data-act=screen]").is_visible()
    await console.presses("Clients may share")
    await phone.page.locator("[data-act=screen]").wait_for()
    await phone.presses("Close", within="#media")

    # a private talk: the others hear and see nothing of it
    await menu(console, "Ana Moreno")
    await console.presses("Talk in private", within='[data-slot=roster] li:has-text("Ana Moreno")')
    await flows(phone.page, 1)
    grown = await growth(other.page, 2)
    assert not any(more > 0 for more in (*grown.frames.values(), *grown.energy.values()))
    assert (await flow(phone.page)).open == 1


async def test_twelve_people_fit_a_small_phone(group: Group, shots: Path) -> None:
    world = group.world
    peers = await sync_to_async(lambda: [_client(world, number) for number in range(10)])()
    phone = await group.opens(world.ana, "small")
    await phone.sees("You are in the lobby")
    await sync_to_async(_fills)(group, peers)
    await phone.sees("Here now")
    await phone.page.locator(".tile >> nth=11").wait_for()
    await phone.shows_everything("twelve tiles on a small phone")
    await phone.finds_no_barrier("twelve tiles")
    await phone.shot("media-twelve", shots, full=True)


def _client(world: World, number: int) -> Client:
    client: Client = make_client(
        world.program, world.group, first_name=f"Alexandria{number}", last_name="Woods"
    )
    return client


def _fills(group: Group, peers: list[Client]) -> None:
    """Everybody else of a full group comes in and Ana is admitted, without windows of their own."""
    room = LiveRoom(group.world, group.session, now=timezone.now())
    for who in (group.world.facilitator, *peers):
        room.arrives(who)
    for client in (group.world.ana, *peers):
        room.ok(group.world.facilitator, ClientAdmit(id=uuid4(), person=str(client.person_id)))
