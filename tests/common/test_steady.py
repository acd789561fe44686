"""The steady clock goes with the wall clock, follows its small corrections, and stays when it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vio.common.steady import SteadyClock

BEGIN = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)


class Clocks:
    """A wall clock that can be set, and one that only goes forward."""

    def __init__(self) -> None:
        self.wall, self.forward = BEGIN.timestamp(), 500.0
        self.steady = SteadyClock(lambda: self.wall, lambda: self.forward)

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.forward += seconds

    @property
    def since(self) -> timedelta:
        return self.steady.now() - BEGIN


def test_it_is_the_wall_clock_as_long_as_nobody_sets_it() -> None:
    clocks = Clocks()
    assert clocks.since == timedelta(0)
    clocks.pass_by(90)
    assert clocks.since == timedelta(seconds=90)


@pytest.mark.parametrize("step", [3600, -3600, 172_800, -1.5])
def test_a_step_moves_nothing(step: float) -> None:
    clocks = Clocks()
    clocks.pass_by(60)
    clocks.wall += step
    assert clocks.since == timedelta(seconds=60)
    clocks.pass_by(30)
    assert clocks.since == timedelta(seconds=90)


def test_small_corrections_are_followed_however_many() -> None:
    clocks = Clocks()
    for _ in range(100):
        clocks.pass_by(10)
        clocks.wall += 0.4
        clocks.steady.now()
    assert clocks.since == pytest.approx(timedelta(seconds=1040), abs=timedelta(milliseconds=1))


def test_a_clock_that_is_set_back_right_is_followed_again() -> None:
    clocks = Clocks()
    clocks.wall += 3600
    clocks.pass_by(10)
    assert clocks.since == timedelta(seconds=10)
    clocks.wall -= 3599.7
    assert clocks.since == pytest.approx(timedelta(seconds=10.3), abs=timedelta(milliseconds=1))


def test_the_real_one_tells_the_real_time() -> None:
    assert abs(SteadyClock().now() - datetime.now(UTC)) < timedelta(seconds=1)
