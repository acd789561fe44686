"""Sockets without a browser behind them: opened as somebody, kept alive or not, never read unless asked."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from faults.ground import Ground
from vio.rehearse.stage import Player


async def knock(ground: Ground, session: UUID, player: Player) -> ClientConnection:
    """One socket of that person in that room. Raises OSError or InvalidHandshake when it is not taken."""
    venue = ground.venue()
    return await connect(
        f"{venue.sockets}/ws/sessions/{session}/", origin=Origin(venue.origin), proxy=None,
        additional_headers={"Cookie": f"{venue.login_cookie}={player.login}"}, ping_interval=None, max_queue=1,
    )  # fmt: skip


def heartbeat() -> str:
    """A frame that says no more than that its sender is there."""
    return json.dumps({"id": str(uuid4()), "type": "ping", "heads": {}})


def port_of(socket: ClientConnection) -> int:
    """Our own end of the connection."""
    return int(socket.transport.get_extra_info("sockname")[1])
