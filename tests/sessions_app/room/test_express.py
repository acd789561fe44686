"""The short way of a commit does what the long way does, and nothing at all where what it knows no longer holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from groups.models import Client, Membership, Person
from sessions_app.room import commands as c
from sessions_app.room import express, kept, services
from sessions_app.room.activity_commands import BreakoutsOpen
from sessions_app.room.batch import Entry
from sessions_app.room.express import MOST, Express
from sessions_app.room.kept import Memory
from sessions_app.room.models import CommandResult, RoomEvent, RoomState
from sessions_app.room.services import Applied
from sessions_app.room.words import ChatMode
from tests.sessions_app.room.live import LiveRoom
from vio.common import pipeline
from vio.common.pipeline import Step, Then

pytestmark = pytest.mark.django_db(transaction=True)


class Short:
    """The short way on a loop of its own, in steps."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.express = self.runner.run(self.opened())

    async def opened(self) -> Express:
        express = Express()
        assert not express._line.is_ready()
        assert express._line._opening
        await express._line._opening
        return express

    def takes(self, live: LiveRoom, *entries: Entry) -> Applied | None:
        live.now += timedelta(seconds=1)
        return self.runner.run(self.told(entries, live.now))

    async def told(self, entries: Sequence[Entry], now: datetime) -> Applied | None:
        """What became of a batch; None as well where it was not begun."""
        answer: asyncio.Future[Applied | None] = asyncio.get_running_loop().create_future()
        begun = self.express.begin(entries, now=now, done=answer.set_result)
        return await answer if begun else None

    def close(self) -> None:
        async def close() -> None:
            self.express.close()

        self.runner.run(close())
        self.runner.close()


@pytest.fixture
def short() -> Iterator[Short]:
    way = Short()
    yield way
    way.close()


@pytest.fixture
def running(live: LiveRoom) -> LiveRoom:
    """Running with Ana and Ben; everybody has said something, so that they are known."""
    live.running_with(live.world.ana, live.world.ben)
    for who in (live.world.facilitator, live.world.ana, live.world.ben):
        live.ok(who, chat())
    return live


def chat(text: str = "hello") -> c.ChatSend:
    return c.ChatSend(id=uuid4(), text=text)


def counts() -> tuple[int, int]:
    """Lines of the log and answers that are stored."""
    return RoomEvent.objects.count(), CommandResult.objects.count()


def log_of(live: LiveRoom) -> list[dict[str, Any]]:
    """The log without what differs between two runs."""
    return [
        {key: value for key, value in frame.items() if key not in {"at", "message"}}
        for frame in live.frames()
    ]


