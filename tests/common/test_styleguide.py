"""The style guide as a browser shows it: every block, day and night, on a phone, a tablet and a desk (WCAG 2.2 AA)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.async_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.server import serving
from vio.common.styleguide import MOCKS

WIDTHS = (360, 768, 1280)
GRAVE = {"serious", "critical"}
PAGES = ("", *(f"{name}/" for name in MOCKS))
# Every block in both themes at every width; the whole pages as a phone at night and a desk by day show them.
WALKS = [
    *[("", theme, WIDTHS) for theme in ("light", "dark")],
    *[(f"{name}/", *how) for name in MOCKS for how in (("dark", (360,)), ("light", (1280,)))],
]


def test_the_style_guide_is_open_to_everybody(client: Client, db: None) -> None:
    assert client.get(reverse("styleguide")).status_code == 200
    for name in MOCKS:
        assert client.get(reverse("styleguide_mock", args=[name])).status_code == 200


def test_a_page_that_is_not_a_mock_is_not_there(client: Client, db: None) -> None:
    answer = client.get(reverse("styleguide_mock", args=["nothing"]))
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product served by Daphne on a port of its own, with the migrated database that every page may ask."""
    with serving(tmp_path_factory.mktemp("styleguide")) as server:
        yield server.url


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the module."""
    async with chromium() as started:
        yield started


async def _open(browser: Browser, url: str, width: int, theme: Any) -> tuple[Page, list[str]]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = await context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(url)
    return page, problems


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("path", "theme", "widths"), WALKS)
async def test_axe_finds_nothing_serious(
    browser: Browser, address: str, path: str, theme: str, widths: tuple[int, ...]
) -> None:
    for width in widths:
        page, problems = await _open(browser, f"{address}/styleguide/{path}", width, theme)
        found = await Axe().run(page)
        grave = [
            (one["id"], one["nodes"][0]["target"])
            for one in found.response["violations"]
            if one["impact"] in GRAVE
        ]
        sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        await page.context.close()
        assert found.response["passes"]
        assert (grave, problems, sideways <= 0) == ([], [], True), width


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_letters_of_double_size_break_nothing(browser: Browser, address: str) -> None:
    for path in PAGES:
        page, _ = await _open(browser, f"{address}/styleguide/{path}", 640, "light")
        await page.evaluate("document.documentElement.style.fontSize = '212.5%'")
        sideways = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        cut = await page.evaluate(
            """[...document.querySelectorAll('.btn, .badge, .tab, .places a, h1, h2, .scale label, .control')]
               .filter(one => one.checkVisibility() && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 2)
               .map(one => one.textContent.trim().slice(0, 40))"""
        )
        await page.context.close()
        assert (sideways <= 0, cut) == (True, []), path


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_targets_are_large_enough_for_a_thumb(browser: Browser, address: str) -> None:
    for path in ("home/", "checkin/", "room/", "signin/"):
        page, _ = await _open(browser, f"{address}/styleguide/{path}", 390, "dark")
        small = await page.evaluate(
            """[...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), select, textarea')]
               .filter(one => one.checkVisibility() && !one.closest('.visually-hidden, p') && !one.matches('.skip'))
               .filter(one => { const box = one.getBoundingClientRect(); return box.height < 44 || box.width < 44 })
               .map(one => one.outerHTML.slice(0, 90))"""
        )
        await page.context.close()
        assert small == [], path


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_the_theme_button_changes_the_theme_and_is_remembered(browser: Browser, address: str) -> None:
    page, _ = await _open(browser, f"{address}/styleguide/home/", 390, "light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    day = await page.evaluate(ground)
    await page.get_by_role("button", name="Light or dark colors").click()
    night = await page.evaluate(ground)
    await page.reload()
    assert night != day
    assert await page.evaluate(ground) == night
    assert await page.evaluate("Object.keys(localStorage)") == ["vio-theme"]
    await page.context.close()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_tabs_and_dialog_work_by_keyboard(browser: Browser, address: str) -> None:
    page, _ = await _open(browser, f"{address}/styleguide/", 1280, "light")
    await page.get_by_role("tab", name="Trend").focus()
    await page.keyboard.press("ArrowRight")
    assert await page.get_by_role("tab", name="Hours").get_attribute("aria-selected") == "true"
    assert await page.locator("#panel-b").is_visible()
    assert not await page.locator("#panel-a").is_visible()
    await page.keyboard.press("End")
    assert await page.locator("#panel-c").is_visible()
    await page.get_by_role("button", name="End the session").first.click()
    assert await page.get_by_role("dialog").is_visible()
    await page.keyboard.press("Escape")
    assert not await page.get_by_role("dialog").is_visible()
    await page.context.close()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_the_console_is_three_zones_on_a_desk_and_tabs_on_a_tablet(
    browser: Browser, address: str
) -> None:
    page, _ = await _open(browser, f"{address}/styleguide/console/", 1280, "dark")
    zones = page.locator(".zone")
    assert [await zones.nth(n).is_visible() for n in range(3)] == [True, True, True]
    await page.set_viewport_size({"width": 800, "height": 900})
    await zones.nth(1).wait_for(state="hidden")
    assert [await zones.nth(n).is_visible() for n in range(3)] == [True, False, False]
    await page.get_by_role("tab", name="Notes").click()
    assert [await zones.nth(n).is_visible() for n in range(3)] == [False, False, True]
    await page.set_viewport_size({"width": 1280, "height": 900})
    await zones.first.wait_for()  # the page hears of its new width with its next picture
    assert [await zones.nth(n).is_visible() for n in range(3)] == [True, True, True]
    await page.context.close()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_a_countdown_runs_and_rings_when_it_is_over(browser: Browser, address: str) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.clock.install()
    await page.goto(f"{address}/styleguide/home/")
    shown = page.locator(".countdown")
    await page.clock.run_for(60_000)
    assert (await shown.inner_text()).startswith("in 2")
    await page.clock.run_for(26 * 60_000)
    assert await shown.inner_text() == "The room is open"
    await context.close()
