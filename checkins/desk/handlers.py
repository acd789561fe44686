"""Command -> the permission it needs -> what is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkins.desk.frames import DeskPing, DeskPong, Resend
from checkins.desk.hub import DeskHub, DeskLink
from vio.common.permissions import Permission, mark

Handler = Callable[[DeskHub, DeskLink, Any], None]


def ping(hub: DeskHub, link: DeskLink, command: DeskPing) -> None:
    """Answers the heartbeat."""
    link.say(DeskPong(id=command.id, live=hub.listener.connected).model_dump_json())


def look(hub: DeskHub, link: DeskLink, command: Resend) -> None:
    """Tells the page to look."""
    hub.tell(link, ("look", ""))


HANDLERS: dict[type[Any], Handler] = {
    DeskPing: mark(ping, Permission.SEE_ALERTS),
    Resend: mark(look, Permission.SEE_ALERTS),
}
