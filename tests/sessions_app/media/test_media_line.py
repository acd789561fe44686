"""How a browser judges its line to a media server: when it mends, when it gives up, and what it sends and asks for."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.sessions_app.room.test_browser_modules import page

pytestmark = [pytest.mark.asyncio, pytest.mark.browser]
__all__ = ["page"]
LINE = "/static/sessions_app/room/media_line.js"
RULES = "/static/sessions_app/room/media_rules.js"


async def looks(page: Page, seen: list[tuple[str, int]]) -> list[str]:
    """What is said at each look: the connection's state, and the second."""
    found: list[str] = await page.evaluate(
        f"""async (seen) => {{
          const {{ Health }} = await import("{LINE}");
          const health = new Health();
          return seen.map(([state, second]) => health.look(state, 1e12 + second * 1000));
        }}""",
        seen,
    )
    return found


async def test_a_short_hiccup_is_left_alone(page: Page) -> None:
    seen = [("connected", 0), ("disconnected", 3), ("disconnected", 6), ("connected", 9)]
    assert await looks(page, seen) == ["fine", "hurt", "hurt", "fine"]


async def test_what_stays_broken_is_mended_again_and_again_and_then_given_up(page: Page) -> None:
    seen = [("disconnected", 0), ("disconnected", 6), ("disconnected", 9), ("failed", 12), ("failed", 21)]
    assert await looks(page, seen) == ["hurt", "mend", "hurt", "mend", "given up"]


async def test_a_failure_is_mended_at_once_and_the_clock_begins_anew_when_it_stood_again(page: Page) -> None:
    seen = [("failed", 0), ("connecting", 3), ("failed", 30), ("failed", 33), ("failed", 36)]
    assert await looks(page, seen) == ["mend", "fine", "mend", "hurt", "mend"]


GAUGE = f"""async (looks) => {{
  const {{ Gauge }} = await import("{LINE}");
  const gauge = new Gauge();
  const found = [];
  for (const [way, reports] of looks) {{
    const pc = {{ getStats: async () => new Map(reports.map((report, n) => [n, report])) }};
    found.push(await gauge[way](pc));
  }}
  return found;
}}"""


def arrived(lost: int, got: int) -> dict[str, Any]:
    return {"type": "inbound-rtp", "packetsLost": lost, "packetsReceived": got}


async def test_loss_is_counted_between_two_looks_over_everything_that_arrives(page: Page) -> None:
    looks = [
        ["down", [arrived(10, 90), {"type": "outbound-rtp"}]],
        ["down", [arrived(20, 150), arrived(0, 30)]],
        ["down", [arrived(20, 150), arrived(0, 30)]],
        ["down", [arrived(19, 160), arrived(0, 30)]],  # a packet that was only late
        ["down", []],
    ]
    assert await page.evaluate(GAUGE, looks) == [0.1, 0.1, 0, 0, 0]


async def test_the_worst_report_of_the_other_side_counts(page: Page) -> None:
    reports = [{"type": "remote-inbound-rtp", "fractionLost": loss} for loss in (0.0, 0.25, 0.1)]
    assert await page.evaluate(GAUGE, [["up", reports], ["up", [{"type": "remote-inbound-rtp"}]]]) == [
        0.25,
        0,
    ]


async def test_what_is_asked_of_the_media_server(page: Page) -> None:
    expected = [
        ["fit", "camera", True, True, 1],
        ["fit", "camera", False, True, 0],
        ["small", "camera", True, True, 0],
        ["screens", "camera", True, False, 0],
        ["screens", "screen", True, True, 0],
        ["none", "screen", True, False, 0],
    ]
    found = await page.evaluate(
        f"""async (all) => {{
          const {{ asked }} = await import("{RULES}");
          return all.map(([level, source, large]) => {{
            const wanted = asked(level, source, large);
            return [level, source, large, wanted.send, wanted.substream];
          }});
        }}""",
        expected,
    )
    assert found == expected


async def test_who_tried_better_and_fell_back_waits_twice_as_long(page: Page) -> None:
    calm, loss = 0.0, 0.2
    found = await page.evaluate(
        f"""async (losses) => {{
          const {{ nextQuality }} = await import("{RULES}");
          let now = {{ level: 0, calm: 0 }};
          return losses.map((loss) => (now = nextQuality(now, loss, 3)).level);
        }}""",
        [loss, *[calm] * 4, loss, *[calm] * 7, calm, loss, *[calm] * 15, calm],
    )
    assert found == [1, 1, 1, 1, 0, 1, *[1] * 7, 0, 1, *[1] * 15, 0]


async def test_the_longest_wait_has_an_end_and_long_calm_forgets(page: Page) -> None:
    found = await page.evaluate(
        f"""async () => {{
          const {{ nextQuality }} = await import("{RULES}");
          let now = {{ level: 0, calm: 0, need: 32, rose: true }};
          const worst = nextQuality(now, 0.5, 3).need;
          for (let look = 0; look < 20; look += 1) now = nextQuality(now, 0, 3);
          return [worst, now.need, now.rose];
        }}"""
    )
    assert found == [32, 4, False]
