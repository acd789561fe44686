"""The trend of a client's days and the weather of a room: honest gaps, nobody counted who could be recognised."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.common.drawings import (
    MONDAY,
    days,
    dots,
    lines,
    tree,
    with_class,
)
from vio.common.charts import trend, weather
from vio.common.charts.trend import LevelChange, Mark, Trend, TrendMark
from vio.common.charts.weather import Weather

# --- trend -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moods", "stretches"),
    [("4567", [4]), ("45-67", [2, 2]), ("45?67", [2, 2]), ("4-5-6", []), ("456--78", [3, 2])],
)
def test_a_line_never_crosses_a_missing_day(moods: str, stretches: list[int]) -> None:
    value = Trend("trend", MONDAY, MONDAY + timedelta(days=len(moods) - 1), days(moods))
    assert [points for points in lines(trend.draw(value), "line-mood") if points] == stretches


def test_a_single_day_between_gaps_is_still_seen_as_a_dot() -> None:
    value = Trend("trend", MONDAY, MONDAY + timedelta(days=60), days("4-5"))
    assert len(with_class(trend.draw(value), "dot-mood")) == 2


def test_days_and_values_are_where_they_belong() -> None:
    value = Trend("trend", MONDAY, MONDAY + timedelta(days=4), days("8-2"))
    dots = with_class(trend.draw(value), "dot-mood")
    assert [(dot.get("cx"), dot.get("cy")) for dot in dots] == [("0%", "20%"), ("50%", "80%")]


def test_days_out_of_order_are_drawn_in_order() -> None:
    value = Trend("trend", MONDAY, MONDAY + timedelta(days=3), tuple(reversed(days("4567"))))
    assert (
        with_class(trend.draw(value), "line-mood")[0].get("points")
        == "0.0,60.0 333.3,50.0 666.7,40.0 1000.0,30.0"
    )


def test_sessions_misses_and_levels_share_the_axis() -> None:
    value = Trend(
        "trend",
        MONDAY,
        MONDAY + timedelta(days=10),
        (),
        (
            TrendMark(MONDAY + timedelta(days=5), Mark.MISSED),
            TrendMark(MONDAY + timedelta(days=99), Mark.ATTENDED),
        ),
        (LevelChange(MONDAY + timedelta(days=5), "12 h to 9 h"),),
    )
    markup = trend.draw(value)
    assert with_class(markup, "level-line")[0].get("x1") == "50%"
    assert "Sat, Apr 18: Missed" in [one.text for one in tree(markup).iter("title")]
    lane = with_class(markup, "trend-lane")[0]
    assert not [one for one in lane.iter() if one.get("class") == "mark-in"]  # outside the axis
    assert "No check-ins in these 11 days" in markup


def test_marks_differ_in_form() -> None:
    marks = tuple(TrendMark(MONDAY, kind) for kind in Mark)
    markup = trend.draw(Trend("trend", MONDAY, MONDAY, (), marks))
    lane = with_class(markup, "trend-lane")[0]
    shapes = {
        (inner[1].tag, inner[1].get("d"), inner[1].get("class")) for inner in lane if inner.tag == "svg"
    }
    assert len(shapes) == len(Mark)


@given(st.integers(0, 800))
def test_the_axis_names_few_days(length: int) -> None:
    named = trend.ticks(MONDAY, MONDAY + timedelta(days=length))
    assert named[0] == MONDAY
    assert len(named) <= 6
    assert named == sorted(set(named))
    assert named[-1] <= MONDAY + timedelta(days=length)


def test_a_trend_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="last day"):
        Trend("trend", MONDAY, MONDAY - timedelta(days=1), ())


# --- room weather ------------------------------------------------------------------------------------------


def test_three_answers_are_not_drawn() -> None:
    markup = weather.draw(Weather("w", dots((1, 9), (8, 1), (7, 2)), 9))
    assert not list(tree(markup).iter("circle"))
    assert not list(tree(markup).iter("table"))
    assert "3 of 9 have checked in." in markup


def test_the_picture_is_the_same_whoever_came_first() -> None:
    told = dots((1, 9), (8, 1), (7, 2), (5, 5))
    assert weather.draw(Weather("w", told, 9)) == weather.draw(Weather("w", tuple(reversed(told)), 9))


def test_equal_answers_share_a_dot_with_their_number() -> None:
    markup = weather.draw(Weather("w", dots((6, 2), (6, 2), (6, 2), (8, 1)), 9))
    assert len(with_class(markup, "weather-dot")) == 2
    assert [one.text for one in with_class(markup, "weather-count")] == ["3"]


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=4, max_size=15))
def test_words_never_count_strong_urges(told: list[tuple[int, int]]) -> None:
    sentence = weather.sentence(Weather("w", dots(*told), 15))
    assert re.findall(r"\d+", sentence) == [str(len(told)), "15"]
