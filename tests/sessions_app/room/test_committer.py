"""The committer's word: what is committed is never answered as failed, what failed never as done (P2)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from sessions_app.room import committer as committing
from sessions_app.room.acts import OpenDue
from sessions_app.room.batch import Entry, Outcome, Written
from sessions_app.room.committer import ENOUGH, LARGEST, Apply, Committer, Done
from sessions_app.room.services import Applied

pytestmark = pytest.mark.asyncio


def entry(room: UUID | None = None) -> Entry:
    return Entry(session_id=room or uuid4(), program_id=uuid4(), what=OpenDue())


async def committed(entries: list[Entry]) -> Applied:
    """A commit that worked: one log line for each room."""
    written = [Written(e.session_id, 0, [], []) for e in entries]
    return Applied(outcomes=[Outcome(numbers={"room": 1}) for _ in entries], written=written)


def way(apply: Callable[[list[Entry]], Awaitable[Applied]]) -> Apply:
    """The way of a coroutine, told as the committer wants to be."""
    tasks = set[asyncio.Task[None]]()

    async def go(entries: list[Entry], done: Done) -> None:
        try:
            applied = await apply(entries)
        except ConnectionError as error:
            done(error)
        else:
            done(applied)

    def begin(entries: list[Entry], done: Done) -> None:
        task = asyncio.get_running_loop().create_task(go(entries, done))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return begin


async def test_a_way_that_cannot_even_begin_fails_those_who_wait() -> None:
    def begin(entries: list[Entry], done: Done) -> None:
        raise RuntimeError("a fault of ours")

    committer = Committer(begin, lambda written: None)
    error = (await committer.submit(entry())).error
    assert error is not None
    assert error.code == "unavailable"
    await committer.drain()


async def test_trouble_after_the_commit_does_not_take_the_word_back() -> None:
    tried: list[Written] = []

    def deliver(written: Written) -> None:
        tried.append(written)
        raise RuntimeError("a connection in an impossible state")

    committer = Committer(way(committed), deliver)
    answers = [committer.submit(entry()), committer.submit(entry())]
    assert [(await answer).error for answer in answers] == [None, None]
    assert len(tried) == 2  # the second room is not made to pay for the first


async def test_a_commit_that_failed_is_said_to_have_failed_and_the_next_goes_on() -> None:
    works = False

    async def apply(entries: list[Entry]) -> Applied:
        if not works:
            raise ConnectionError
        return await committed(entries)

    committer = Committer(way(apply), lambda written: None)
    failed = (await committer.submit(entry())).error
    assert failed is not None
    assert failed.code == "unavailable"
    works = True
    assert (await committer.submit(entry())).error is None


class Slow:
    """A database that is waited for until `open` is set; what was asked of it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.batches: list[list[Entry]] = []

    async def apply(self, entries: list[Entry]) -> Applied:
        self.batches.append(entries)
        await self.open.wait()
        return await committed(entries)


async def test_what_waits_in_a_room_goes_together_and_in_the_order_it_came() -> None:
    slow, rooms = Slow(), [uuid4() for _ in range(20)]
    committer = Committer(way(slow.apply), lambda written: None)
    said = [entry(room) for _ in range(10) for room in rooms]
    answers = [committer.submit(one) for one in said]
    await asyncio.sleep(0.05)
    assert [len(batch) for batch in slow.batches] == [
        60,
        60,
        60,
    ]  # six whole rooms each; three batches are on their way
    slow.open.set()
    await asyncio.gather(*answers)
    assert [len(batch) for batch in slow.batches] == [60, 60, 60, 20]
    for room in rooms:
        together = [batch for batch in slow.batches if any(one.session_id == room for one in batch)]
        assert len(together) == 1
        mine = [one for one in together[0] if one.session_id == room]
        assert all(a is b for a, b in zip(mine, [one for one in said if one.session_id == room], strict=True))


async def test_a_room_with_more_than_a_batch_goes_on_where_it_was() -> None:
    slow, room = Slow(), uuid4()
    committer = Committer(way(slow.apply), lambda written: None)
    said = [entry(room) for _ in range(LARGEST + 5)]
    answers = [committer.submit(one) for one in said]
    other = committer.submit(entry())
    await asyncio.sleep(0.05)
    # Nobody else waits for the long one, and the rest of it waits for its beginning.
    assert [len(batch) for batch in slow.batches] == [LARGEST, 1]
    slow.open.set()
    await asyncio.gather(*answers, other)
    assert [len(batch) for batch in slow.batches] == [LARGEST, 1, 5]
    mine = [one for batch in slow.batches for one in batch if one.session_id == room]
    assert all(a is b for a, b in zip(mine, said, strict=True))


