"""The gate: who speaks in the same moment is read in the same turn, and nothing else of the loop waits for it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from vio.common import gathering
from vio.common.gathering import QUIET_AFTER, WINDOW, Gathering, after_reading

pytestmark = pytest.mark.asyncio


@dataclass(eq=False)
class Person:
    """Both ends of one line, and what was heard of it, with the turn in which it was read."""

    gate: Gathering
    turns: list[str]
    name: str = ""
    heard: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.here, self.there = socket.socketpair()
        self.here.setblocking(False)
        self.number = self.here.fileno()
        self.gate.add(self.number, self.read)

    def read(self) -> None:
        self.heard.append(self.here.recv(1024))
        self.turns.append(self.name)

    def say(self, text: bytes = b"x") -> None:
        self.there.send(text)

    def hang_up(self) -> None:
        self.here.close()
        self.there.close()


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gathering]:
    made = Gathering(asyncio.get_running_loop())
    yield made
    made.close()


async def until(done: object, within: float = 2.0) -> None:
    """Waits until a list has something in it."""
    async with asyncio.timeout(within):
        while not done:  # noqa: ASYNC110  # lines are read by another turn of the loop
            await asyncio.sleep(0.001)


async def test_who_speaks_when_it_is_quiet_is_read_at_once(gate: Gathering) -> None:
    turns: list[str] = []
    one, other = Person(gate, turns, "one"), Person(gate, turns, "other")
    for person in (one, other):
        person.say()
        await asyncio.sleep(QUIET_AFTER + 0.005)
    assert turns == ["one", "other"]
    one.hang_up()
    other.hang_up()


async def test_who_speaks_in_the_same_moment_is_read_in_one_turn(gate: Gathering) -> None:
    turns: list[str] = []
    before = Person(gate, turns, "before")
    before.say()
    await until(turns)
    before.hang_up()
    turns.clear()
    people = [Person(gate, turns, name) for name in ("one", "at the same time", "a moment later")]
    people[0].say()
    people[1].say()
    loop = asyncio.get_running_loop()
    loop.call_later(0.001, people[2].say)
    await until(turns)
    assert sorted(turns) == sorted(person.name for person in people)
    for person in people:
        person.hang_up()


async def test_a_busy_moment_is_longer_and_holds_up_nothing_else(gate: Gathering) -> None:
    turns: list[str] = []
    one, other = Person(gate, turns, "one"), Person(gate, turns, "other")
    one.say()
    await until(turns)
    loop = asyncio.get_running_loop()
    began = loop.time()
    one.say()
    loop.call_later(WINDOW / 3, turns.append, "a timer")
    loop.call_later(WINDOW / 2, other.say)
    await until(other.heard)
    assert turns[1:] == ["a timer", "one", "other"]
    assert loop.time() - began >= WINDOW - 0.001
    one.hang_up()
    other.hang_up()


async def test_what_was_left_unread_is_read_in_the_next_turn(gate: Gathering) -> None:
    turns: list[str] = []
    person = Person(gate, turns)
    person.say(b"x" * 1500)
    await until(turns)
    async with asyncio.timeout(2):
        while sum(map(len, person.heard)) < 1500:  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.001)
    assert [len(piece) for piece in person.heard] == [1024, 476]
    person.hang_up()


async def test_who_was_taken_away_is_not_read_any_more(gate: Gathering) -> None:
    turns: list[str] = []
    gone, here = Person(gate, turns, "gone"), Person(gate, turns, "here")
    gate.remove(gone.number, gone.read)
    gate.remove(gone.number, gone.read)  # harmless
    gone.say()
    here.say()
    await until(turns)
    await asyncio.sleep(0.05)
    assert turns == ["here"]
    gone.hang_up()
    here.hang_up()


async def test_one_who_ends_another_in_the_same_turn(gate: Gathering) -> None:
    turns: list[str] = []
    people = [Person(gate, turns, "a"), Person(gate, turns, "b")]

    def end(which: int) -> None:
        turns.append("ended")
        people[which].here.recv(10)
        other = people[1 - which]
        gate.remove(other.number, other.read)

    for which, person in enumerate(people):
        gate.remove(person.number, person.read)
        person.read = lambda which=which: end(which)  # type: ignore[method-assign,misc]
        gate.add(person.number, person.read)
        person.say()
    await until(turns)
    await asyncio.sleep(0.05)
    assert turns == ["ended"]
    for person in people:
        person.hang_up()


async def test_a_number_that_the_system_gives_again_belongs_to_the_new_line(gate: Gathering) -> None:
    turns: list[str] = []
    old = Person(gate, turns, "old")
    old.hang_up()  # closed without a word to the gate
    new = Person(gate, turns, "new")
    assert new.number == old.number
    gate.remove(old.number, old.read)  # late, and no longer its own
    new.say()
    await until(turns)
    assert turns == ["new"]
    new.hang_up()


async def test_a_read_that_fails_keeps_the_gate_from_nothing(gate: Gathering) -> None:
    turns: list[str] = []
    person = Person(gate, turns)
    loop = asyncio.get_running_loop()
    failures: list[object] = []
    loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))

    def fail() -> None:
        person.here.recv(10)
        raise ValueError

    gate.remove(person.number, person.read)
    gate.add(person.number, fail)
    person.say()
    await until(failures)
    gate.remove(person.number, fail)
    gate.add(person.number, person.read)
    person.say()
    await until(turns)
    loop.set_exception_handler(None)
    person.hang_up()


async def test_what_fails_afterwards_keeps_the_next_from_nothing(gate: Gathering) -> None:
    turns: list[str] = []
    person = Person(gate, turns)
    gate.remove(person.number, person.read)

    def fail() -> None:
        raise ValueError

    def read() -> None:
        person.here.recv(10)
        assert gate.then(fail)
        assert gate.then(lambda: turns.append("next"))

    gate.add(person.number, read)
    person.say()
    await until(turns)
    person.hang_up()


async def test_what_follows_comes_once_after_all_and_only_while_reading() -> None:
    gate = gathering.gathering()
    assert gate is not None
    assert gate is gathering.gathering()
    assert not after_reading(lambda: None)  # nobody is being read
    called: list[str] = []
    turns: list[str] = []
    people = [Person(gate, turns, name) for name in "ab"]
    for person in people:
        gate.remove(person.number, person.read)

        def read(person: Person = person) -> None:
            person.here.recv(10)
            turns.append(person.name)
            assert after_reading(lambda: called.append("".join(sorted(turns))))

        gate.add(person.number, read)
        person.say()
    await until(called)
    assert called == ["ab", "ab"]
    for person in people:
        person.hang_up()
    gate.close()
