"""Somebody with a browser: signed in, on a phone or at a desk, and every complaint of the page remembered."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from asgiref.sync import sync_to_async
from axe_playwright_python.async_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.async_api import TimeoutError as TookTooLong

from groups.models import Client, Person

Device = Literal["phone", "desktop", "tablet", "small"]
SIZES: dict[Device, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "small": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
PATIENCE = 15_000
"""Milliseconds to wait for what must come; a loaded machine needs some of them."""
LOST_NETWORK = re.compile(r"net::ERR_|WebSocket connection to .* failed|Failed to fetch|503|htmx:sendError")
SERIOUS = ("serious", "critical")
AXE = Axe()


def sign_in(who: Person | Client) -> str:
    """A login as the sign-in pages make it; returns the cookie's value."""
    person = who.person if isinstance(who, Client) else who
    login = SessionStore()
    login[SESSION_KEY] = str(person.pk)
    login[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    login[HASH_SESSION_KEY] = person.get_session_auth_hash()
    login.set_expiry(24 * 3600)
    login.create()
    assert login.session_key
    return login.session_key


@dataclass
class Visitor:
    """One person's browser window."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    may_lose_network: bool = False

    async def goes(self, path: str) -> None:
        """Opens an address of the product, which must answer with a page."""
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    async def sees(self, words: str | re.Pattern[str], *, within: str = "body") -> None:
        """Waits until these words can be seen."""
        found = self.page.locator(within).get_by_text(words).filter(visible=True).first
        try:
            await found.wait_for(state="visible", timeout=PATIENCE)
        except TookTooLong as error:
            raise AssertionError(await self._story(f"never saw {words!r} in {within}")) from error

    async def _story(self, what: str) -> str:
        """What went wrong, with everything that can be seen and what the page complained of."""
        text = await self.page.locator("body").inner_text()
        return "\n".join([what, self.page.url, *self.complaints, "---", text])

    async def sees_no(self, words: str | re.Pattern[str], *, within: str = "body") -> None:
        """Waits until these words cannot be seen any more."""
        found = self.page.locator(within).get_by_text(words).filter(visible=True)
        await found.first.wait_for(state="hidden", timeout=PATIENCE)

    async def presses(self, name: str | re.Pattern[str], *, within: str = "body") -> None:
        """Presses a button or follows a link by what it is called."""
        place = self.page.locator(within)
        exact = isinstance(name, str)
        button = place.get_by_role("button", name=name, exact=exact)
        button = button.or_(place.get_by_role("link", name=name, exact=exact))
        await button.filter(visible=True).first.click(timeout=PATIENCE)

    async def looks(self, theme: Literal["light", "dark"]) -> None:
        """Switches between day and night."""
        await self.page.emulate_media(color_scheme=theme)

    async def finds_no_barrier(self, where: str) -> None:
        """No serious or critical finding of axe, by day and by night."""
        for theme in ("light", "dark"):
            await self.looks(theme)  # type: ignore[arg-type]  # both are themes
            found = (await AXE.run(self.page)).response["violations"]
            bad = [
                f"{v['id']}: {[n['html'][:160] for n in v['nodes']]}" for v in found if v["impact"] in SERIOUS
            ]
            assert bad == [], f"{where}, {theme}: {bad}"
        await self.looks("light")

    async def shows_everything(self, where: str) -> None:
        """Nothing sticks out at the side."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{where}: {wide} px too wide"

    async def shot(self, name: str, folder: Path, *, full: bool = False, theme: str = "light") -> None:
        """A picture of the page as it is."""
        await self.looks(theme)  # type: ignore[arg-type]  # "light" or "dark"
        await self.page.screenshot(path=folder / f"{name}.png", full_page=full)
        await self.looks("light")


class Visitors:
    """Makes visitors and closes their windows; at the end no page may have complained."""

    def __init__(self, browser: Browser, url: str, shots: Path) -> None:
        self.browser = browser
        self.url = url
        self.shots = shots
        self._all: list[Visitor] = []

    async def page_for(self, who: Person | Client | None, device: Device = "desktop") -> Visitor:
        """A new window of this person, signed in by a login made in the database."""
        context = await self.browser.new_context(
            **SIZES[device], reduced_motion="reduce", timezone_id="America/New_York"
        )
        if who is not None:
            login = await sync_to_async(sign_in)(who)
            await context.add_cookies([{"name": "vio", "value": login, "url": self.url}])
        visitor = Visitor(context, await context.new_page(), self.url)
        visitor.page.set_default_timeout(PATIENCE)
        visitor.page.on("console", lambda message: self._console(visitor, message))
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"error: {error}"))
        self._all.append(visitor)
        return visitor

    def _console(self, visitor: Visitor, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if visitor.may_lose_network and LOST_NETWORK.search(message.text):
            return
        visitor.complaints.append(f"{message.type}: {message.text}")

    async def close(self) -> None:
        """Closes every window; raises AssertionError with what the pages complained of."""
        for visitor in self._all:
            await visitor.context.close()
        await sync_to_async(connections.close_all)()
        complaints = [words for visitor in self._all for words in visitor.complaints]
        assert complaints == []


def shots_folder(fallback: Path) -> Path:
    """Where pictures go: VIO_SHOTS, or a folder of this test run."""
    folder = Path(os.environ.get("VIO_SHOTS") or fallback)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


PageFor = Callable[..., Awaitable[Visitor]]
