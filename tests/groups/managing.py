"""The administration's pages as a test asks for them, at noon of the sample Monday."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from tests.signed_in import browser_of
from tests.worlds import World

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def director(world: World, noon: None) -> Browser:
    return browser_of(world.director)


def post(who: Browser, name: str, key: object, /, **data: object) -> HttpResponse:
    return who.post(reverse(name, args=[key]), data)


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def field_error(response: HttpResponse, name: str) -> str:
    """What stands beside a field; '' when nothing does."""
    found = re.search(rf'id="id_{name}_error">(.*?)</div>', text_of(response), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def seen_of(response: HttpResponse) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', text_of(response))
    assert found
    return found[1]