def test_it_does_what_the_long_way_does(running: LiveRoom, short: Short) -> None:
    world = running.world
    acts: list[tuple[Person | Client, Any]] = [
        (world.ana, lambda: chat("first")),
        (world.ben, lambda: c.HandRaise(id=uuid4())),
        (world.facilitator, lambda: c.ChatSend(id=uuid4(), text="between us", to="staff")),
        (world.ben, lambda: c.HandLower(id=uuid4())),
        (world.ana, lambda: c.ChatSend(id=uuid4(), text="to all", to="everyone")),  # she may not
        (world.ana, lambda: c.HandRaise(id=uuid4())),
    ]
    before = len(log_of(running))
    quick = [short.takes(running, running.entry(who, what())) for who, what in acts]
    by_short = log_of(running)[before:]
    running.ok(world.ana, c.HandLower(id=uuid4()))
    again = len(log_of(running))
    slow = [running.does(who, what()) for who, what in acts]
    by_long = log_of(running)[again:]
    assert all(quick)
    assert [one.outcomes[0].error and one.outcomes[0].error.code for one in quick if one] == [
        one.error and one.error.code for one in slow
    ]
    shift = again - before
    assert [{**frame, "number": 0} for frame in by_short] == [{**frame, "number": 0} for frame in by_long]
    assert running.row.version == len(log_of(running)) == before + 2 * len(by_short) + 1
    assert shift == len(by_short) + 1
    numbers = [frame["number"] for frame in log_of(running) if frame["audience"] == "room"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert running.room.hands == (str(world.ana.person_id),)


def test_several_rooms_entries_and_refusals_in_one_question(running: LiveRoom, short: Short) -> None:
    world = running.world
    said = [running.entry(world.ana, chat("a")), running.entry(world.ben, c.RoomLock(id=uuid4())),
            running.entry(world.facilitator, chat("b"))]  # fmt: skip
    applied = short.takes(running, *said)
    assert applied is not None
    assert [one.error.code if one.error else "" for one in applied.outcomes] == ["", "not_allowed", ""]
    assert [row.kind for row in applied.written[0].rows] == ["chat.sent", "chat.sent"]
    assert running.row.version == applied.written[0].base + 2


def test_a_repeat_goes_the_long_way_and_has_the_first_answer(running: LiveRoom, short: Short) -> None:
    what = chat("once")
    entry = running.entry(running.world.ana, what)
    first = short.takes(running, entry)
    assert first is not None
    stored = counts()
    assert short.takes(running, entry) is None
    assert services.apply_commands([entry], now=running.now).outcomes[0].numbers == first.outcomes[0].numbers
    assert counts() == stored
    assert short.takes(running, running.entry(running.world.ana, chat("after"))) is not None


def test_who_may_no_longer_be_there_does_nothing(running: LiveRoom, short: Short) -> None:
    yesterday = running.session.local_date - timedelta(days=1)
    Membership.objects.filter(client=running.world.ana).update(
        starts_on=yesterday - timedelta(days=9), ends_on=yesterday
    )
    stored = counts()
    assert short.takes(running, running.entry(running.world.ana, chat())) is None
    assert counts() == stored
    assert short.takes(running, running.entry(running.world.ben, chat())) is not None


def test_a_login_that_ended_does_nothing(running: LiveRoom, short: Short) -> None:
    Person.objects.filter(pk=running.world.ana.person_id).update(login_epoch=F("login_epoch") + 1)
    stored = counts()
    assert short.takes(running, running.entry(running.world.ana, chat())) is None
    assert counts() == stored


def test_a_row_that_somebody_else_wrote_is_read_first(
    running: LiveRoom, short: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = kept.memory
    monkeypatch.setattr(kept, "memory", Memory())
    running.ok(
        running.world.facilitator, c.ChatSetMode(id=uuid4(), mode=ChatMode.STAFF_ONLY)
    )  # as another process would
    monkeypatch.setattr(kept, "memory", ours)
    stored = counts()
    assert short.takes(running, running.entry(running.world.ana, chat())) is None
    assert counts() == stored
    refused = running.does(running.world.ana, chat())
    assert refused.error
    assert refused.error.code == "chat_off"


def test_two_processes_at_once_leave_no_gap(running: LiveRoom) -> None:
    ways = [Short(), Short()]
    first, second = (running.entry(who, chat()) for who in (running.world.ana, running.world.ben))

    loop_one, loop_two = ways[0].runner.get_loop(), ways[1].runner.get_loop()
    one = loop_one.create_task(ways[0].told([first], running.now))
    two = loop_two.create_task(ways[1].told([second], running.now))
    loop_one.run_until_complete(asyncio.sleep(0))  # both questions are on their way with the same mark
    loop_two.run_until_complete(asyncio.sleep(0))
    done = [loop_one.run_until_complete(one), loop_two.run_until_complete(two)]
    assert [found is not None for found in done].count(True) == 1
    numbers = sorted(RoomEvent.objects.filter(audience="room").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    for way in ways:
        way.close()


@pytest.mark.parametrize(
    "what",
    [
        lambda: c.RoomLock(id=uuid4()),  # audited
        lambda: c.BreakStart(id=uuid4()),  # the session's own rows follow
        lambda: BreakoutsOpen(id=uuid4(), count=2),  # asks who is kept apart
        lambda: c.RoomEnd(id=uuid4()),  # evidence
    ],
)
def test_what_needs_more_than_the_rooms_rows_goes_the_long_way(
    running: LiveRoom, short: Short, what: Any
) -> None:
    stored = counts()
    assert short.takes(running, running.entry(running.world.facilitator, what())) is None
    assert counts() == stored


def test_a_room_nobody_remembers_a_large_batch_and_the_houses_acts(
    running: LiveRoom, short: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = running.entry(running.world.ana, chat())
    assert short.takes(running, *[entry] * (MOST + 1)) is None
    monkeypatch.setattr(kept, "memory", Memory())
    assert short.takes(running, entry) is None


def test_a_line_that_was_cut_costs_one_long_way(running: LiveRoom, short: Short) -> None:
    assert short.takes(running, running.entry(running.world.ana, chat())) is not None
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND query LIKE %s",
            ["%known (session_id, mark, version)%"],
        )
        cursor.execute("SET ROLE vio_app")
    entry = running.entry(running.world.ana, chat())
    assert short.takes(running, entry) is None
    assert services.apply_commands([entry], now=timezone.now()).outcomes[0].error is None


def test_the_scope_stays_on_the_line_until_it_is_another_or_was_taken_back(
    running: LiveRoom, short: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the row-level security goes by: set with the first question, with each that needs another, and after each failure."""
    line, scopes = short.express._line, list[list[Any]]()
    put = line.put

    def listens(steps: Sequence[Step], then: Then) -> None:
        scopes.append([values[0] for name, values in steps if name == "scope"])
        put(steps, then)

    monkeypatch.setattr(line, "put", listens)
    mine, ana = str(running.session.program_id), running.world.ana
    repeated = running.entry(ana, chat("once"))
    assert short.takes(running, repeated) is not None
    assert short.takes(running, running.entry(ana, chat())) is not None
    assert scopes == [[mine], []]
    assert short.takes(running, repeated) is None  # its answer is there already: refused, and taken back
    assert short.takes(running, running.entry(ana, chat())) is not None
    assert scopes[2:] == [[], [mine]]
    theirs = [("unchanged", ["nothing"])]
    assert short.express._scoped(mine, theirs[0]) == theirs
    assert short.express._scoped("another", theirs[0]) == [("scope", ["another"]), *theirs]
    assert short.takes(running, running.entry(ana, chat())) is not None
    assert scopes[4] == [mine]
    line.opened += 1  # a new line knows of no scope
    assert short.express._scoped(mine, theirs[0]) == [("scope", [mine]), *theirs]


def test_under_a_scope_that_is_not_theirs_nothing_is_written(running: LiveRoom, short: Short) -> None:
    """Should a scope ever be left standing: the rooms of others are not there."""
    short.express._scope = (
        short.express._line.opened,
        str(running.session.program_id),
    )  # in truth none is set
    stored = counts()
    assert short.takes(running, running.entry(running.world.ana, chat())) is None
    assert counts() == stored


def test_a_thread_that_writes_the_room_meanwhile_is_noticed(
    running: LiveRoom, short: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the rules are applied to and the mark it is sent with are of one moment."""
    take_all = express.take_all

    def slowly(*given: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(meanwhile).result()
        return take_all(*given)

    def meanwhile() -> None:
        try:
            running.ok(running.world.facilitator, c.ChatSend(id=uuid4(), text="meanwhile", to="staff"))
        finally:
            connections.close_all()

    entry = running.entry(running.world.ana, chat())
    monkeypatch.setattr(express, "take_all", slowly)
    before = counts()
    assert short.takes(running, entry) is None
    assert counts() == (before[0] + 1, before[1] + 1)  # what was said meanwhile, and nothing else
    monkeypatch.undo()
    running.ok(running.world.ana, chat("after"))
    for audience in {str(frame["audience"]) for frame in running.frames()}:
        numbers = [frame["number"] for frame in running.frames() if frame["audience"] == audience]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_room_that_is_held_is_not_waited_for(running: LiveRoom, short: Short) -> None:
    with transaction.atomic():
        RoomState.objects.select_for_update().get(pk=running.session.pk)
        began = time.monotonic()
        assert short.takes(running, running.entry(running.world.ana, chat())) is None
        assert time.monotonic() - began < pipeline.WITHIN / 2
    assert short.takes(running, running.entry(running.world.ana, chat())) is not None


def test_an_answer_that_cannot_be_read_is_looked_for_on_the_long_way(
    running: LiveRoom, short: Short, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and what was committed is not committed again (RT-2)."""
    entry = running.entry(running.world.ana, chat("once"))
    monkeypatch.setattr(express, "_is_done", _fail)
    assert short.takes(running, entry) is None
    monkeypatch.undo()
    stored = counts()
    assert services.apply_commands([entry], now=timezone.now()).outcomes[0].error is None
    assert counts() == stored


def _fail(*_: object) -> bool:
    raise ValueError
