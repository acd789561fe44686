"""Looking at picture and sound from outside: what each window's connections really decode, by the browser's own counters."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns",
]  # fmt: skip
PATIENCE = 40.0
"""Seconds in which picture and sound must flow; two busy cores with several browsers need some of them."""
WATCH = """
window.lines = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) { super(...given); window.lines.push(this); }
};
"""
COUNT = """async () => {
  const sum = { frames: [], energy: [], sent: 0, open: 0, pairs: [] };
  for (const pc of window.lines ?? []) {
    if (pc.connectionState === "closed") continue;
    sum.open += 1;
    let frames = 0, energy = 0;
    const reports = [...(await pc.getStats()).values()];
    for (const report of reports) {
      if (report.type === "inbound-rtp" && report.kind === "video") frames += report.framesDecoded ?? 0;
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
      if (report.type === "outbound-rtp") sum.sent += report.bytesSent ?? 0;
      if (report.type === "local-candidate") sum.pairs.push(report.candidateType);
    }
    sum.frames.push(frames);
    sum.energy.push(energy);
  }
  return sum;
}"""


@dataclass(frozen=True)
class Flow:
    """What one window's connections have decoded so far, one figure per connection that is open."""

    frames: list[int]
    energy: list[float]
    sent: int
    open: int
    pairs: list[str]


async def watch(page: Page) -> None:
    """From the next page on, remembers its connections."""
    await page.add_init_script(WATCH)


async def flow(page: Page) -> Flow:
    """The counters now."""
    found: dict[str, Any] = await page.evaluate(COUNT)
    return Flow(**found)


async def grows(page: Page, others: int) -> bool:
    """Whether picture and sound of that many others keep coming: frames are decoded and their sound has energy."""
    before = await flow(page)
    await asyncio.sleep(1.5)  # the fake device beeps once a second
    after = await flow(page)
    if len(before.frames) != len(after.frames):
        return False
    seen = sum(now > then for then, now in zip(before.frames, after.frames, strict=True))
    heard = sum(now > then for then, now in zip(before.energy, after.energy, strict=True))
    return seen >= others and heard >= others


async def flows(page: Page, others: int) -> None:
    """Waits until picture and sound of that many others come in this window."""
    until = time.monotonic() + PATIENCE
    while not await grows(page, others):
        assert time.monotonic() < until, await flow(page)
