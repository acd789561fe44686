"""Two hubs on one real Valkey and PostgreSQL, as two web processes are: what crosses, and what repairs what did not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from groups.models import Client, Person
from sessions_app.room import commands as c
from sessions_app.room import handlers, joining, upkeep
from sessions_app.room.batch import Entry, Outcome
from sessions_app.room.committer import Done
from sessions_app.room.hub import Hub
from sessions_app.room.link import Link
from sessions_app.room.outbox import MOST_UNPROVEN, MOST_WAITING, Outbox
from sessions_app.room.pulse import Pulse
from sessions_app.room.run import Part
from tests.sessions_app.room.live import LiveRoom, person_of
from tests.sessions_app.room.slow import CUT_WHO_WAITS, address
from vio.common.errors import UnavailableError

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


class Wire:
    """The far end of a connection: what a server would have put on the line."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(m["text"]) for m in self.messages if m["type"] == "websocket.send"]

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def closed_with(self) -> int | None:
        return next((m["code"] for m in self.messages if m["type"] == "websocket.close"), None)


async def until(condition: Callable[[], bool], *, seconds: float = 6.0) -> None:
    """Waits for something that another process's bell brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # the other side is another connection, not this loop
            await asyncio.sleep(0.01)


async def link_of(live: LiveRoom, who: Person | Client) -> tuple[Link, Wire]:
    """A person's connection that was accepted and has not come in yet."""
    wire = Wire()
    standing = await sync_to_async(live.standing)(who)
    return Link(standing, live.logins[person_of(who).pk], send=wire.send, now=timezone.now()), wire


async def connect(hub: Hub, live: LiveRoom, who: Person | Client) -> tuple[Link, Wire]:
    """A person's connection to one of the processes, live."""
    link, wire = await link_of(live, who)
    await joining.join(hub, link, None)
    return link, wire


async def say(hub: Hub, link: Link, command: c.Command) -> None:
    work = handlers.HANDLERS[type(command)].run(hub, link, command)
    await (hub.committer.drain() if work is None else work)


def chat(text: str) -> c.ChatSend:
    return c.ChatSend(id=uuid4(), text=text)


@pytest_asyncio.fixture
async def two(live: LiveRoom) -> AsyncIterator[tuple[Hub, Hub]]:
    """Two processes; the room is open."""
    first, second = Hub(), Hub()
    for hub in (first, second):
        hub.neighbours.listener.start()
    await until(lambda: first.neighbours.listener.connected and second.neighbours.listener.connected)
    yield first, second
    await upkeep.stop(first)
    await upkeep.stop(second)


