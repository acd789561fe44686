"""Percentiles, ratios, verdicts and the shape of what is written."""

from __future__ import annotations

import json

import pytest

from bench.rows import Row, Target, judge, percentile, ratio_of, to_json, to_table


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([5.0], 0.5, 5.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 1.0, 3.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], share: float, found: float) -> None:
    assert percentile(values, share) == found


def test_a_percentile_of_a_hundred_values() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 99.0


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_ratio_is_of_medians_so_that_one_bad_round_does_not_decide() -> None:
    assert ratio_of([10.0, 12.0, 1000.0], [6.0, 5.0, 7.0]) == 2.0


@pytest.mark.parametrize(("values", "references"), [([], [1.0]), ([1.0], []), ([1.0], [0.0])])
def test_without_one_side_there_is_no_ratio(values: list[float], references: list[float]) -> None:
    assert ratio_of(values, references) is None


def test_a_target_on_the_ratio_is_missed_when_the_reference_is_missing() -> None:
    row = judge("steady", [100.0], "ms", Target(1.0, "ratio"))
    assert row.met is False
    assert row.ratio is None


@pytest.mark.parametrize(("value", "met"), [(25.0, True), (25.1, False)])
def test_a_target_on_the_value(value: float, met: bool) -> None:
    assert judge("p99", [value], "ms", Target(25)).met is met


@pytest.mark.parametrize(("value", "met"), [(8000.0, True), (7999.0, False)])
def test_a_target_may_be_a_least_value(value: float, met: bool) -> None:
    row = judge("saturation", [value], "deliveries/s", Target(8000, at_least=True))
    assert row.met is met
    assert row.target == "≥ 8000"


def test_what_lost_something_never_meets_its_target() -> None:
    assert judge("burst", [1.0], "ms", Target(5), spoilt=True).met is False
    assert judge("burst", [1.0], "ms", Target(5)).met is True


def test_what_was_not_measured_is_said_and_not_made_up() -> None:
    row = judge("storm", [], "s", Target(5))
    assert (row.value, row.met) == (None, False)


def test_without_a_target_there_is_no_verdict() -> None:
    assert judge("p50", [3.0], "ms").met is None


def test_figures_are_rounded_to_what_they_are_worth() -> None:
    row = judge("x", [0.012345], "s", references=[1234.5])
    assert (row.value, row.reference) == (0.0123, 1234.0)


def test_the_json_has_the_agreed_keys() -> None:
    row = json.loads(to_json([judge("p99", [3.0], "ms", Target(25), notes=["a", "", "a", "b"])]))[0]
    assert set(row) >= {"name", "value", "unit", "reference", "ratio", "target", "met"}
    assert row["note"] == "a; b"


def test_the_table_shows_misses_and_keeps_its_columns() -> None:
    lines = to_table([Row("a|b", 2.0, "ms", 1.0, 2.0, "≤ 1 x", False)]).splitlines()
    assert "**no**" in lines[2]
    assert "a\\|b" in lines[2]
    assert lines[0].count("|") == lines[2].replace("\\|", "").count("|")
