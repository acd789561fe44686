"""The browser of the tests of picture and sound; a module that imports it has it instead of the one for all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import DEVICES, chromium


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with a camera and a microphone that are only pretended."""
    async with chromium(*DEVICES) as started:
        yield started
