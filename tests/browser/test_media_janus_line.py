"""The line to the media server: pictures in the size they need, sound before pictures, and back when the server comes back."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.browser.cutting import mark, stayed
from tests.browser.devices import browser
from tests.browser.group import Group, tile
from tests.browser.janus import RunningJanus
from tests.browser.media_kit import PATIENCE, WEAK, flows, growth, sizes
from tests.browser.media_server import janus, server
from tests.browser.visitors import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser", "janus", "server"]
LARGE, SMALL = 640, 320


async def arrives_as(visitor: Visitor, wide: list[int]) -> None:
    """Waits until the pictures that arrive are this wide."""
    until = time.monotonic() + PATIENCE
    while await sizes(visitor.page) != wide:
        assert time.monotonic() < until, await sizes(visitor.page)
        await asyncio.sleep(0.25)


async def test_pictures_come_in_the_size_they_need_and_sound_before_them(group: Group) -> None:
    console = await group.opens(group.world.facilitator, "desktop")
    phone = await group.opens(group.world.ana, remembers=WEAK)
    await console.presses("Admit Ana Moreno")
    await phone.sees("Here now")
    for visitor in (console, phone):
        await visitor.presses("Camera and microphone")
        await visitor.sees("Camera on")

    # two tiles on a phone are small; a large speaker is sent large
    await arrives_as(phone, [SMALL])
    await phone.presses("Settings")
    await phone.presses("Large speaker")
    await phone.presses("Close", within="#media")
    await arrives_as(phone, [LARGE])

    # a line that loses packets: smaller, then no cameras, and one's own picture waits; sound goes on both ways
    await phone.page.evaluate("window.weak = true")
    await phone.sees("Your connection is weak. Your picture waits, so that people can hear you.")
    await console.page.locator(f"{tile('Ana M.')}:not(.has-picture)").wait_for()
    grown = await growth(phone.page, 3)
    assert not any(more > 0 for more in grown.frames.values())
    assert sum(more > 0 for more in grown.energy.values()) == 1
    grown = await growth(console.page, 3)
    assert not any(more > 0 for more in grown.frames.values())
    assert sum(more > 0 for more in grown.energy.values()) == 1

    # calm again: the picture comes back by itself
    await phone.page.evaluate("window.weak = false")
    await flows(console.page, 1)
    await phone.sees_no("Your connection is weak.")
    await flows(phone.page, 1)


async def test_everybody_comes_back_when_the_media_server_does(
    group: Group, janus: RunningJanus, shots: Path
) -> None:
    console = await group.opens(group.world.facilitator, "desktop")
    phone = await group.opens(group.world.ana)
    await console.presses("Admit Ana Moreno")
    await phone.sees("Here now")
    for visitor in (console, phone):
        visitor.may_lose_network = True
        await visitor.presses("Camera and microphone")
        await visitor.sees("Camera on")
    await flows(phone.page, 1)
    await mark(console, phone)

    await asyncio.to_thread(janus.kill)
    await phone.sees("Sound and picture stopped")
    await phone.sees("Connected")
    await phone.shot("phone-media-mending", shots)
    await phone.finds_no_barrier("sound and picture stopped")
    await asyncio.to_thread(janus.start)
    for visitor in (console, phone):
        await flows(visitor.page, 1)
        await visitor.sees_no("Sound and picture stopped")
        await visitor.sees("Camera on")
        assert await stayed(visitor)
