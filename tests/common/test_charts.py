"""The drawings: right places, honest gaps, names for every reader, and nothing from outside becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vio.common.charts import spark, strip, svg, trend, weather, week
from vio.common.charts.strip import Piece, Strip, StripPiece, StripRow
from vio.common.charts.trend import LevelChange, Mark, Trend, TrendDay, TrendMark
from vio.common.charts.weather import Weather, WeatherDot
from vio.common.charts.week import Seat, Week, WeekSeat

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 4, 13, 17, 30, tzinfo=NEW_YORK)
MONDAY = date(2026, 4, 13)
NASTY = "<script>alert('x')</script>\"&"


def minute(after: float) -> datetime:
    """An instant so many minutes after the start."""
    return START + timedelta(minutes=after)


def piece(kind: Piece, first: float, last: float, cause: str = "") -> StripPiece:
    """A stretch in minutes after the start."""
    return StripPiece(kind, minute(first), minute(last), cause)


def a_strip(*pieces: StripPiece, name: str = "Maria K.") -> Strip:
    """A strip of 180 minutes whose axis is exactly the schedule."""
    return Strip(
        "evening",
        "Monday group",
        START,
        minute(180),
        (START, minute(180)),
        NEW_YORK,
        (StripRow(name, pieces, "2 h"),),
    )


def tree(markup: str) -> ElementTree.Element:
    """The markup as a tree; fails when it is not well formed."""
    return ElementTree.fromstring(f"<root>{markup}</root>")  # noqa: S314  # our own markup


def with_class(markup: str, css: str) -> list[ElementTree.Element]:
    """Every element that has the class."""
    return [one for one in tree(markup).iter() if css in (one.get("class") or "").split()]


# --- elements ----------------------------------------------------------------------------------------------


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


# --- minute strip ------------------------------------------------------------------------------------------


def test_thirty_of_180_minutes_are_a_sixth() -> None:
    drawn = with_class(strip.draw(a_strip(piece(Piece.IN, 60, 90))), "strip-in")[0]
    assert (drawn.get("x"), drawn.get("width")) == ("33.333%", "16.667%")


def test_a_piece_is_cut_at_the_axis_and_left_out_beyond_it() -> None:
    whole = a_strip(piece(Piece.IN, -30, 18), piece(Piece.IN, 200, 220))
    drawn = with_class(strip.bar(whole, whole.rows[0]), "strip-in")
    assert [(one.get("x"), one.get("width")) for one in drawn] == [("0%", "10%")]


def test_a_gap_keeps_the_time_before_and_after_apart_and_says_why() -> None:
    whole = a_strip(
        piece(Piece.IN, 0, 42), piece(Piece.GAP, 42, 57, "connection lost"), piece(Piece.IN, 57, 180)
    )
    markup = strip.bar(whole, whole.rows[0])
    assert [one.get("width") for one in with_class(markup, "strip-in")] == ["23.333%", "68.333%"]
    assert (
        with_class(markup, "strip-gap")[0][0].text == "Not there 6:12 PM to 6:27 PM (15 min): connection lost"
    )


def test_kinds_differ_in_form_not_only_in_color() -> None:
    markup = strip.draw(a_strip(*(piece(kind, 20 * n, 20 * n + 20) for n, kind in enumerate(Piece))))
    forms = {
        (box.get("y"), box.get("height")) for kind in Piece for box in with_class(markup, f"strip-{kind}")
    }
    assert len(forms) == len(Piece)


def test_the_bar_is_named_and_told() -> None:
    whole = a_strip(piece(Piece.IN, 0, 180))
    drawing = next(one for one in tree(strip.draw(whole)).iter("svg") if one.get("role") == "img")
    texts = {one.get("id"): one.text for one in drawing}
    name, told = (drawing.get("aria-labelledby") or "").split()
    assert texts[name] == "Maria K.: 2 h"
    assert texts[told] == "In the room 5:30 PM to 8:30 PM (3 h)"


def test_somebody_never_seen_has_an_empty_bar_that_says_so() -> None:
    markup = strip.draw(a_strip())
    assert "Not seen in this session" in markup
    assert not with_class(markup, "strip-in")


def test_now_is_a_line_only_while_the_group_runs() -> None:
    running = replace(a_strip(), now=minute(90))
    assert with_class(strip.draw(running), "now-line")[0].get("x1") == "50%"
    assert not with_class(strip.draw(replace(running, now=minute(400))), "now-line")


def test_the_table_beside_the_strip_has_every_stretch() -> None:
    markup = strip.draw(a_strip(piece(Piece.LOBBY, 0, 5), piece(Piece.GAP, 5, 6, "phone locked")))
    cells = [[cell.text for cell in row] for row in tree(markup).iter("tr")]
    assert cells[1:] == [
        ["Maria K.", "In the lobby", "5:30 PM", "5:35 PM", "5 min", None],
        ["Maria K.", "Not there", "5:35 PM", "5:36 PM", "1 min", "phone locked"],
    ]


def test_names_and_causes_are_escaped() -> None:
    markup = strip.draw(a_strip(piece(Piece.GAP, 0, 5, NASTY), name=NASTY))
    assert "<script" not in markup
    assert with_class(markup, "strip-name")[0].text == NASTY


def test_times_are_the_programs_own() -> None:
    there = replace(a_strip(piece(Piece.IN, 0, 60)), tz="America/Denver")
    assert "3:30 PM to 4:30 PM" in strip.draw(there)


# --- week bar ----------------------------------------------------------------------------------------------


def seats(*told: tuple[int, Seat, int]) -> tuple[WeekSeat, ...]:
    """Seats from (days after Monday, kind, minutes)."""
    return tuple(WeekSeat(MONDAY + timedelta(days=after), kind, minutes) for after, kind, minutes in told)


def test_the_goal_stands_where_its_minutes_are() -> None:
    value = Week("week", seats((0, Seat.DONE, 180)), goal=540)
    mark = with_class(week.bar(value), "week-goal")[0]
    assert mark.get("x1") == svg.percent(540 / week.scale(value))


def test_done_and_ghosts_follow_each_other_without_overlap() -> None:
    value = Week(
        "week",
        seats((0, Seat.GHOST, 180), (1, Seat.DONE, 150), (2, Seat.MISSED, 0), (3, Seat.DONE, 210)),
        goal=540,
    )
    markup = week.bar(value)
    whole = week.scale(value)
    done = [(one.get("x"), one.get("width")) for one in with_class(markup, "week-done")]
    ghosts = [(one.get("x"), one.get("width")) for one in with_class(markup, "week-ghost")]
    assert done == [("0%", svg.percent(150 / whole)), (svg.percent(150 / whole), svg.percent(210 / whole))]
    assert ghosts == [(svg.percent(360 / whole), svg.percent(180 / whole))]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from(Seat), st.integers(0, 400)), max_size=14),
    st.integers(1, 1200),
)
def test_no_week_leaves_its_bar(told: list[tuple[int, Seat, int]], goal: int) -> None:
    markup = week.bar(Week("week", seats(*told), goal))
    boxes = with_class(markup, "week-done") + with_class(markup, "week-ghost")
    for box in boxes:
        assert float((box.get("x") or "").rstrip("%")) + float((box.get("width") or "").rstrip("%")) <= 100.01
    assert float((with_class(markup, "week-goal")[0].get("x1") or "").rstrip("%")) <= 100


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            ((0, Seat.DONE, 180), (1, Seat.DONE, 180), (2, Seat.DONE, 180)),
            "9 h: you have your 9 h this week.",
        ),
        (
            ((0, Seat.DONE, 450), (3, Seat.GHOST, 180)),
            "7 h 30 min of 9 h so far. Thursday makes it 10 h 30 min.",
        ),
        (
            ((0, Seat.DONE, 359), (2, Seat.GHOST, 90), (3, Seat.GHOST, 91)),
            "5 h 59 min of 9 h so far. Thursday makes it 9 h.",
        ),
        (
            ((0, Seat.DONE, 539),),
            "8 h 59 min of 9 h so far. No more sessions this week. Let's talk about the rest.",
        ),
        (
            ((0, Seat.DONE, 150), (3, Seat.GHOST, 180)),
            "2 h 30 min of 9 h so far. The sessions left add 3 h. Let's talk about how to fit in the rest.",
        ),
    ],
)
def test_the_week_in_words(told: tuple[tuple[int, Seat, int], ...], words: str) -> None:
    assert week.sentence(Week("week", seats(*told))) == words


def test_a_missed_seat_has_no_length_but_stands_in_the_table() -> None:
    value = Week("week", seats((0, Seat.MISSED, 0)))
    assert not with_class(week.bar(value), "week-done")
    assert [[cell.text for cell in row] for row in tree(week.draw(value)).iter("tr")][1] == [
        "Mon, Apr 13",
        None,
        "Missed",
        "0 min",
    ]


# --- trend -------------------------------------------------------------------------------------------------


def days(moods: str) -> tuple[TrendDay, ...]:
    """Days from Monday on; "-" is a day without a row, "?" a row without an answer."""
    return tuple(
        TrendDay(MONDAY + timedelta(days=n), None if sign == "?" else int(sign), 1)
        for n, sign in enumerate(moods)
        if sign != "-"
    )


def lines(markup: str, css: str) -> list[int]:
    """How many points each stretch of a line has."""
    return [len((one.get("points") or "").split()) for one in with_class(markup, css)]


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


def dots(*told: tuple[int, int]) -> tuple[WeatherDot, ...]:
    """Dots from (mood, urge)."""
    return tuple(WeatherDot(mood, urge) for mood, urge in told)


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


# --- sparkline ---------------------------------------------------------------------------------------------


def test_a_sparkline_has_gaps_a_name_and_no_ids() -> None:
    markup = spark.sparkline([3, 4, None, 5, None, 6, 7], "Urge <b>")
    assert lines(markup, "spark-line") == [2, 2]
    assert len(with_class(markup, "spark-end")) == 2  # the lone day and the newest
    assert tree(markup)[0].get("aria-label") == "Urge <b>, newest 7"
    assert " id=" not in markup


def test_a_sparkline_of_nothing_says_so() -> None:
    assert "no answers" in spark.sparkline([None, None], "Urge")
    assert not list(tree(spark.sparkline([], "Urge")).iter("polyline"))


# --- all of them -------------------------------------------------------------------------------------------


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
