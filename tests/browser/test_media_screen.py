"""A facilitator's screen for everybody, a client's when staff allow it, through the media server."""

from __future__ import annotations

import pytest

from tests.browser.devices import browser
from tests.browser.group import Group, tile
from tests.browser.media_kit import flows, growth
from tests.browser.media_server import janus, server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser", "janus", "server"]


async def test_a_facilitators_screen_is_seen_by_everybody_and_taken_back(group: Group) -> None:
    console = await group.opens(group.world.facilitator, "desktop")
    phone = await group.opens(group.world.ana)
    await console.presses("Admit Ana Moreno")
    await phone.sees("Here now")
    await console.presses("Sound only")
    await phone.presses("Sound only")
    await console.sees("Mic on")

    # sound only asks for no pictures: a screen neither
    await console.presses("Settings")
    await console.presses("Share your screen")
    await console.sees("Stop sharing")
    await console.presses("Close", within="#media")
    await phone.presses("Settings")
    await phone.presses("Sound only", within="#media")
    await phone.presses("Close", within="#media")
    await flows(phone.page, 1)
    await phone.page.locator(f"{tile('Facilitator S.')}.is-stage.is-screen.has-picture").wait_for()
    await phone.finds_no_barrier("a shared screen")

    # a client shares when staff allow it, and staff take it back
    await console.presses("Clients may share")
    await phone.presses("Settings")
    await phone.presses("Share your screen")
    await phone.sees("Stop sharing")
    await phone.presses("Close", within="#media")
    await console.page.locator(f"{tile('Ana M.')}.is-screen").wait_for()
    await console.presses("Clients may share")
    await console.page.locator(f"{tile('Ana M.')}:not(.is-screen)").wait_for()
    await phone.presses("Settings")
    await phone.page.locator("[data-act=screen]").wait_for(state="hidden")
    await phone.presses("Close", within="#media")

    # the facilitator stops: the place is free again, the sound goes on
    await console.presses("Settings")
    await console.presses("Stop sharing")
    await phone.page.locator(f"{tile('Facilitator S.')}:not(.is-screen)").wait_for()
    grown = await growth(phone.page, 3)
    assert sum(more > 0 for more in grown.energy.values()) == 1
