"""The drawings: right places, honest gaps, names for every reader, and nothing from outside becomes markup."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.common.drawings import (
    MONDAY,
    NASTY,
    START,
    a_strip,
    days,
    dots,
    lines,
    minute,
    piece,
    seats,
    tree,
    with_class,
)
from vio.common.charts import spark, strip, svg, trend, weather, week
from vio.common.charts.strip import Piece
from vio.common.charts.trend import Trend
from vio.common.charts.weather import Weather
from vio.common.charts.week import Seat, Week


def test_text_and_attributes_are_escaped() -> None:
    markup = svg.el("text", {"class": NASTY}, NASTY)
    assert "<script" not in markup
    assert tree(markup)[0].text == NASTY
    assert tree(markup)[0].get("class") == NASTY


@pytest.mark.parametrize("name", ["a b", "on<", "", 'x"'])
def test_names_of_elements_come_from_code_only(name: str) -> None:
    with pytest.raises(ValueError, match="not an element"):
        svg.el("g", {name: "1"})


@pytest.mark.parametrize("key", ["", "A", "1x", "a b", 'x"'])
def test_a_key_is_a_plain_word(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        week.bar(Week(key, ()))


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (1, "100%"), (1 / 6, "16.667%"), (-0.0000001, "0%"), (0.5, "50%")]
)
def test_percent(share: float, text: str) -> None:
    assert svg.percent(share) == text


def test_a_span_needs_a_length() -> None:
    with pytest.raises(ValueError, match="ends after"):
        svg.Span(START, START)


@given(st.integers(-600, 600))
def test_every_instant_lands_on_the_axis(after: int) -> None:
    share = svg.Span(START, minute(180)).share(minute(after))
    assert share == pytest.approx(min(1, max(0, after / 180)))


def test_a_sparkline_has_gaps_a_name_and_no_ids() -> None:
    markup = spark.sparkline([3, 4, None, 5, None, 6, 7], "Urge <b>")
    assert lines(markup, "spark-line") == [2, 2]
    assert len(with_class(markup, "spark-end")) == 2  # the lone day and the newest
    assert tree(markup)[0].get("aria-label") == "Urge <b>, newest 7"
    assert " id=" not in markup


def test_a_sparkline_of_nothing_says_so() -> None:
    assert "no answers" in spark.sparkline([None, None], "Urge")
    assert not list(tree(spark.sparkline([], "Urge")).iter("polyline"))


@pytest.mark.parametrize(
    "markup",
    [
        strip.draw(a_strip(piece(Piece.IN, 0, 60))),
        week.draw(Week("week", seats((0, Seat.DONE, 180)))),
        trend.draw(Trend("trend", MONDAY, MONDAY + timedelta(days=3), days("4567"))),
        weather.draw(Weather("w", dots((1, 9), (8, 1), (7, 2), (5, 5)), 9)),
    ],
    ids=["strip", "week", "trend", "weather"],
)
def test_every_drawing_is_named_has_a_table_and_no_styles(markup: str) -> None:
    whole = tree(markup)
    images = [one for one in whole.iter("svg") if one.get("role") == "img"]
    ids = [one.get("id") for one in whole.iter() if one.get("id")]
    assert images
    assert len(ids) == len(set(ids))
    assert all(label in ids for one in images for label in (one.get("aria-labelledby") or "").split())
    assert len(list(whole.iter("table"))) == 1
    assert not [one for one in whole.iter() if {"style", "fill", "stroke", "onclick"} & set(one.keys())]
