"""Check-in and desk in a real browser against a real server: the steps, the wait for the network, the bell, the keyboard."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from checkins.models import Alert, CheckIn
from groups.models import Client, Person
from tests.browser.chromium import chromium as started_chromium
from tests.checkins.answers import red_alert
from tests.worlds import World, build_world

# A page is waited for, not timed: two cores may be busy with another worker's processes.
expect.set_options(timeout=15_000)
pytestmark = [pytest.mark.browser, pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
# Everything the browser keeps; only the library's own bookkeeping (the address of the page) is in there.
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
PHONE = {"width": 390, "height": 844}


def sign_in(who: Person | Client) -> str:
    """A login as the sign-in pages make it; returns its key."""
    person = who.person if isinstance(who, Client) else who
    login = SessionStore()
    login[SESSION_KEY] = str(person.pk)
    login[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    login[HASH_SESSION_KEY] = person.get_session_auth_hash()
    login.create()
    return str(login.session_key)


def address_of_the_test_database() -> str:
    """The address of the database the tests run in."""
    parts = urlsplit(os.environ["VIO_DATABASE_URL"])
    return urlunsplit(parts._replace(path="/" + quote(connection.settings_dict["NAME"])))


@pytest.fixture(scope="module")
def server(django_db_setup: None) -> Iterator[str]:
    """The product's own server on a free port, on the test database; one for the file, because starting takes long."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    address = f"http://localhost:{listening.getsockname()[1]}"
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "vio.settings", "VIO_DATABASE_URL": address_of_the_test_database(),
        "VIO_DATABASE_AS_OWNER": "0", "VIO_DATABASE_ROLE": "vio_app", "VIO_DEBUG": "1", "VIO_ORIGINS": address,
        "VIO_ALLOWED_HOSTS": "localhost", "VIO_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "daphne", "--fd", str(listening.fileno()), "vio.asgi:application"],
        pass_fds=[listening.fileno()],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=30)  # noqa: S310  # our own address
                break
            except OSError:
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.2)
        yield address
    finally:
        child.terminate()
        child.wait(15)
        listening.close()


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with started_chromium() as started:
        yield started


async def open_as(browser: Browser, server: str, who: Person | Client, path: str, **given: Any) -> Page:
    """A page of its own with a login of this person; anything the page complains about fails the test."""
    login = await sync_to_async(sign_in)(who)
    context: BrowserContext = await browser.new_context(**given)
    await context.add_cookies([{"name": "vio", "value": login, "url": server}])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page broke: {error}"))
    await page.goto(server + path)
    return page


async def choose(page: Page, name: str, value: str) -> None:
    await page.locator(f"input[name={name}][value='{value}']").check(force=True)


async def answer(page: Page, *, safety: str = "no") -> None:
    """Walks the three steps."""
    await choose(page, "mood", "6")
    await choose(page, "urge", "3")
    await page.get_by_role("button", name="Next").click()
    await choose(page, "used", "no")
    await choose(page, "safety", safety)


async def test_three_steps_and_a_thank_you(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.ana, "/checkin/", viewport=PHONE)
    await expect(page.get_by_role("button", name="Send")).to_be_hidden()
    await answer(page)
    await expect(page.locator("input[name=mood]").first).to_be_hidden()
    await page.get_by_role("button", name="Next").click()
    await page.get_by_label("Hours of sleep last night").fill("7")
    await page.get_by_label("Anything you want to add?").fill("canary-note")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    stored = await CheckIn.objects.aget()
    assert (stored.mood, stored.urge, stored.sleep_hours) == (6, 3, 7)
    assert stored.device_at is not None
    assert "canary" not in await page.evaluate(STORED)


async def test_help_opens_at_the_answer_and_again_after_sending(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.ana, "/checkin/", viewport=PHONE)
    await expect(page.locator("[data-safety-now]")).to_be_hidden()
    await answer(page, safety="yes")
    await expect(page.locator("[data-safety-now]")).to_be_visible()
    await page.get_by_role("button", name="Next").click()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="You do not have to be alone with this")).to_be_visible()
    assert (await Alert.objects.aget()).level == "red"


async def test_without_a_network_the_answers_wait_and_go_once(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.ana, "/checkin/", viewport=PHONE)
    await answer(page)
    await page.get_by_role("button", name="Next").click()
    await page.get_by_label("Anything you want to add?").fill("canary-note")
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Send").click()
    await expect(
        page.locator("main").get_by_text("You are offline. Your answers are not sent yet.")
    ).to_be_visible()
    assert "canary" not in await page.evaluate(STORED)
    await page.context.set_offline(False)
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible(timeout=15_000)
    assert await CheckIn.objects.acount() == 1


