"""The script: the same from the same seed, every part in it, nobody speaks who is away."""

from __future__ import annotations

from random import Random

import pytest

from vio.rehearse.script import DETERMINED, END, MOST_MESSAGES, START, Do, Part, Role, roles


def cast(number: int = 10, seed: int = 1) -> list[Role]:
    return roles(number, Random(seed))


def by_part(part: Part) -> Role:
    return next(role for role in cast() if role.part is part)


def test_the_same_seed_is_the_same_evening() -> None:
    assert cast() == cast()
    assert cast() != cast(seed=2)


def test_ten_people_play_every_part_and_one_never_comes() -> None:
    found = [role.part for role in cast()]
    assert set(found) == set(Part)
    assert found.count(Part.NEVER) == 1
    assert [role.comes for role in cast()].count(False) == 1


@pytest.mark.parametrize("number", [0, 1, 4, 25])
def test_any_number_of_people(number: int) -> None:
    found = cast(number)
    assert len(found) == number
    assert sum(step.do is Do.SAY for role in found for step in role.steps) <= max(MOST_MESSAGES, number)


@pytest.mark.parametrize("seed", range(20))
def test_steps_are_in_order_inside_the_evening_and_begin_with_coming(seed: int) -> None:
    for role in cast(seed=seed):
        assert list(role.steps) == sorted(role.steps)
        assert all(0 <= step.at < END for step in role.steps)
        if role.comes:
            assert role.steps[0].do is Do.COME


@pytest.mark.parametrize("seed", range(20))
def test_nobody_speaks_before_coming_or_while_away(seed: int) -> None:
    for role in cast(seed=seed):
        here = False
        for step in role.steps:
            if step.device == 0 and step.do in {Do.COME, Do.CUT, Do.LEAVE}:
                here = step.do is Do.COME
            if step.do in {Do.SAY, Do.RAISE}:
                assert here, role.part
                assert step.at > START


def test_who_is_missed_comes_after_the_fifteenth_minute_and_who_is_late_before() -> None:
    assert by_part(Part.VERY_LATE).steps[0].at > DETERMINED
    assert by_part(Part.LATE).steps[0].at < DETERMINED


def test_a_lost_line_returns_and_a_second_device_is_closed() -> None:
    kinds = [step.do for step in by_part(Part.DROPS).steps if step.do in {Do.COME, Do.CUT}]
    assert kinds == [Do.COME, Do.CUT, Do.COME]
    second = [step.do for step in by_part(Part.TWO_DEVICES).steps if step.device == 1]
    assert second == [Do.COME, Do.CLOSE]
