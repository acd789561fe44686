"""Two processes that have people in one room find each other; a room that is whole in one of them rings for nobody."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from sessions_app.room import commands as c
from sessions_app.room import services, upkeep
from sessions_app.room.hub import Hub
from sessions_app.room.neighbours import Neighbours
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.test_hub import chat, connect, say, two, until

__all__ = ["two"]
pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


class Overheard:
    """What a process rings, which still goes its way unless `lost`."""

    def __init__(self, neighbours: Neighbours) -> None:
        self.facts: list[dict[str, Any]] = []
        self.lost = False
        self._ring = neighbours.bells.ring
        neighbours.bells.ring = self._listen  # type: ignore[method-assign]  # listens in, and goes on as before

    def _listen(self, topic: str, facts: Any) -> None:
        self.facts.append(dict(facts))
        if not self.lost:
            self._ring(topic, facts)

    @property
    def said(self) -> int:
        """How many bells told of events or signals."""
        return sum("here" not in facts for facts in self.facts)


class Reading:
    """Holds what a process read from the log until it is `let`, as a machine does that has much else to do."""

    def __init__(self, hub: Hub) -> None:
        self.read, self.let, self.times = asyncio.Event(), asyncio.Event(), 0
        self._run = hub.threads.run
        hub.threads.run = self._hold  # type: ignore[method-assign,assignment]  # reads as before, and waits

    async def _hold(self, work: Any, *values: Any, **named: Any) -> Any:
        found = await self._run(work, *values, **named)
        if work.__name__ == "_beyond":
            self.times += 1
            self.read.set()
            await self.let.wait()
        return found


def share(two: tuple[Hub, Hub], key: UUID) -> bool:
    return all(hub.rooms[key].shared for hub in two)


async def test_a_room_that_is_whole_in_one_process_rings_for_nobody(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    heard = Overheard(two[0].neighbours)
    fay, _ = await connect(two[0], live, live.world.facilitator)
    gus, _ = await connect(two[0], live, live.world.cofacilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    await say(two[0], gus, chat("only us"))
    await say(two[0], gus, c.Typing(id=uuid4()))
    assert heard.said == 0


async def test_from_the_first_person_elsewhere_everything_rings(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    key, heard = live.session.pk, Overheard(two[0].neighbours)
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    gus, theirs = await connect(two[1], live, live.world.cofacilitator)
    await until(lambda: share(two, key))
    before = heard.said
    await say(two[0], fay, chat("hello"))
    await say(two[0], fay, c.Typing(id=uuid4()))
    await until(lambda: {"chat.sent", "typing.seen"} <= set(theirs.kinds()))
    assert heard.said == before + 2
    assert [facts["here"] for facts in heard.facts if "here" in facts] == ["come", "answer"]
    assert gus.closed is None


async def test_what_was_done_before_the_news_of_them_came_is_read_from_the_log(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    """The answer tells how far the other is; nobody waits for the next look at the database."""
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    late = Overheard(two[1].neighbours)
    late.lost = True
    _, theirs = await connect(two[1], live, live.world.cofacilitator)
    await say(two[0], fay, chat("they do not know of each other yet"))
    assert "chat.sent" not in theirs.kinds()
    late.lost = False
    two[1].neighbours.say_here(two[1].rooms[live.session.pk])
    await until(lambda: "chat.sent" in theirs.kinds(), seconds=1.5)


async def test_who_is_just_reading_answers_with_what_was_read(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    """What a process finds in the log it does not ring, so its answer must count it."""
    key = live.session.pk
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    unheard = Overheard(two[1].neighbours)
    unheard.lost = True
    _, theirs = await connect(two[1], live, live.world.cofacilitator)
    reading = Reading(two[0])
    await say(two[0], fay, chat("they do not know of each other yet"))  # behind: the coming in was not rung
    await reading.read.wait()
    unheard.lost = False
    two[1].neighbours.say_here(two[1].rooms[key])
    await until(lambda: two[0].rooms[key].shared)
    assert "chat.sent" not in theirs.kinds()
    reading.let.set()
    await until(lambda: "chat.sent" in theirs.kinds())


async def test_what_is_missed_while_the_log_is_read_is_read_next(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    key = live.session.pk
    fay, _ = await connect(two[0], live, live.world.facilitator)
    _, theirs = await connect(two[1], live, live.world.cofacilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    await until(lambda: share(two, key))
    await until(lambda: two[1].rooms[key].version == two[0].rooms[key].version)
    Overheard(two[0].neighbours).lost = True
    reading = Reading(two[1])
    await say(two[0], fay, chat("one"))
    two[1].repair(two[1].rooms[key])
    await reading.read.wait()
    await say(two[0], fay, chat("two"))
    two[1].repair(two[1].rooms[key])
    reading.let.set()
    await until(lambda: theirs.kinds().count("chat.sent") == 2)
    assert reading.times == 2


async def test_news_of_them_that_was_lost_is_told_again_with_the_next_look(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    key = live.session.pk
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    lost = Overheard(two[1].neighbours)
    lost.lost = True
    _, theirs = await connect(two[1], live, live.world.cofacilitator)
    await say(two[0], fay, chat("one"))
    lost.lost = False
    assert not share(two, key)
    await upkeep.look_for_missed(two[1])
    await until(lambda: share(two, key))
    await say(two[0], fay, chat("two"))
    await until(lambda: theirs.kinds().count("chat.sent") == 2, seconds=1.5)


async def test_they_find_each_other_again_after_redis_was_away(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    await two[0].neighbours.listener.stop()
    _, theirs = await connect(two[1], live, live.world.cofacilitator)
    await say(two[0], fay, chat("unheard"))
    assert not two[0].rooms[live.session.pk].shared
    two[0].neighbours.listener.start()
    await until(lambda: share(two, live.session.pk))
    await until(lambda: "chat.sent" in theirs.kinds(), seconds=1.5)


async def test_the_house_itself_always_rings(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    """What a task does in a room (here: nothing but a bell) is heard although no process ever said it has people there."""
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    assert not two[0].rooms[live.session.pk].shared
    asked: list[dict[str, Any]] = []
    two[0].take_in = lambda session_id, facts: asked.append(facts)  # type: ignore[method-assign]  # only listens
    written = services.Written(live.session.pk, 1, [], [])
    await sync_to_async(services.ring)([written])
    await until(lambda: bool(asked))
    assert asked[0]["base"] == 1
