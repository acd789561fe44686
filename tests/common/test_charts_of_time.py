"""The minute strip of an evening and the bar of a week: every instant and every minute where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.common.drawings import (
    NASTY,
    a_strip,
    minute,
    piece,
    seats,
    tree,
    with_class,
)
from vio.common.charts import strip, svg, week
from vio.common.charts.strip import Piece
from vio.common.charts.week import Seat, Week

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
