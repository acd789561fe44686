"""The browser's rules of picture and sound, in a real browser: who is shown, how much is sent, who is large, who speaks."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.sessions_app.room.test_browser_modules import page

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]
__all__ = ["page"]
MODULE = "/static/sessions_app/room/media_rules.js"


async def rule(page: Page, expression: str, given: object = None) -> Any:
    """The value of an expression over the module's rules (`m`) and what is given (`g`)."""
    return await page.evaluate(
        f"async (g) => {{ const m = await import('{MODULE}'); return {expression}; }}", given
    )


def somebody(name: str, *, hosts: bool = False, spoke: int = 0, screen: bool = False) -> dict[str, object]:
    return {"id": name, "hosts": hosts, "spokeAt": spoke, "screen": screen}


async def test_four_cameras_staff_and_who_spoke_last_first(page: Page) -> None:
    wanting = [
        somebody("a"), somebody("b", spoke=5), somebody("c", spoke=9), somebody("d"), somebody("e"),
        somebody("z", hosts=True),
    ]  # fmt: skip
    for order in (wanting, wanting[::-1]):
        shown = await rule(page, "[...m.chooseCameras(g, 4)].sort()", order)
        assert shown == ["a", "b", "c", "z"]


@pytest.mark.parametrize(("most", "count"), [(0, 0), (1, 1), (4, 2)])
async def test_never_more_than_allowed_nor_more_than_there_are(page: Page, most: int, count: int) -> None:
    assert await rule(page, f"m.chooseCameras(g, {most}).size", [somebody("a"), somebody("b")]) == count


async def test_lost_packets_cost_the_picture_at_once_and_calm_brings_it_back_slowly(page: Page) -> None:
    levels = await rule(
        page,
        """g.reduce(([all, now], loss) => {
          const next = m.nextQuality(now, loss);
          return [[...all, next.level], next];
        }, [[], { level: 0, calm: 0 }])[0]""",
        [0.0, 0.2, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0],
    )
    assert levels == [0, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0]
    assert await rule(page, "m.LEVELS[m.LEVELS.length - 1]") is None


@pytest.mark.parametrize(
    ("people", "speaker_view", "large"),
    [
        ([], True, ""),
        ([somebody("a"), somebody("b", spoke=4)], False, ""),
        ([somebody("a", spoke=2), somebody("b", spoke=4)], True, "b"),
        ([somebody("a"), somebody("f", hosts=True)], True, "f"),
        ([somebody("a", screen=True), somebody("f", hosts=True, spoke=9)], False, "a"),
        ([somebody("a", screen=True), somebody("f", hosts=True, screen=True)], True, "f"),
    ],
)
async def test_who_is_large(
    page: Page, people: list[dict[str, object]], speaker_view: bool, large: str
) -> None:
    assert await rule(page, f"m.onStage(g, {str(speaker_view).lower()})", people) == large


async def test_speaking_begins_at_once_and_ends_after_a_pause(page: Page) -> None:
    heard = await rule(
        page,
        """g.reduce(([all, now], [level, at]) => {
          const next = m.hearSpeech(now, level, at);
          return [[...all, next.speaking], next];
        }, [[], { speaking: false, loudAt: 0 }])[0]""",
        [[0.001, 0], [0.2, 100], [0.001, 900], [0.001, 1200], [0.001, 1400], [0.2, 1500]],
    )
    assert heard == [False, True, True, True, False, True]
