"""Two browsers that meet at a relay alone: picture and sound flow, and neither learns where the other is (AZ-7)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.devices import browser
from tests.browser.group import Group
from tests.browser.media_kit import flow, flows
from tests.browser.relay import SECRET, Relay
from tests.browser.server import Server, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser"]


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
    with serving(tmp_path_factory.mktemp("server"), told) as running:
        yield running


async def test_a_pair_meets_at_the_relay_and_nowhere_else(group: Group) -> None:
    console, (phone,) = await group.gathers(group.world.ana)
    for visitor in (console, phone):
        await flows(visitor.page, 1)
        assert set((await flow(visitor.page)).pairs) == {"relay"}