async def test_events_and_signals_cross_from_process_to_process(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    gus, heard = await connect(two[1], live, live.world.cofacilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    await say(two[0], fay, chat("hello"))
    await until(lambda: "chat.sent" in heard.kinds())
    assert heard.kinds()[1:] == ["room.opened", "chat.sent"]
    await say(two[1], gus, c.Typing(id=uuid4()))
    await say(two[0], fay, c.SignalSend(id=uuid4(), to=gus.person, payload=c.Signal(kind="bye")))
    await until(lambda: "signal.received" in heard.kinds())
    assert heard.frames[-1]["sender"] == fay.person


async def test_admission_and_removal_reach_a_person_on_another_process(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    ana, heard = await connect(two[1], live, live.world.ana)
    assert heard.kinds() == ["snapshot"]
    await say(two[0], fay, c.ClientAdmit(id=uuid4(), person=ana.person))
    await until(lambda: heard.kinds() == ["snapshot", "you.admitted", "snapshot"])
    assert heard.frames[-1]["me"]["sees"] == "room"
    await say(two[0], fay, c.ClientRemove(id=uuid4(), person=ana.person, reason_code="other"))
    await until(lambda: heard.closed_with == 4403)
    assert two[1].rooms == {}


async def test_without_bells_the_log_is_asked(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    _, heard = await connect(two[1], live, live.world.cofacilitator)
    await two[1].neighbours.listener.stop()
    for text in ("one", "two"):
        await say(two[0], fay, chat(text))
    assert "chat.sent" not in heard.kinds()
    await upkeep.look_for_missed(two[1])
    await two[1].settle()
    assert [f["text"] for f in heard.frames if f["type"] == "chat.sent"] == ["one", "two"]


async def test_a_lost_a_doubled_and_a_late_bell(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    _, heard = await connect(two[1], live, live.world.cofacilitator)
    await two[1].neighbours.listener.stop()
    key = live.session.pk
    await until(lambda: two[0].rooms[key].version == two[1].rooms[key].version)
    caught: dict[int, dict[str, Any]] = {}
    _catch(two[0], caught)
    for text in ("one", "two", "three"):
        await say(two[0], fay, chat(text))
    bells = list(caught.values())
    assert len(bells) == 3
    two[1].take_in(key, bells[2])  # the first two are lost: the log is read
    await two[1].settle()
    two[1].take_in(key, bells[0])
    two[1].take_in(key, bells[2])
    await two[1].settle()
    assert [f["text"] for f in heard.frames if f["type"] == "chat.sent"] == ["one", "two", "three"]
    assert two[1].rooms[key].version == two[0].rooms[key].version


def _catch(hub: Hub, caught: dict[int, dict[str, Any]]) -> None:
    """Keeps the bells of a hub, by the count of events before them."""
    take_in = hub.take_in

    def listen(session_id: Any, facts: dict[str, Any]) -> None:
        caught[facts["base"]] = facts
        take_in(session_id, facts)

    hub.take_in = listen  # type: ignore[method-assign]  # listens in, and goes on as before


async def test_a_new_connection_to_redis_means_looking_at_the_log(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    _, heard = await connect(two[1], live, live.world.cofacilitator)
    await two[1].neighbours.listener.stop()
    await say(two[0], fay, chat("in between"))
    two[1].neighbours.listener.start()
    await until(lambda: "chat.sent" in heard.kinds())


async def test_two_devices_on_two_processes_count_once(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, heard = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    one, _ = await connect(two[0], live, live.world.ana)
    other, _ = await connect(two[1], live, live.world.ana)
    joining.leave(two[0], one, cause="dropped", at=timezone.now())
    await two[0].committer.drain()
    assert "waiting.lost" not in heard.kinds()
    joining.leave(two[1], other, cause="dropped", at=timezone.now())
    await until(lambda: "waiting.lost" in heard.kinds())


async def test_many_commands_at_once_share_few_commits(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    fay, _ = await connect(two[0], live, live.world.facilitator)
    await say(two[0], fay, c.RoomOpen(id=uuid4()))
    batches: list[int] = []
    apply = two[0].committer._apply

    def counted(entries: list[Entry], done: Done) -> None:
        batches.append(len(entries))
        apply(entries, done)

    two[0].committer._apply = counted
    entries = [joining.entry(fay, joining.Depart(at=timezone.now(), cause="dropped")) for _ in range(30)]
    outcomes: list[Outcome] = await asyncio.gather(*(two[0].committer.submit(entry) for entry in entries))
    assert len(outcomes) == 30
    assert sum(batches) == 30
    assert len(batches) <= 3


class TestOutbox:
    async def test_a_connection_that_takes_everything_needs_no_task(self) -> None:
        wire = Wire()
        outbox = Outbox(wire.send)
        assert all(outbox.push(f"{n}") for n in range(10))
        assert len(wire.messages) == 10

    async def test_what_waits_keeps_its_order_and_is_bounded(self) -> None:
        gate, wire = asyncio.Event(), Wire()

        async def slow(message: dict[str, Any]) -> None:
            await gate.wait()
            await wire.send(message)

        outbox = Outbox(slow)
        pushed = [outbox.push(f"{n}") for n in range(MOST_WAITING + 2)]
        assert pushed.count(False) == 1
        gate.set()
        await until(lambda: len(wire.messages) == MOST_WAITING + 2)
        assert [m["text"] for m in wire.messages[:3]] == ["0", "1", "2"]

    async def test_closing_drops_what_waits(self) -> None:
        wire = Wire()

        async def stuck(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                await asyncio.Event().wait()
            await wire.send(message)

        outbox = Outbox(stuck)
        outbox.push("a")
        outbox.push("b")
        outbox.close(1013)
        assert wire.closed_with == 1013

    async def test_a_browser_that_never_reads_is_found_out(self) -> None:
        outbox = Outbox(Wire().send)
        frame = "x" * 100_000
        taken = [outbox.push_part(Part((frame,), b"", "room", number)) for number in range(1, 40)]
        assert taken.index(False) == MOST_UNPROVEN // 100_000
        outbox.proves({"room": 39})
        assert outbox.push_part(Part((frame,), b"", "room", 40))

    async def test_a_connection_that_is_gone_is_reported_and_harms_nobody(self) -> None:
        async def gone(message: dict[str, Any]) -> None:
            raise ConnectionError

        assert not Outbox(gone).push("a")


async def test_a_frame_that_waited_while_the_process_slept_is_no_proof_of_life(
    live: LiveRoom, two: tuple[Hub, Hub]
) -> None:
    hub = two[0]
    link, _ = await connect(hub, live, live.world.facilitator)
    handlers.prove(hub, link)
    assert [proof.connection for proof in hub.presence.take()] == [link.id]
    seen, steps = link.last_seen, iter([0.0, 25.0])
    hub.pulse = Pulse(lambda: next(steps))
    handlers.prove(hub, link)
    assert link.last_seen == seen
    assert hub.presence.take() == []


async def test_nobody_stays_in_a_room_that_could_not_be_read(live: LiveRoom, two: tuple[Hub, Hub]) -> None:
    """Several come at once, and reading the room breaks off for the first: the others may not wait in a room without a bell."""
    house = two[0]
    people = [live.world.facilitator, live.world.cofacilitator, live.world.supervisor]
    links = [await link_of(live, who) for who in people]
    with psycopg.connect(**address()) as other, psycopg.connect(**address(), autocommit=True) as axe:
        other.execute("LOCK TABLE sessions_app_roomstate")
        coming = [asyncio.create_task(joining.join(house, link, None)) for link, _ in links]
        await until(lambda: bool(axe.execute(CUT_WHO_WAITS).fetchall()))
        async with asyncio.timeout(10):
            ends = await asyncio.gather(*coming, return_exceptions=True)
    assert [isinstance(end, OperationalError | UnavailableError) for end in ends] == [True, True, True]
    assert house.rooms == {}
    await asyncio.sleep(0)
    fay, heard = await connect(house, live, live.world.facilitator)
    await say(house, fay, c.RoomOpen(id=uuid4()))
    assert "room.opened" in heard.kinds()
    house.forget(fay)
    assert not house.is_here(fay.person)
