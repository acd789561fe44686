"""Lines that are delivered in one go: one write for each listener, in order, and nothing that is not theirs."""

from __future__ import annotations

import json
from functools import partial
from typing import Any
from uuid import uuid4

from django.utils import timezone

from sessions_app.room.access import Standing
from sessions_app.room.link import Link
from sessions_app.room.log import Line
from sessions_app.room.run import Run
from sessions_app.room.views import Viewer
from sessions_app.room.words import Role, Sees
from tests.sessions_app.room.test_wire import Protocol, Transport


def line(audience: str, number: int) -> Line:
    return Line(audience, number, "chat.sent", json.dumps({"audience": audience, "number": number}))


class Counting(Transport):
    """Counts the writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def send(self, data: bytes) -> int:
        self.writes += 1
        return super().send(data)


async def _server(protocol: Any, message: Any) -> None:
    raise AssertionError("the socket was free")


def link_on(transport: Transport, *, sees: Sees = Sees.ALL, after: int = 0) -> Link:
    who = Standing(
        uuid4(), uuid4(), uuid4(), uuid4(), None, Role.FACILITATOR, "Fay", "Fay F.", frozenset(), False, None
    )
    link = Link(who, "login", send=partial(_server, Protocol(transport)), now=timezone.now())
    link.go_live(Viewer(link.person, sees), after)
    return link


def said(transport: Transport) -> list[tuple[str, int]]:
    """The frames on the line, taken apart again."""
    found, rest = [], transport.sent
    while rest:
        size = rest[1]
        frame = json.loads(rest[2 : 2 + size])
        found.append((frame["audience"], frame["number"]))
        rest = rest[2 + size :]
    return found


RUN = [line("room", 1), line("staff", 1), line("room", 2), line("side:0a1b2c3d", 1), line("room", 3)]


def run() -> Run:
    return Run(list(enumerate(RUN, 1)))


def test_everybody_gets_theirs_in_one_write() -> None:
    staff, room = Counting(), Counting()
    together = run()
    link_on(staff).feed(together)
    link_on(room, sees=Sees.ROOM).feed(together)
    assert said(staff) == [("room", 1), ("staff", 1), ("room", 2), ("room", 3)]
    assert said(room) == [("room", 1), ("room", 2), ("room", 3)]
    assert (staff.writes, room.writes) == (1, 1)


def test_who_hears_nothing_of_it_is_written_nothing() -> None:
    transport = Counting()
    link_on(transport, sees=Sees.SELF).feed(run())
    assert transport.writes == 0


def test_who_came_in_the_middle_gets_what_came_after() -> None:
    transport = Counting()
    link_on(transport, after=2).feed(run())
    assert said(transport) == [("room", 2), ("room", 3)]


def test_who_is_still_coming_in_gets_it_afterwards() -> None:
    transport = Counting()
    link = link_on(transport)
    link.hold()
    link.feed(run())
    assert transport.sent == b""
    link.go_live(Viewer(link.person, Sees.ROOM), 1)
    assert said(transport) == [("room", 2), ("room", 3)]


def test_what_the_socket_does_not_take_at_once_goes_the_servers_way_line_by_line() -> None:
    sent: list[str] = []

    async def takes(message: Any) -> None:
        sent.append(json.loads(message["text"])["number"])

    link = link_on(Counting())
    link.outbox = type(link.outbox)(takes)
    link.feed(run())
    assert sent == [1, 1, 2, 3]
