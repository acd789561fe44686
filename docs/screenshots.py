"""Takes the pictures of README and docs from a running demo: `.venv/bin/python docs/screenshots.py [ADDRESS]`.

Needs `make run` in another shell. Signs in through the real pages, plays a rehearsal so that the room is alive, and
writes PNG files to docs/screenshots/. Everybody in them is invented.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

HERE = Path(__file__).parent / "screenshots"
VIO = Path(sys.executable).parent / "vio"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """One picture: who looks, at what, on what, and the file's name."""

    role: str
    path: str
    name: str
    phone: bool = False
    dark: bool = False


SHOTS = [
    Shot("client", "/", "home-phone", phone=True),
    Shot("client", "/", "home-phone-dark", phone=True, dark=True),
    Shot("client", "/checkin/", "checkin-phone", phone=True),
    Shot("client", "/week/", "week-phone", phone=True),
    Shot("client", "/help/", "help-phone", phone=True),
    Shot("facilitator", "/tonight/", "tonight-desktop"),
    Shot("facilitator", "/notes/", "notes-desktop"),
    Shot("clinician", "/desk/", "desk-desktop"),
    Shot("clinician", "/desk/", "desk-desktop-dark", dark=True),
    Shot("clinician", "/hours/", "hours-desktop"),
    Shot("clinician", "/clients/", "clients-desktop"),
    Shot("admin", "/manage/", "manage-desktop"),
]


def people() -> list[dict[str, Any]]:
    """The demo people as `vio demo people --json` prints them."""
    printed = subprocess.run([VIO, "demo", "people", "--json"], capture_output=True, text=True, check=True)
    found = json.loads(printed.stdout)
    return found["people"] if isinstance(found, dict) else found


def code_now(secret: str) -> str:
    """The six digits an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.new(key, struct.pack(">Q", int(time.time() // 30)), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


async def sign_in(page: Page, address: str, person: dict[str, Any]) -> None:
    """Signs in through the pages, with the second factor where there is one."""
    await page.goto(f"{address}/account/login/")
    await page.fill("input[name=login]", person["email"])
    await page.fill("input[name=password]", person["password"])
    await page.click("main form button[type=submit], main form button:not([type])")
    await page.wait_for_load_state("networkidle")
    secret = person.get("second_factor_secret") or person.get("totp_secret") or person.get("secret")
    if secret and await page.locator("input[name=code]").count():
        await page.fill("input[name=code]", code_now(secret))
        await page.click("main form button[type=submit], main form button:not([type])")
        await page.wait_for_load_state("networkidle")


async def open_page(browser: Browser, *, phone: bool, dark: bool, cookies: list[Any] | None = None) -> Page:
    """A page of that size and theme, signed in by the cookies of an earlier one."""
    context = await browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]  # a plain dict
        device_scale_factor=2 if phone else 1,
        color_scheme="dark" if dark else "light",
    )
    if cookies:
        await context.add_cookies(cookies)
    return await context.new_page()


async def logins(browser: Browser, address: str, roles: set[str]) -> dict[str, list[Any]]:
    """{role: cookies} of the first demo person of each role."""
    found: dict[str, list[Any]] = {}
    for person in people():
        role = person["role"].split()[0]  # "clinician (on call)" is a clinician
        if role in roles and role not in found:
            page = await open_page(browser, phone=False, dark=False)
            await sign_in(page, address, person)
            found[role] = await page.context.cookies()
            await page.context.close()
    return found


async def take(browser: Browser, address: str, shot: Shot, cookies: list[Any]) -> None:
    """One picture of one page."""
    page = await open_page(browser, phone=shot.phone, dark=shot.dark, cookies=cookies)
    await page.goto(address + shot.path)
    await page.wait_for_load_state("networkidle")
    await page.screenshot(path=HERE / f"{shot.name}.png")
    await page.context.close()


async def take_room(browser: Browser, address: str, cookies: dict[str, list[Any]]) -> None:
    """The console and a client's room while a rehearsal fills it."""
    evening = await asyncio.create_subprocess_exec(
        VIO, "rehearse", "--rooms", "1", "--minutes", "10", "--speed", "5", stdout=asyncio.subprocess.DEVNULL
    )
    await asyncio.sleep(35)
    board = await open_page(browser, phone=False, dark=False, cookies=cookies["facilitator"])
    await board.goto(f"{address}/tonight/")
    console = await board.locator("a[href$='/room/']").first.get_attribute("href")
    for name, phone, dark in (
        ("console-desktop", False, False),
        ("console-desktop-dark", False, True),
        ("console-phone", True, False),
    ):
        page = await open_page(browser, phone=phone, dark=dark, cookies=cookies["facilitator"])
        await page.goto(f"{address}{console}")
        await asyncio.sleep(4)
        await page.screenshot(path=HERE / f"{name}.png")
        await page.context.close()
    client = await open_page(browser, phone=True, dark=True, cookies=cookies["client"])
    await client.goto(f"{address}/")
    join = client.locator("a[href$='/room/']").first
    if await join.count():
        await join.click()
        await asyncio.sleep(3)
        if client.url.endswith("/door/"):
            await client.screenshot(path=HERE / "door-phone-dark.png")
            await client.locator("button[value=picture]").click()
            await asyncio.sleep(3)
        await client.screenshot(path=HERE / "room-phone-dark.png")
    await evening.wait()


async def main(address: str) -> None:
    """Takes every picture."""
    HERE.mkdir(exist_ok=True)
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        cookies = await logins(browser, address, {shot.role for shot in SHOTS})
        for shot in SHOTS:
            await take(browser, address, shot, cookies[shot.role])
            print(shot.name)  # noqa: T201
        await take_room(browser, address, cookies)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"))
