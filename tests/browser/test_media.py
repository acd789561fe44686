"""Picture and sound between three real browsers with fake devices: seen and heard, after a reconnect, muted, removed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.group import Group, group_of, menu, removes, tile
from tests.browser.media_kit import ARGUMENTS, flow, flows, grows, growth
from tests.browser.visitors import Visitors
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with a camera and a microphone that are only pretended."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest.fixture
def group(home: World, visitors: Visitors) -> Group:
    return group_of(home, visitors)


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
