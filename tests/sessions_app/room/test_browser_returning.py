"""What a browser does when its network changed: it asks at once whether the line carries, and never waits on a try that hangs."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.sessions_app.room.test_browser_modules import page, played

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]
__all__ = ["page"]
LIVE = "last().opens(); last().says(snapshot(7));"
PINGS = 'const pings = () => last().sent.filter((f) => f.type === "ping").length;'


@pytest.mark.parametrize("change", ["online", "offline", "pageshow"])
async def test_a_change_of_the_network_asks_at_once_whether_the_line_carries(page: Page, change: str) -> None:
    found = await played(
        page,
        f"""{LIVE} {PINGS} const before = pings(); dispatchEvent(new Event("{change}"));
        return [before, pings(), last().sent[0].heads, made.length, [...seen.states]];""",
    )
    assert found == [0, 1, {"room": 7, "person:p1": 1}, 1, [["live", 0]]]


async def test_a_device_that_wakes_up_asks_and_one_that_goes_to_sleep_does_not(page: Page) -> None:
    found = await played(
        page,
        f"""{LIVE} {PINGS} const counts = [];
        for (const hidden of [true, false]) {{
          Object.defineProperty(document, "hidden", {{ configurable: true, get: () => hidden }});
          document.dispatchEvent(new Event("visibilitychange")); counts.push(pings());
        }}
        delete document.hidden;
        return counts;""",
    )
    assert found == [0, 1]


async def test_a_line_that_does_not_answer_is_given_up_and_the_numbers_are_named(page: Page) -> None:
    found = await played(
        page,
        f"""{LIVE} dispatchEvent(new Event("offline")); await tick(4200);
        return {{ states: [...seen.states], closed: made[0].readyState, sockets: made.length, url: last().url }};""",
    )
    assert found["states"] == [["live", 0], ["reconnecting", 0]]
    assert (found["closed"], found["sockets"]) == (3, 2)
    assert found["url"].endswith("?room=7&me=1")


async def test_an_answer_in_time_keeps_the_line(page: Page) -> None:
    found = await played(
        page,
        f"""{LIVE} dispatchEvent(new Event("online"));
        last().says({{ type: "pong", id: last().sent[0].id, heads: {{}} }}); await tick(4200);
        return [[...seen.states], made.length];""",
    )
    assert found == [[["live", 0]], 1]


async def test_a_try_that_hangs_is_replaced_when_somebody_presses_but_a_young_one_is_left_alone(
    page: Page,
) -> None:
    found = await played(
        page,
        f"""{LIVE} last().drops(1006); await tick();
        const tried = made.length; room.socket.retryNow(); const young = made.length;
        await tick(2100); room.socket.retryNow(); const old = made.length;
        const [, hung, fresh] = made; hung.onopen?.();
        fresh.opens(); fresh.says(snapshot(8));
        return {{ tried, young, old, hung: hung.readyState, state: room.socket.state }};""",
    )
    assert found == {"tried": 2, "young": 2, "old": 3, "hung": 3, "state": "live"}


async def test_who_waits_to_try_tries_at_once_when_the_network_is_back(page: Page) -> None:
    found = await played(
        page,
        f"""{LIVE} room.socket.options.random = () => 1; last().drops(1006); await tick();
        const before = made.length; dispatchEvent(new Event("online"));
        return [before, made.length];""",
    )
    assert found == [1, 2]


async def test_after_the_end_nothing_stirs_it(page: Page) -> None:
    found = await played(
        page,
        f"""{LIVE} last().drops(4403); dispatchEvent(new Event("online")); await tick();
        return [made.length, [...seen.states]];""",
    )
    assert found == [1, [["live", 0], ["closed", 4403]]]
