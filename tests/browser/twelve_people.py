"""Twelve people through the media server: four windows with cameras, eight scripted people who hold its sessions as listeners.

What it took is written beside the pictures (`VIO_SHOTS`), for docs/media.md.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from playwright.async_api import Browser

from bench.usage import cpu_seconds
from groups.models import Client, Person
from tests.browser.chromium import DEVICES, chromium
from tests.browser.group import Group
from tests.browser.janus import RunningJanus
from tests.browser.media_kit import PATIENCE, flow, flows, growth
from tests.browser.media_server import admin, janus, server
from tests.browser.scripted import Scripted
from tests.browser.server import Server
from tests.browser.visitors import Visitor
from tests.factories import make_client
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]
__all__ = ["janus", "server"]
CAMERAS = 4
SCRIPTED = 8
PICTURES = 5
"""A second, of each pretended camera: four windows share two cores with everything that serves them."""
WATCHED = 10.0
GONE_WITHIN = 2.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium with pretended devices of few pictures a second."""
    fake = "--use-fake-device-for-media-stream"
    async with chromium(*(f"{one}=fps={PICTURES}" if one == fake else one for one in DEVICES)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def company(group: Group, server: Server) -> AsyncIterator[list[Scripted]]:
    """Those who are still to come; whoever came is gone afterwards."""
    there: list[Scripted] = []
    yield there
    await asyncio.gather(*(one.goes() for one in there))


def _peers(world: World, number: int) -> list[Client]:
    return [
        make_client(world.program, world.group, first_name=f"Peer{n}", last_name="Woods")
        for n in range(number)
    ]


async def test_twelve_people_with_four_cameras(
    group: Group, server: Server, janus: RunningJanus, company: list[Scripted], shots: Path
) -> None:
    world = group.world
    ana, ben = world.ana, world.ben
    carl, *peers = await sync_to_async(_peers)(world, SCRIPTED)
    console = await group.opens(world.facilitator, "desktop")
    await console.page.get_by_label("Let people in").select_option("all")
    phones = [await group.opens(client) for client in (ana, ben, carl)]
    windows = [console, *phones]
    for visitor in phones:
        await visitor.sees("Here now")
    await console.presses("Start the group")
    for visitor in windows:
        await _switches_on(visitor)
    others: list[Person | Client] = [world.cofacilitator, *peers]
    company += await asyncio.gather(*(Scripted.comes(server, group.session, who) for who in others))
    await asyncio.gather(*(one.listens() for one in company))

    # every camera is seen and every voice heard in every window, and offered to everybody else
    for visitor in windows:
        await flows(visitor.page, CAMERAS - 1)
    assert [len(one.offered) for one in company] == [CAMERAS] * SCRIPTED
    assert await console.page.get_by_text("Reconnecting").filter(visible=True).count() == 0
    inside = await asyncio.to_thread(admin(janus).participants, group.session.pk)
    assert len({one.person for one in inside}) == CAMERAS + SCRIPTED
    await console.shot("media-twelve-console", shots)
    await _figures(windows, server, janus, shots / "twelve.json")

    # somebody with a camera is removed: within two seconds nobody sees or hears them any more
    second, listener, *_ = company
    await second.removes(ben)
    pressed = time.monotonic()
    gone = phones[1]
    while (await flow(gone.page)).open or await _is_inside(janus, group, ben):
        assert time.monotonic() - pressed < GONE_WITHIN
        await asyncio.sleep(0.05)
    await asyncio.sleep(max(0.0, pressed + GONE_WITHIN - time.monotonic()))
    for visitor in (console, phones[0], phones[2]):
        grown = await growth(visitor.page, 1.5)
        assert sum(more > 0 for more in grown.frames.values()) <= CAMERAS - 2
        assert sum(more > 0 for more in grown.energy.values()) <= CAMERAS - 2
    for visitor in (console, phones[0], phones[2]):
        await flows(visitor.page, CAMERAS - 2)

    # and somebody who only listens: put out by the media server as well
    await second.removes(peers[0])
    await listener.is_put_out(GONE_WITHIN)
    assert not await _is_inside(janus, group, peers[0])
    assert await _is_inside(janus, group, peers[1])


async def _switches_on(visitor: Visitor) -> None:
    """Camera and microphone; not by the mouse, which waits for pictures that a machine full of windows has no time to draw."""
    await visitor.page.locator("[data-act=both]").dispatch_event("click")
    await visitor.page.get_by_text("Camera on").first.wait_for(timeout=PATIENCE * 1_000)


async def _is_inside(janus: RunningJanus, group: Group, client: Client) -> bool:
    found = await asyncio.to_thread(admin(janus).participants, group.session.pk)
    return any(one.person == str(client.person_id) for one in found)


async def _figures(windows: list[Visitor], server: Server, janus: RunningJanus, path: Path) -> None:
    """What ten seconds of it took, of the media server, of the web process, and what each window got."""
    before = (time.monotonic(), janus.worked(), cpu_seconds(server.pid))
    grown = await asyncio.gather(*(growth(visitor.page, WATCHED) for visitor in windows))
    took = time.monotonic() - before[0]
    found = {
        "janus_cpu_percent": round(100 * (janus.worked() - before[1]) / took, 1),
        "web_cpu_percent": round(100 * (cpu_seconds(server.pid) - before[2]) / took, 1),
        "windows": [
            {
                "frames_per_second": round(sum(one.frames.values()) / WATCHED, 1),
                "kbit_per_second_in": round(one.received * 8 / 1000 / WATCHED),
                "kbit_per_second_out": round(one.sent * 8 / 1000 / WATCHED),
                "voices": sum(more > 0 for more in one.energy.values()),
            }
            for one in grown
        ],
    }
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
