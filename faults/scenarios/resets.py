"""A whole evening on a network that resets: of all that passes, two pieces in a hundred are lost with their connection."""

from __future__ import annotations

import asyncio

from faults.browser import Browser
from faults.evening import Evening
from faults.ground import Ground
from faults.history import Outcome
from faults.proxy import Wire
from vio.rehearse.stage import Player

SHOWS = ("RT-1", "RT-2", "RT-3", "RT-6", "RT-7", "AT-1", "AT-2", "FT-network")
SHARE = 0.02
EVENING = 180.0
FEWEST = 30
"""Fewer resets than that would show nothing."""


class Unsteady(Evening):
    """From the first knock to the end of the session, every way to the server is one that resets."""

    async def lay(self, wire: Wire) -> Wire:
        """A way that resets from the first byte on."""
        wire.unsteady(SHARE, self.random)
        return await wire.open()

    async def device(self, player: Player, *, target: int | None = None) -> Browser:
        """A reset is felt at both ends, so what it costs is known more exactly than what a silent loss may cost."""
        browser = await super().device(player, target=target)
        browser.is_told = True
        return browser

    @property
    def resets(self) -> int:
        """How many connections were reset so far."""
        return sum(wire.resets for wire in self.wires.values())


async def run(ground: Ground) -> None:
    """Nine people, one of them with two devices."""
    room = Unsteady(ground, "resets", await ground.room(), 8)
    await room.begin()
    second = await room.device(room.players[1])
    second.start()
    room.talk((2.0, 4.0))
    await asyncio.sleep(EVENING)
    count = room.resets
    troubles = [] if count >= FEWEST else [f"only {count} connections were reset"]
    ground.book.check(
        "FT-network",
        troubles,
        f"{SHARE:.0%} resets for {EVENING:.0f} s: {count} connections of 9 people reset",
    )
    for wire in room.wires.values():
        wire.mend()
    await room.hush()
    lost = sum(1 for _ in room.history.of(Outcome.UNKNOWN))
    ground.book.check(
        "RT-2",
        [f"resets: {lost} messages were never decided"] if lost else [],
        "resets: every message was decided",
    )
    await room.check_converged("RT-7", "FT-network")
    await room.check_history("RT-1", "RT-2", "RT-3", "RT-6")
    for wire in room.wires.values():
        wire.unsteady(SHARE, room.random)
    await room.end("AT-1", "AT-2", "FT-network")
