"""Periods, bands, doses and breaks as a table."""

from __future__ import annotations

from datetime import date

import pytest

from groups.rules import Band, Period, break_problem, dose_problem, fingerprint, peak


def day(number: int) -> date:
    return date(2026, 4, number)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((1, 5), (5, 9), True),
        ((1, 5), (6, 9), False),
        ((1, None), (9, None), True),
        ((9, None), (1, 8), False),
        ((9, None), (1, 9), True),
        ((3, 3), (1, 5), True),
    ],
)
def test_periods_overlap_when_one_date_lies_in_both(
    one: tuple[int, int | None], other: tuple[int, int | None], expected: bool
) -> None:
    a = Period(day(one[0]), day(one[1]) if one[1] else None)
    b = Period(day(other[0]), day(other[1]) if other[1] else None)
    assert a.overlaps(b) is expected
    assert b.overlaps(a) is expected


def test_the_peak_is_the_fullest_day_and_not_the_number_of_places() -> None:
    places = [Period(day(1), day(5)), Period(day(6), day(10)), Period(day(4), None), Period(day(20), None)]
    assert peak(places, Period(day(1), day(10))) == 2
    assert peak(places, Period(day(1), None)) == 2
    assert peak(places[:2], Period(day(1), None)) == 1
    assert peak([], Period(day(1))) == 0


@pytest.mark.parametrize(
    ("size", "over", "says"),
    [(1, False, "at least 2"), (8, False, ""), (11, False, "One place"), (12, False, "full"), (13, True, "")]
)  # fmt: skip
def test_the_band_warns_before_it_refuses(size: int, over: bool, says: str) -> None:
    band = Band(size, 2, 12)
    assert band.is_over is over
    assert says in band.warning
    assert bool(band.warning) is bool(says)


@pytest.mark.parametrize(
    ("breaks", "ok"),
    [
        ([(90, 15)], True), ([], True), ([(80, 10), (90, 10)], True), ([(0, 10)], False), ([(90, 0)], False),
        ([(90, 15), (100, 5)], False), ([(185, 10)], False), ([(-5, 10)], False), ([(184, 10)], True),
    ],
)  # fmt: skip
def test_breaks_lie_inside_and_apart(breaks: list[tuple[int, int]], ok: bool) -> None:
    assert (break_problem(breaks, 195) == "") is ok


@pytest.mark.parametrize(
    ("minutes", "days", "ok"),
    [(540, 3, True), (0, 0, True), (10080, 7, True), (10081, 7, False), (540, 8, False), (-1, 3, False), (540, 0, False)],
)  # fmt: skip
def test_a_dose_fits_a_week(minutes: int, days: int, ok: bool) -> None:
    assert (dose_problem(minutes, days) == "") is ok


def test_a_fingerprint_follows_the_values() -> None:
    assert fingerprint({"a": 1, "b": day(1)}) == fingerprint({"b": day(1), "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
