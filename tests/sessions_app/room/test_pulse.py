"""What waited in a socket while the process slept proves nothing about now (AT-2)."""

from __future__ import annotations

import pytest

from sessions_app.room.pulse import DOUBT, EVERY, LATE, Pulse


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_process_that_beats_did_not_sleep(time: Time) -> None:
    pulse = Pulse(time)
    for _ in range(20):
        time.now += EVERY
        assert not pulse.just_slept()
        assert pulse.beat() == 0.0
    assert not pulse.just_slept()


def test_a_little_late_is_not_sleep(time: Time) -> None:
    pulse = Pulse(time)
    time.now += LATE
    assert not pulse.just_slept()
    pulse.beat()
    assert not pulse.just_slept()


def test_after_sleep_what_is_read_first_is_doubted_until_it_has_run_a_while(time: Time) -> None:
    pulse = Pulse(time)
    time.now += 25
    assert pulse.just_slept(), "before the first beat"
    assert pulse.beat() == 25
    assert pulse.just_slept(), "right after it"
    time.now += DOUBT
    assert not pulse.just_slept()
