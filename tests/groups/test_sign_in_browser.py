"""Signing in as a browser does it: passkeys on a virtual device, and every page of it under axe (WCAG 2.2 AA)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from django.conf import settings as django_settings
from django.db import connection
from playwright.async_api import Browser, Page, expect

from groups.models import Client
from tests.browser.chromium import chromium
from tests.factories import make_client, make_group, make_program
from tests.groups.visitor import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
PAGES = (
    "", "password/", "second-step/", "app/", "passkeys/add/", "recovery-codes/", "tokens/", "confirm/", "confirm/passkey/",
)  # fmt: skip


@pytest.fixture
def ana(transactional_db: None, settings: Any) -> Client:
    """A client whose password is stored as production stores it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    program = make_program()
    return make_client(program, make_group(program), first_name="Ana", last_name="Moreno")


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """The product served by Daphne, on this test's database."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    where = f"http://localhost:{listening.getsockname()[1]}"
    database = urlsplit(os.environ["VIO_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {
        **os.environ,
        "VIO_DATABASE_URL": database.geturl(),
        "VIO_DATABASE_AS_OWNER": "0",
        "VIO_DEBUG": "1",
        "VIO_ORIGINS": where,
        "VIO_ALLOWED_HOSTS": "localhost",
        "VIO_FIELD_KEYS": django_settings.FIELD_KEYS,
        "VIO_SECRET_KEY": django_settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "vio.settings",
    }
    command = [sys.executable, "-m", "daphne", "--fd", str(listening.fileno()), "vio.asgi:application"]
    server = subprocess.Popen(command, pass_fds=[listening.fileno()], env=environment)
    yield where
    server.terminate()
    server.wait(10)
    listening.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium."""
    async with chromium() as started:
        yield started


async def phone(browser: Browser, problems: list[str]) -> Page:
    """A phone at night with a device that keeps passkeys; what goes wrong in it is collected."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = await context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    devices = await context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    await devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


async def password_step(page: Page, address: str, email: str) -> None:
    """Name and password."""
    await page.goto(f"{address}/account/login/")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def sign_out(page: Page, address: str) -> None:
    """By the page that asks first."""
    await page.goto(f"{address}/account/logout/")
    await page.get_by_role("main").get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/account/login/")


async def grave_problems(page: Page) -> list[Any]:
    """What axe finds serious or worse."""
    found = await Axe().run(page)
    assert found.response["passes"]
    return [
        (one["id"], one["nodes"][0]["target"])
        for one in found.response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


async def test_a_passkey_from_making_it_to_signing_in_with_nothing_else(
    ana: Client, address: str, browser: Browser
) -> None:
    problems: list[str] = []
    page = await phone(browser, problems)
    email = await sync_to_async(lambda: ana.person.email)()
    await password_step(page, address, email)
    await page.wait_for_url(f"{address}/")

    await page.goto(f"{address}/account/second-step/")
    await page.get_by_role("link", name="Use a passkey").click()
    await page.get_by_label("What do you call this device?").fill("Ana's phone")
    await page.get_by_role("button", name="Make the passkey").click()
    await page.wait_for_url("**/account/recovery-codes/")
    await page.get_by_role("button", name="Make new codes").click()
    await expect(page.locator("#recovery-codes li")).to_have_count(10)
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_text("Ana's phone").first).to_be_visible()

    await sign_out(page, address)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url(f"{address}/")

    await sign_out(page, address)
    await password_step(page, address, email)
    await page.wait_for_url("**/account/step/")
    assert await grave_problems(page) == []
    await page.get_by_role("button", name="Use my passkey").click()
    await page.wait_for_url(f"{address}/")

    await page.goto(f"{address}/account/confirm/passkey/?next=/account/tokens/")
    await page.get_by_role("button", name="Use my passkey").click()
    await page.wait_for_url("**/account/tokens/")
    assert problems == []


async def test_every_page_of_signing_in_can_be_read_by_everybody(
    ana: Client, address: str, browser: Browser
) -> None:
    problems: list[str] = []
    page = await phone(browser, problems)
    found: dict[str, list[Any]] = {}
    for path in ("login/", "password/reset/", "password/reset/sent/", "inactive/"):
        await page.goto(f"{address}/account/{path}")
        found[path] = await grave_problems(page)
    await password_step(page, address, await sync_to_async(lambda: ana.person.email)())
    await page.wait_for_url(f"{address}/")
    for path in (*PAGES, "logout/"):
        await page.goto(f"{address}/account/{path}")
        found[path] = await grave_problems(page)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert {path: grave for path, grave in found.items() if grave} == {}
    assert problems == []
