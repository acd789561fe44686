"""Looking at picture and sound from outside: what each window's connections really decode, by the browser's own counters."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

PATIENCE = 40.0
"""Seconds in which picture and sound must flow; two busy cores with several browsers need some of them."""
WATCH = """
window.lines = [];
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) { super(...given); window.lines.push(this); }
};
"""
WEAK = """
const Honest = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Honest {
  async getStats(...given) {
    const reports = await super.getStats(...given);
    if (!window.weak) return reports;
    return new Map([...reports].map(([key, report]) => {
      if (report.type === "remote-inbound-rtp") return [key, { ...report, fractionLost: 0.3 }];
      if (report.type === "inbound-rtp") return [key, { ...report, packetsLost: Math.floor(report.packetsReceived / 2) }];
      return [key, report];
    }));
  }
};
"""
"""A browser whose line loses a third of all packets, by its own counters, once `window.weak` is set."""
SIZES = """async () => {
  const sizes = [];
  for (const pc of window.lines) {
    if (pc.connectionState === "closed") continue;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video" && report.frameWidth) sizes.push(report.frameWidth);
    }
  }
  return sizes;
}"""
COUNT = """async () => {
  const sum = { frames: {}, energy: {}, sent: 0, received: 0, open: 0, pairs: [] };
  for (const [n, pc] of (window.lines ?? []).entries()) {
    if (pc.connectionState === "closed") continue;
    sum.open += 1;
    const reports = [...(await pc.getStats()).values()];
    for (const report of reports) {
      const incoming = report.type === "inbound-rtp" ? report.kind : "";
      if (incoming === "video") sum.frames[`${n} ${report.id}`] = report.framesDecoded ?? 0;
      if (incoming === "audio") sum.energy[`${n} ${report.id}`] = report.totalAudioEnergy ?? 0;
      if (incoming) sum.received += report.bytesReceived ?? 0;
      if (report.type === "outbound-rtp") sum.sent += report.bytesSent ?? 0;
      if (report.type === "local-candidate") sum.pairs.push(report.candidateType);
    }
  }
  return sum;
}"""


@dataclass(frozen=True)
class Flow:
    """What one window has decoded so far: one figure per picture and per voice that arrives."""

    frames: dict[str, int]
    energy: dict[str, float]
    sent: int
    received: int
    open: int
    pairs: list[str]


async def watch(page: Page) -> None:
    """From the next page on, remembers its connections."""
    await page.add_init_script(WATCH)


async def flow(page: Page) -> Flow:
    """The counters now."""
    found: dict[str, Any] = await page.evaluate(COUNT)
    return Flow(**found)


async def growth(page: Page, seconds: float) -> Flow:
    """How much more each picture and voice that goes on has decoded after some seconds."""
    before = await flow(page)
    await asyncio.sleep(seconds)
    after = await flow(page)
    return Flow(
        frames={key: now - before.frames[key] for key, now in after.frames.items() if key in before.frames},
        energy={key: now - before.energy[key] for key, now in after.energy.items() if key in before.energy},
        sent=after.sent - before.sent,
        received=after.received - before.received,
        open=after.open,
        pairs=after.pairs,
    )


async def grows(page: Page, others: int) -> bool:
    """Whether picture and sound of that many others keep coming: frames are decoded and their sound has energy."""
    grown = await growth(page, 1.5)  # the fake device beeps once a second
    seen = sum(more > 0 for more in grown.frames.values())
    heard = sum(more > 0 for more in grown.energy.values())
    return seen >= others and heard >= others


async def sizes(page: Page) -> list[int]:
    """How wide the pictures are that arrive, in pixels."""
    found: list[int] = await page.evaluate(SIZES)
    return sorted(found)


async def flows(page: Page, others: int) -> None:
    """Waits until picture and sound of that many others come in this window."""
    until = time.monotonic() + PATIENCE
    while not await grows(page, others):
        assert time.monotonic() < until, await flow(page)