async def test_the_end_of_a_batch_cuts_nobodys_window_short() -> None:
    """Otherwise a quick database would be asked for each command by itself."""
    begun, go = asyncio.Event(), asyncio.Event()
    batches: list[int] = []

    async def apply(entries: list[Entry]) -> Applied:
        batches.append(len(entries))
        begun.set()
        await go.wait()
        return await committed(entries)

    committer = Committer(way(apply), lambda written: None)
    committer._began = asyncio.get_running_loop().time()  # it is busy
    answers = [committer.submit(entry())]
    await begun.wait()
    answers.append(committer.submit(entry()))  # while the first is on its way
    go.set()
    await answers[0]
    answers.append(committer.submit(entry()))
    await asyncio.gather(*answers)
    assert batches == [1, 2]


async def test_who_had_their_window_and_was_held_up_goes_as_soon_as_the_way_is_free() -> None:
    slow, room = Slow(), uuid4()
    committer = Committer(way(slow.apply), lambda written: None)
    first = committer.submit(entry(room))
    await asyncio.sleep(0.02)
    second = committer.submit(entry(room))
    await asyncio.sleep(0.05)  # its window is over, and its room is still on the way
    assert len(slow.batches) == 1
    slow.open.set()
    await asyncio.gather(first, second)
    assert len(slow.batches) == 2


async def test_a_command_that_comes_late_in_a_window_ends_it_and_takes_all_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(committing, "BUSY_WINDOW", 60.0)
    slow = Slow()
    slow.open.set()
    committer = Committer(way(slow.apply), lambda written: None)
    committer._began = asyncio.get_running_loop().time()  # it is busy
    answers = [committer.submit(entry()) for _ in range(2)]
    await asyncio.sleep(ENOUGH)
    assert slow.batches == []
    answers += [committer.submit(entry()) for _ in range(3)]  # read in one turn
    async with asyncio.timeout(5):
        await asyncio.gather(*answers)
    assert [len(batch) for batch in slow.batches] == [5]


class Told:
    """Who waits, and what they heard in which order."""

    def __init__(self, heard: list[str], fails: bool = False) -> None:
        self.heard, self.fails = heard, fails

    def expect(self) -> None:
        self.heard.append("expect")

    def tell(self, outcome: Outcome) -> None:
        if self.fails:
            raise RuntimeError("a connection in an impossible state")
        self.heard.append("refused" if outcome.error else "done")


async def test_one_answer_that_cannot_be_told_costs_nobody_else_theirs() -> None:
    committer, heard = Committer(way(committed), lambda written: None), list[str]()
    committer.put(entry(), Told([], fails=True))
    committer.put(entry(), Told(heard))
    await committer.drain()
    assert heard == ["expect", "done"]


async def test_who_waits_knows_before_it_is_handed_out_and_only_when_it_is() -> None:
    heard = list[str]()
    works = True

    async def apply(entries: list[Entry]) -> Applied:
        if not works:
            raise ConnectionError
        return await committed(entries)

    committer = Committer(way(apply), lambda written: heard.append("handed out"))
    committer.put(entry(), Told(heard))
    await committer.drain()
    assert heard == ["expect", "handed out", "done"]
    works = False
    committer.put(entry(), Told(heard))
    await committer.drain()
    assert heard[3:] == ["refused"]


async def test_who_was_read_together_goes_together_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "WINDOW", 60.0)
    monkeypatch.setattr(committing, "BUSY_WINDOW", 60.0)
    then: list[Callable[[], None]] = []
    slow = Slow()
    slow.open.set()
    committer = Committer(way(slow.apply), lambda written: None)
    alone = committer.submit(entry())  # not read from anybody; its window is long
    monkeypatch.setattr(committing, "after_reading", lambda what: then.append(what) or True)
    together = [committer.submit(entry()) for _ in range(3)]
    assert len(then) == 1
    monkeypatch.undo()
    then[0]()
    await asyncio.gather(alone, *together)
    assert [len(batch) for batch in slow.batches] == [4]
