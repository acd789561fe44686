"""Fixtures of the tests that go through a media server: a real Janus, the product told of it, Chromium with pretended devices."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from sessions_app.room.media.janus import Janus, JanusSettings
from tests.browser.conftest import CHROMIUM
from tests.browser.group import Group, group_of
from tests.browser.janus import RunningJanus
from tests.browser.media_kit import ARGUMENTS
from tests.browser.server import Server
from tests.browser.visitors import Visitors
from tests.worlds import World


@pytest.fixture(scope="module")
def janus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningJanus]:
    """The media server."""
    running = RunningJanus(tmp_path_factory.mktemp("janus"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, janus: RunningJanus
) -> Iterator[Server]:
    """The product, told of it."""
    running = Server(tmp_path_factory.mktemp("server") / "daphne.log", janus.settings())
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
    """Tonight's group."""
    return group_of(home, visitors)


def admin(janus: RunningJanus) -> Janus:
    """The same interface the product uses."""
    known = janus.server.environment()
    return Janus(
        JanusSettings(
            url=known["VIO_JANUS_URL"],
            admin_url=known["VIO_JANUS_ADMIN_URL"],
            admin_secret=known["VIO_JANUS_ADMIN_SECRET"],
            token_secret=known["VIO_JANUS_TOKEN_SECRET"],
            room_key=known["VIO_JANUS_ROOM_KEY"],
        )
    )
