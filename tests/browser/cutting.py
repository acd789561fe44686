"""A window whose lines can be cut without a word, as a network does it: nothing goes through, and nobody is told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.async_api import WebSocketRoute

from tests.browser.visitors import Visitor

EVERY_SOCKET = re.compile(r"^wss?://")
MARK = "window.stayed = true"


@dataclass
class Cut:
    """One visitor's sockets."""

    visitor: Visitor
    silent: bool = False

    async def watch(self) -> None:
        """From the next page on."""
        await self.visitor.page.route_web_socket(EVERY_SOCKET, self._carry)

    async def loses_network(self) -> None:
        """From now on nothing comes through, and the browser says that it is offline."""
        self.visitor.may_lose_network = True
        self.silent = True
        await self.visitor.context.set_offline(True)

    async def finds_network(self) -> None:
        """It is back."""
        self.silent = False
        await self.visitor.context.set_offline(False)

    def _carry(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def up(message: str | bytes) -> None:
            if not self.silent:
                server.send(message)

        def down(message: str | bytes) -> None:
            if not self.silent:
                route.send(message)

        route.on_message(up)
        server.on_message(down)


async def mark(*visitors: Visitor) -> None:
    """Leaves something in each page that a page loaded anew would not have."""
    for visitor in visitors:
        await visitor.page.evaluate(MARK)


async def stayed(visitor: Visitor) -> bool:
    """Whether it is still the same page."""
    return bool(await visitor.page.evaluate("window.stayed === true"))
