"""Two browsers that meet at a relay alone: picture and sound flow, and neither learns where the other is (AZ-7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.group import Group, group_of
from tests.browser.media_kit import ARGUMENTS, flow, flows
from tests.browser.relay import SECRET, Relay
from tests.browser.server import Server
from tests.browser.visitors import Visitors
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """coturn, as an operator would run it."""
    running = Relay(tmp_path_factory.mktemp("relay"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Server]:
    """The product, told of that relay."""
    told = {"VIO_TURN_URLS": relay.url, "VIO_TURN_SECRET": SECRET}
    running = Server(tmp_path_factory.mktemp("server") / "daphne.log", told)
    running.start()
    yield running
    running.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with pretended devices."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest.fixture
def group(home: World, visitors: Visitors) -> Group:
    return group_of(home, visitors)


async def test_a_pair_meets_at_the_relay_and_nowhere_else(group: Group) -> None:
    console, (phone,) = await group.gathers(group.world.ana)
    for visitor in (console, phone):
        await flows(visitor.page, 1)
        assert set((await flow(visitor.page)).pairs) == {"relay"}
