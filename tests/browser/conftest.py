"""A real server and a real browser for every test here. A test asks for `visitors` (or `page_for`) and the world it needs.

Rows are made before the server is asked, in committed transactions (`transactional_db`): the server is another process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from django.utils import timezone
from playwright.async_api import Browser

from tests.browser.chromium import chromium
from tests.browser.group import Group, group_of
from tests.browser.server import Server, serving
from tests.browser.visitors import PageFor, Visitors, shots_folder
from tests.worlds import World, build_world
from vio.common.models import Heartbeat


@pytest.fixture(scope="session")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Daphne on the test database, one for the whole run."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, one for the whole run; each visitor has a window of their own."""
    async with chromium() as started:
        yield started


@pytest.fixture
def home(transactional_db: None) -> World:
    """The world, committed, so that the server sees it; worker and scheduler count as alive."""
    for name in ("worker", "beat"):
        Heartbeat.objects.create(name=name, at=timezone.now() + timedelta(hours=1))
    return build_world()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go."""
    return shots_folder(tmp_path_factory.mktemp("shots"))


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(
    transactional_db: None, server: Server, browser: Browser, shots: Path
) -> AsyncIterator[Visitors]:
    """Opens windows for people. Afterwards no page may have complained and the server may have met no error."""
    began = len(server.said())
    people = Visitors(browser, server.url, shots)
    yield people
    await people.close()
    assert "Traceback" not in server.said()[began:], server.said()[began:]


@pytest.fixture
def page_for(visitors: Visitors) -> PageFor:
    """`await page_for(person, "phone")`: a signed-in window of that person."""
    return visitors.page_for


@pytest.fixture
def group(home: World, visitors: Visitors) -> Group:
    """Tonight's group, in session; its windows take part in picture and sound."""
    return group_of(home, visitors)


@pytest.fixture
def open_chat(home: World) -> None:
    """Clients of the group may write to everybody."""
    home.group.chat_mode = "group"
    home.group.save()