async def test_an_error_opens_its_own_step_with_everything_kept(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.ana, "/checkin/", viewport=PHONE)
    await answer(page)
    await page.get_by_role("button", name="Next").click()
    await page.get_by_label("Hours of sleep last night").fill("forty")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Please give the hours you slept")).to_be_visible()
    await expect(page.get_by_label("Hours of sleep last night")).to_have_value("forty")
    await expect(page.locator("input[name=mood][value='6']")).to_be_checked()
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    await page.get_by_label("Hours of sleep last night").fill("4")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_without_scripts_the_form_is_one_page(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.ana, "/checkin/", viewport=PHONE, java_script_enabled=False)
    for name, value in (("mood", "2"), ("urge", "9"), ("used", "yes"), ("safety", "no")):
        await choose(page, name, value)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert (await Alert.objects.aget()).level == "orange"


async def test_red_comes_up_on_the_open_desk_by_itself(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    page = await open_as(chromium, server, world.clinician, "/desk/")
    await expect(page.locator("[data-live-state]")).to_have_text("Live")
    # A desk that is live does not look by itself: only the bell can bring it.
    await page.wait_for_timeout(300)
    await sync_to_async(red_alert)(world, world.ana, now=timezone.now())
    await expect(page.locator(".queue-item", has_text="Ana Moreno")).to_be_visible()
    await expect(page).to_have_title("(1) Desk")


async def test_the_keyboard_takes_and_closes_an_alert(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    for who in (world.ana, world.ben):
        await sync_to_async(red_alert)(world, who, now=timezone.now())
    page = await open_as(chromium, server, world.clinician, "/desk/")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#who")).to_have_text("Ben Okafor")
    await page.keyboard.press("a")
    await expect(page.locator("#context").get_by_text("Seen")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.locator("#resolve_text")).to_be_focused()
    await page.keyboard.type("Reached, safe with his brother.")
    await page.get_by_role("button", name="Close the alert").click()
    await expect(page.locator(".queue-item")).to_have_count(1)
    assert (await Alert.objects.aget(client=world.ben)).status == "resolved"


async def test_what_was_typed_survives_somebody_elses_change(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    alert = await sync_to_async(red_alert)(world, world.ana, now=timezone.now())
    page = await open_as(chromium, server, world.clinician, "/desk/")
    await page.keyboard.press("r")
    await page.locator("#resolve_text").fill("She is safe.")
    await sync_to_async(red_alert)(world, world.ana, now=timezone.now())
    await Alert.objects.filter(pk=alert.pk).aupdate(version=7)
    await page.get_by_role("button", name="Close the alert").click()
    await expect(
        page.locator("main").get_by_text(re.compile("This has changed since you opened it"))
    ).to_be_visible()
    await expect(page.locator("#resolve_text")).to_have_value("She is safe.")
    assert (await Alert.objects.aget()).status == "open"
    await page.get_by_role("button", name="Close the alert").click()
    await expect(page.get_by_text("Resolved").first).to_be_visible()


async def test_what_is_typed_while_the_newer_state_comes_is_kept(chromium: Browser, server: str) -> None:
    world: World = await sync_to_async(build_world)()
    alert = await sync_to_async(red_alert)(world, world.ana, now=timezone.now())
    page = await open_as(chromium, server, world.clinician, "/desk/")
    await expect(page.locator("[data-live-state]")).to_have_text("Live")
    asked, go = asyncio.Event(), asyncio.Event()

    async def held(route: Route) -> None:
        asked.set()
        await go.wait()
        await route.continue_()

    await page.route(re.compile(f"/alerts/{alert.pk}/\\?from=desk"), held)
    await Alert.objects.filter(pk=alert.pk).aupdate(version=7)
    await sync_to_async(red_alert)(world, world.ben, now=timezone.now())  # rings
    await asyncio.wait_for(asked.wait(), 15)
    await page.keyboard.press("r")
    await page.locator("#resolve_text").fill("She is safe.")
    go.set()
    told = page.locator("#toasts").get_by_text(
        "This alert has changed since you opened it."
    )  # it is announced as well
    await expect(told).to_be_visible()
    await expect(page.locator("#resolve_text")).to_have_value("She is safe.")
