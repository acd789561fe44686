"""Side rooms over the socket: who hears what, coming back into one, signals that stay inside, ticks of the process."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from checkins.models import Alert
from sessions_app.room import upkeep
from sessions_app.room.hub import Hub
from tests.sessions_app.room.browser import kinds
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.sockets import Evening, begin
from vio.common.steady import SteadyClock

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest_asyncio.fixture
async def evening(live: LiveRoom, house: Hub) -> AsyncIterator[Evening]:
    made = await begin(live)
    yield made
    for browser in (made.fay, made.ana, made.ben):
        await browser.drops()


async def split(evening: Evening) -> str:
    """Ana and Ben each in a small group; returns Ana's."""
    frames = await evening.fay.says("breakouts.open", rooms=[[evening.ana_id], [evening.ben_id]], minutes=1)
    assert kinds(frames) == ["breakouts.opened", "you.moved", "ack"]
    assert frames[1]["to"] == "main"
    evening.fay.snapshot = await evening.fay.hears("snapshot")
    for browser in (evening.ana, evening.ben):
        assert (await browser.hears("breakouts.opened"))["rooms"][0]["people"] == [evening.ana_id]
        assert (await browser.hears("you.moved"))["to"] == "breakout"
        browser.snapshot = await browser.hears("snapshot")
    return str(evening.ana.snapshot["room"]["breakouts"][0]["side"])


async def test_what_is_said_and_signalled_stays_in_the_side_room(evening: Evening) -> None:
    side = await split(evening)
    assert f"side:{side}" in evening.ana.snapshot["numbers"]
    said = await evening.ana.says("chat.send", text="only here")
    assert said[0]["audience"] == f"side:{side}"
    await evening.ana.sends("reaction.send", reaction="thanks")
    await evening.ana.sends("typing")
    await evening.ana.sends("signal.send", to=evening.ben_id, payload={"kind": "bye"})
    assert await evening.ben.hears_nothing()
    assert await evening.fay.hears_nothing()
    await evening.fay.sends("side.enter", side=side)
    frames = await evening.fay.hears_until("snapshot")
    assert [event["text"] for event in frames[-1]["chat"]] == ["only here"]
    moved = await evening.ana.hears("breakout.moved")
    assert (moved["person"], moved["side"]) == (evening.id(evening.live.world.facilitator), side)
    await evening.ana.sends("reaction.send", reaction="heart")
    seen = await evening.fay.hears_until("reaction.seen")
    assert (seen[-1]["person"], seen[-1]["reaction"]) == (evening.ana_id, "heart")


async def test_the_main_room_is_a_place_of_its_own_and_staff_reach_everybody(evening: Evening) -> None:
    side = await split(evening)
    said = await evening.fay.says("chat.send", text="only who stayed")
    assert said[0]["type"] == "chat.sent_to_side"
    assert said[0]["audience"] not in {"room", f"side:{side}"}
    assert said[0]["audience"] in evening.fay.snapshot["numbers"]
    for browser in (evening.ana, evening.ben):
        assert await browser.hears_nothing()
    await evening.fay.says("chat.send", text="two minutes", to="everyone")
    for browser in (evening.ana, evening.ben):
        assert (await browser.hears("chat.sent"))["text"] == "two minutes"
    await evening.fay.sends("breakouts.recall")
    frames = await evening.fay.hears_until("snapshot")
    assert [frame["to"] for frame in frames if frame["type"] == "you.moved"] == ["group"]
    assert [event["text"] for event in frames[-1]["chat"]] == ["two minutes"]
    assert not [name for name in frames[-1]["numbers"] if name.startswith("side:")]


async def test_a_drop_comes_back_into_the_side_room_with_its_numbers(evening: Evening) -> None:
    side = await split(evening)
    await evening.ana.says("chat.send", text="before")
    await evening.ana.goes()
    numbers = {**evening.ana.snapshot["numbers"], f"side:{side}": 0}
    query = "&".join(
        f"{'me' if name.startswith('person:') else name}={number}" for name, number in numbers.items()
    )
    evening.ana = evening.browser(evening.live.world.ana, query=f"?{query}")
    assert await evening.ana.connects()
    frames = await evening.ana.hears_until("resumed")
    assert "chat.sent_to_side" in kinds(frames)
    assert "snapshot" not in kinds(frames)


async def test_unknown_signs_and_observers_give_none(evening: Evening) -> None:
    assert await evening.ana.is_refused("reaction.send", reaction="thumbs_down") == "bad_field"
    olga = evening.browser(evening.live.world.supervisor)
    await olga.enters()
    assert await olga.is_refused("reaction.send", reaction="heart") == "not_allowed"
    await olga.drops()


async def test_the_process_does_what_is_due_without_the_worker(evening: Evening, house: Hub) -> None:
    await split(evening)
    await evening.ana.sends("support.request")
    await evening.fay.hears("support.requested")
    house.clock = SteadyClock(wall=lambda: time.time() + 65)  # a minute and a bit later
    await upkeep.look_for_missed(house)
    frames = await evening.fay.hears_until("breakouts.closed")
    assert kinds(frames) == ["support.overdue", "breakouts.closed"]
    heard = await evening.ben.hears_until("snapshot")
    assert kinds(heard) == ["breakouts.closed", "you.moved", "snapshot"]
    assert await sync_to_async(Alert.objects.count)() == 1
