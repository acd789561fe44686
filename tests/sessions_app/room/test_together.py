"""Questions that wait at the same moment are asked together, and nobody is forgotten."""

from __future__ import annotations

import asyncio

import pytest

from sessions_app.room.together import MOST, Together

pytestmark = pytest.mark.asyncio


class House:
    """Answers with the double; remembers its rounds and waits to be let go."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def answer(self, asked: list[int]) -> list[int | Exception]:
        self.rounds.append(asked)
        self.asked.set()
        await self.go.wait()
        return [ValueError(n) if n < 0 else 2 * n for n in asked]


async def test_what_came_while_one_round_was_answered_is_the_next_round() -> None:
    house = House()
    together = Together(house.answer)
    first = asyncio.create_task(together.ask(1))
    await house.asked.wait()
    rest = [asyncio.create_task(together.ask(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    house.go.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert house.rounds == [[1], [2, 3, 4]]


async def test_a_refusal_is_raised_to_its_asker_alone() -> None:
    house = House()
    house.go.set()
    together = Together(house.answer)
    found = await asyncio.gather(together.ask(1), together.ask(-2), together.ask(3), return_exceptions=True)
    assert found[0] == 2
    assert isinstance(found[1], ValueError)
    assert found[2] == 6


async def test_when_a_round_fails_everybody_hears_it_and_the_next_goes_on() -> None:
    failed = False

    async def answer(asked: list[int]) -> list[int | Exception]:
        nonlocal failed
        if not failed:
            failed = True
            raise OSError("gone")
        return list(asked)

    together = Together(answer)
    found = await asyncio.gather(together.ask(1), together.ask(2), return_exceptions=True)
    assert [type(one) for one in found] == [OSError, OSError]
    assert await together.ask(3) == 3


async def test_who_gave_up_while_waiting_is_not_asked_for() -> None:
    house = House()
    together = Together(house.answer)
    first = asyncio.create_task(together.ask(1))
    await house.asked.wait()
    gone, stays = asyncio.create_task(together.ask(2)), asyncio.create_task(together.ask(3))
    await asyncio.sleep(0)
    gone.cancel()
    house.go.set()
    assert await first == 2
    assert await stays == 6
    assert house.rounds == [[1], [3]]


async def test_a_round_is_bounded() -> None:
    house = House()
    house.go.set()
    together = Together(house.answer)
    found = await asyncio.gather(*(together.ask(n) for n in range(MOST + 5)))
    assert found == [2 * n for n in range(MOST + 5)]
    assert max(len(asked) for asked in house.rounds) <= MOST


async def test_settled_waits_for_every_round_and_not_for_ever() -> None:
    house = House()
    together = Together(house.answer)
    await together.settled(10)  # nobody asked yet
    asking = asyncio.create_task(together.ask(1))
    await house.asked.wait()
    asking_too = asyncio.create_task(together.ask(2))
    patient = asyncio.create_task(together.settled(10))
    await together.settled(0.01)  # gives up, and says nothing
    assert not patient.done()
    house.go.set()
    await patient
    assert (await asking, await asking_too) == (2, 4)
    assert house.rounds == [[1], [2]]
