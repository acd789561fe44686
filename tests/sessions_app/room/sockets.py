"""Three people in the room over their sockets: Fay hosts, Ana and Ben are in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from groups.models import Client, Person
from sessions_app.room.hub import Hub
from tests.sessions_app.room.browser import Browser
from tests.sessions_app.room.live import LiveRoom, person_of

REMOVE = {"reason_code": "safety"}


@dataclass
class Evening:
    """Fay hosts, Ana and Ben are in, all with a browser."""

    live: LiveRoom
    fay: Browser
    ana: Browser
    ben: Browser

    def id(self, who: Person | Client) -> str:
        return str(person_of(who).pk)

    @property
    def ana_id(self) -> str:
        return self.id(self.live.world.ana)

    @property
    def ben_id(self) -> str:
        return self.id(self.live.world.ben)

    def browser(self, who: Person | Client, **options: Any) -> Browser:
        return Browser(self.live.session.pk, self.live.logins[person_of(who).pk], **options)


async def begin(live: LiveRoom) -> Evening:
    """The facilitator opens nothing: the time has come, and the first who looks opens the waiting room."""
    world = live.world
    evening = Evening(
        live,
        *(
            Browser(live.session.pk, live.logins[person_of(w).pk])
            for w in (world.facilitator, world.ana, world.ben)
        ),
    )
    await evening.fay.enters()
    for browser, who in ((evening.ana, world.ana), (evening.ben, world.ben)):
        await browser.enters()
        await evening.fay.hears("client.waiting")
        await evening.fay.says("client.admit", person=evening.id(who))
        await browser.hears("you.admitted")
        browser.snapshot = await browser.hears("snapshot")
    await evening.ana.hears("client.admitted")
    return evening


@pytest_asyncio.fixture
async def evening(live: LiveRoom, house: Hub) -> AsyncIterator[Evening]:
    made = await begin(live)
    yield made
    for browser in (made.fay, made.ana, made.ben):
        await browser.drops()


async def drained(browser: Browser) -> list[dict[str, Any]]:
    frames = []
    while not await browser.hears_nothing():
        frames.append(await browser.next())
    return frames
