"""While a commit waits for its room, heartbeats are answered and a browser that goes away is gone at once (AT-2, FT-3);
when the database goes away meanwhile, nobody waits any longer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from sessions_app.room import commands as c
from sessions_app.room import handlers
from sessions_app.room.hub import Hub
from sessions_app.room.models import PresenceEvidence
from sessions_app.room.services import apply_commands
from tests.factories import make_session
from tests.sessions_app.room.browser import kinds
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.slow import CUT_WHO_WAITS, address, held
from tests.sessions_app.room.sockets import Evening, begin
from tests.worlds import build_world
from vio.common.errors import UnavailableError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def evening(live: LiveRoom, house: Hub) -> AsyncIterator[Evening]:
    yield await begin(live)


@pytest.mark.asyncio
async def test_a_heartbeat_overtakes_a_command_that_waits(evening: Evening) -> None:
    with held(evening.live):
        raised = await evening.ana.sends("hand.raise")
        await asyncio.sleep(0.1)
        asked = await evening.ana.sends("ping", heads={})
        assert (await evening.ana.hears("pong"))["id"] == asked
    frames = await evening.ana.hears_until("ack")
    assert frames[-1]["id"] == raised


@pytest.mark.asyncio
async def test_other_commands_keep_their_order(evening: Evening) -> None:
    with held(evening.live):
        sent = [await evening.ana.sends("chat.send", text=str(number)) for number in range(3)]
        await asyncio.sleep(0.1)
        await evening.ana.sends("ping", heads={})
        assert kinds([await evening.ana.next()]) == ["pong"]
    answered: list[str] = []
    while len(answered) < 3:
        answered.append((await evening.ana.hears_until("ack"))[-1]["id"])
    assert answered == sent


@pytest.mark.asyncio
async def test_what_is_refused_does_not_wait_for_what_is_committed(evening: Evening) -> None:
    with held(evening.live):
        waits = await evening.ana.sends("hand.raise")
        refused = await evening.ana.sends("room.end")
        assert (await evening.ana.hears("error"))["id"] == refused
    assert (await evening.ana.hears_until("ack"))[-1]["id"] == waits


@pytest.mark.asyncio
async def test_only_so_many_commands_of_a_connection_wait(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MOST_UNANSWERED", 2)
    with held(evening.live):
        waiting = [await evening.ana.sends(kind) for kind in ("hand.raise", "hand.lower")]
        assert await evening.ana.is_refused("hand.raise") == "rate_limited"
    answered = [(await evening.ana.hears_until("ack"))[-1]["id"] for _ in waiting]
    assert answered == waiting
    assert kinds(await evening.ana.says("hand.raise"))[-1] == "ack"


@pytest.mark.asyncio
async def test_who_asks_for_what_was_missed_is_still_inside(evening: Evening, house: Hub) -> None:
    """A signal that was lost meanwhile would leave two people without picture and sound."""
    look, go = house.views.ask, asyncio.Event()

    async def waits(wanted: Any) -> Any:
        await go.wait()
        return await look(wanted)

    house.views.ask = waits  # type: ignore[method-assign]  # as on a machine that has much else to do
    await evening.ana.sends("room.resume", numbers={})
    signal = {"kind": "bye"}
    await evening.ana.sends("signal.send", to=evening.ben_id, payload=signal)
    assert (await evening.ben.hears("signal.received"))["sender"] == evening.ana_id
    await evening.fay.says(
        "client.to_lobby", person=evening.ana_id
    )  # now they are elsewhere, whatever they have heard yet
    assert await evening.ana.is_refused("signal.send", to=evening.ben_id, payload=signal) == "not_in_room"
    go.set()
    assert (await evening.ana.next())["type"] in {"resumed", "snapshot"}
    house.views.ask = look  # type: ignore[method-assign]


@pytest.mark.asyncio
async def test_who_goes_away_meanwhile_is_gone_from_then_on(evening: Evening) -> None:
    with held(evening.live):
        await evening.ana.sends("hand.raise")
        await asyncio.sleep(0.1)
        await evening.ana.socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await asyncio.sleep(0.1)
        gone = timezone.now()
        await asyncio.sleep(0.5)
    await evening.ben.hears_until("connection.lost")
    closed = await sync_to_async(PresenceEvidence.objects.get)(client=evening.live.world.ana, kind="closed")
    assert closed.cause == "left"
    assert closed.at <= gone


@pytest.mark.asyncio
async def test_a_frame_that_waited_proves_presence_when_it_came_and_not_when_it_is_worked_on(
    evening: Evening, house: Hub
) -> None:
    link = next(link for link in house.links() if link.person == evening.ana_id)
    with held(evening.live):
        for number in range(3):
            await evening.ana.sends("chat.send", text=str(number))
        await asyncio.sleep(0.2)
        came = house.now()
        await asyncio.sleep(0.6)
    for _ in range(3):
        await evening.ana.hears_until("ack")
    assert link.last_seen <= came
    await evening.ana.sends("ping", heads={})
    await evening.ana.hears_until("pong")
    assert link.last_seen > came


@pytest.mark.asyncio
async def test_what_only_looks_like_a_heartbeat_is_read_as_what_it_is(evening: Evening) -> None:
    with held(evening.live):
        await evening.ana.sends("hand.raise")
        await asyncio.sleep(0.1)
        await evening.ana.socket.send_to(text_data='{"id": 1, "type": "ping"')
        assert (await evening.ana.hears("error"))["code"] == "bad_json"
    assert kinds(await evening.ana.hears_until("ack"))[-1] == "ack"


def test_a_database_that_is_gone_is_not_asked_for_each_room() -> None:
    """Two rooms share a batch that waits for a row; its connection is cut. The row is still held, and nobody waits for it."""
    world = build_world()
    later = make_session(world.group, starts_at=timezone.now())
    rooms = [room.running_with(world.ana) for room in (LiveRoom(world), LiveRoom(world, later))]
    entries = [room.entry(world.facilitator, c.ChatSend(id=uuid4(), text="hello")) for room in rooms]
    before = [room.row.version for room in rooms]
    with (
        held(rooms[1]),
        ThreadPoolExecutor(1) as thread,
        psycopg.connect(**address(), autocommit=True) as other,
    ):
        waiting = thread.submit(apply_commands, entries, now=rooms[0].now)
        while not other.execute(CUT_WHO_WAITS).fetchall():
            assert not waiting.done()
            time.sleep(0.02)
        applied = waiting.result(timeout=20)
        thread.submit(connections.close_all).result()
    assert [type(outcome.error) for outcome in applied.outcomes] == [UnavailableError, UnavailableError]
    assert applied.written == []
    assert [room.row.version for room in rooms] == before
