"""The script's own arithmetic: spans, bounds, statuses, causes."""

from __future__ import annotations

import pytest

from vio.rehearse.truth import (
    LOST_BROWSER,
    Course,
    Stay,
    common,
    expected,
    is_causal,
    length,
    percentile,
    statuses,
    union,
    without,
)

EVENING = Course(planned=(0.0, 3600.0), started=60.0, ended=3000.0)


def test_overlapping_devices_count_once() -> None:
    assert union([(10, 20), (0, 5), (15, 30), (30, 40)]) == [(0, 5), (10, 40)]
    assert length(union([(10, 20), (15, 30)])) == 20


def test_common_time_and_holes() -> None:
    assert common([(0, 10), (20, 30)], [(5, 25)]) == [(5, 10), (20, 25)]
    assert without([(0, 100)], [(10, 20), (90, 120)]) == [(0, 10), (20, 90)]
    assert without([(0, 100)], [(0, 100)]) == []


def test_only_the_time_between_start_and_end_counts_and_no_break() -> None:
    course = Course(planned=(100.0, 900.0), started=50.0, ended=950.0, breaks=((400.0, 500.0),))
    assert course.window == [(100.0, 400.0), (500.0, 900.0)]
    assert expected([Stay(0.0, 2000.0)], course).seconds == 700.0


def test_a_room_that_never_began_has_no_time_to_count() -> None:
    course = Course(planned=(0.0, 100.0), started=None, ended=50.0)
    assert course.window == []
    assert expected([Stay(0.0, 60.0)], course).seconds == 0.0


def test_without_losses_two_seconds_either_way() -> None:
    truth = expected([Stay(100.0, 700.0)], EVENING)
    assert (truth.least, truth.seconds, truth.most) == (598.0, 600.0, 602.0)
    assert truth.agrees(598) and truth.agrees(602)  # noqa: PT018  # one bound beside the other
    assert not truth.agrees(597)
    assert not truth.agrees(603)


def test_each_broken_line_may_cost_but_never_add() -> None:
    stays = [Stay(100.0, 400.0, cost=LOST_BROWSER), Stay(420.0, 700.0, cost=LOST_BROWSER)]
    truth = expected(stays, EVENING)
    assert truth.seconds == 580.0
    assert (truth.least, truth.most) == (554.0, 582.0)


def test_a_beginning_known_to_a_moment_only_widens_the_upper_bound() -> None:
    truth = expected([Stay(100.0, 700.0, slack=0.4)], EVENING)
    assert (truth.least, truth.most) == (598.0, 602.4)


def test_a_stay_of_nothing_is_nothing() -> None:
    assert expected([Stay(300.0, 300.0, cost=99.0), Stay(500.0, 400.0)], EVENING).least == 0.0


@pytest.mark.parametrize(
    ("seconds", "delivered", "allowed"),
    [
        (0.0, 30.0, {"cancelled"}),
        (0.0, 3600.0, {"no_show"}),
        (3600.0, 3600.0, {"attended"}),
        (1800.0, 3600.0, {"partial"}),
        (480.5, 3600.0, {"no_show", "partial"}),
        (2880.0, 3600.0, {"attended", "partial"}),
    ],
)
def test_statuses_near_a_limit_have_two_right_answers(
    seconds: float, delivered: float, allowed: set[str]
) -> None:
    course = Course((0.0, 10_000.0), 0.0, 10_000.0)
    assert statuses(expected([Stay(0.0, seconds)], course), delivered) == allowed


def test_what_the_server_states_must_lie_between_question_and_answer() -> None:
    assert is_causal(10.5, 10.0, 11.0)
    assert is_causal(9.5, 10.0, 11.0)
    assert not is_causal(8.0, 10.0, 11.0)
    assert not is_causal(12.0, 10.0, 11.0)


def test_percentiles() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0] * 99 + [9.0], 0.99) == 9.0
