"""Scoring of every instrument, and the mistakes others made with them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins.instruments import KEYED_ANSWERS, Instrument, References, Sex, score
from checkins.instruments.base import Change, Cut, references

LISTS = {
    Instrument.PHQ9: (9, 0, 3),
    Instrument.PHQ2: (2, 0, 3),
    Instrument.GAD7: (7, 0, 3),
    Instrument.AUDITC: (3, 0, 4),
    Instrument.PCL5: (20, 0, 4),
    Instrument.AUQ: (8, 1, 7),
}


def phq9(total: int, item9: int | None = 0) -> list[int | None]:
    """Nine answers of a total over the first eight items, and item 9."""
    first = [max(0, min(3, total - 3 * n)) for n in range(8)]
    return [*first, item9]


# -- what holds for all lists --


@pytest.mark.parametrize(("instrument", "shape"), LISTS.items())
def test_totals_span_their_range(instrument: Instrument, shape: tuple[int, int, int]) -> None:
    items, low, high = shape
    mixed = score(instrument, [low, high] + [low] * (items - 2))
    assert mixed.complete
    if instrument is not Instrument.AUQ:
        assert score(instrument, [low] * items).score == low * items
        assert score(instrument, [high] * items).score == high * items


@pytest.mark.parametrize(("instrument", "shape"), LISTS.items())
@pytest.mark.parametrize("beyond", [-1, 1])
def test_an_answer_out_of_range_rejects_the_form_even_if_another_is_missing(
    instrument: Instrument, shape: tuple[int, int, int], beyond: int
) -> None:
    items, low, high = shape
    bad = low - 1 if beyond < 0 else high + 1
    found = score(instrument, [bad, None] + [low] * (items - 2))
    assert found.rejected
    assert found.problems[0].startswith("item 1:")
    assert (found.score, found.band, found.complete) == (None, None, False)


@pytest.mark.parametrize("wrong", ["2", True, 1.5, float("nan"), float("inf"), Decimal("NaN"), [], {}])
def test_only_whole_numbers_are_answers(wrong: object) -> None:
    assert score(Instrument.GAD7, [wrong, 0, 0, 0, 0, 0, 0]).rejected


def test_a_whole_number_is_one_by_value() -> None:
    assert score(Instrument.GAD7, [2.0, Decimal(1), 0, 0, 0, 0, 0]).score == 3


@pytest.mark.parametrize(("instrument", "shape"), LISTS.items())
def test_a_missing_item_leaves_no_total(instrument: Instrument, shape: tuple[int, int, int]) -> None:
    items, low, _ = shape
    found = score(instrument, [None] + [low] * (items - 1), references=References(5, 5))
    assert (found.complete, found.rejected) == (False, False)
    assert (found.score, found.band, found.positive) == (None, None, None)
    assert (found.change, found.change_points, found.response, found.cut) == (None, None, None, None)


@pytest.mark.parametrize("instrument", [each for each in Instrument if each not in KEYED_ANSWERS])
def test_a_form_of_the_wrong_length_is_rejected(instrument: Instrument) -> None:
    found = score(instrument, [])
    assert found.rejected
    assert found.problems == (f"expected {LISTS.get(instrument, (10,))[0]} answers, got 0",)


def test_the_wrong_shape_is_an_error_of_the_caller() -> None:
    with pytest.raises(TypeError, match="list of answers"):
        score(Instrument.PHQ9, {"1": 0})
    with pytest.raises(TypeError, match="by item"):
        score(Instrument.BAM, [0])
    with pytest.raises(TypeError, match="answers are"):
        score(Instrument.PHQ9, "000000000")


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=3)


@given(
    st.sampled_from(Instrument),
    st.lists(anything, max_size=21),
    st.dictionaries(st.text(max_size=3), anything),
)
def test_no_content_raises(instrument: Instrument, listed: list[object], keyed: dict[str, object]) -> None:
    found = score(instrument, keyed if instrument in KEYED_ANSWERS else listed)
    assert found.rejected == bool(found.problems)
    assert not (found.rejected and found.score is not None)


# -- PHQ-9, PHQ-2, GAD-7 --


@pytest.mark.parametrize(
    ("total", "band", "positive"),
    [
        (0, "minimal", False),
        (4, "minimal", False),
        (5, "mild", False),
        (9, "mild", False),
        (10, "moderate", True),
        (14, "moderate", True),
        (15, "moderately_severe", True),
        (19, "moderately_severe", True),
        (20, "severe", True),
        (24, "severe", True),
    ],
)
def test_phq9_bands(total: int, band: str, positive: bool) -> None:
    found = score(Instrument.PHQ9, phq9(total))
    assert (found.score, found.band, found.positive) == (total, band, positive)


@pytest.mark.parametrize(("answer", "heard"), [(0, False), (1, True), (2, True), (3, True), (None, False)])
def test_item9_counts_from_one_whatever_the_total(answer: int | None, heard: bool) -> None:
    found = score(Instrument.PHQ9, phq9(0, answer))  # mistake: tying it to the total, or to 2 and more
    assert (found.flags == {"item9"}) is heard
    assert (found.item9 is not None) is heard


def test_item9_is_heard_on_an_unfinished_and_on_a_rejected_form() -> None:
    unfinished = score(Instrument.PHQ9, [None] * 8 + [1])
    rejected = score(Instrument.PHQ9, [99] * 8 + [1])
    odd = score(Instrument.PHQ9, [0] * 8 + [7])
    assert (set(unfinished.flags), unfinished.item9) == ({"item9"}, 1)
    assert (rejected.rejected, rejected.item9) == (True, 1)
    assert (odd.rejected, odd.item9) == (True, 3)


@pytest.mark.parametrize("noise", ["1", True, float("nan"), 0.5, -3])
def test_what_is_no_positive_number_is_no_item9(noise: object) -> None:
    found = score(Instrument.PHQ9, [0] * 8 + [noise])
    assert (found.rejected, found.item9) == (True, None)


@pytest.mark.parametrize(("answers", "positive"), [([1, 1], False), ([3, 0], True)])
def test_phq2_is_positive_from_three(answers: list[int], positive: bool) -> None:
    assert score(Instrument.PHQ2, answers).positive is positive


@pytest.mark.parametrize(
    ("total", "band", "positive"),
    [
        (4, "minimal", False),
        (5, "mild", False),
        (9, "mild", False),
        (10, "moderate", True),
        (15, "severe", True),
    ],
)
def test_gad7_bands(total: int, band: str, positive: bool) -> None:
    found = score(Instrument.GAD7, [max(0, min(3, total - 3 * n)) for n in range(7)])
    assert (found.score, found.band, found.positive) == (total, band, positive)


@pytest.mark.parametrize(
    ("instrument", "answers", "threshold"),
    [
        (Instrument.PHQ9, phq9(10), 5),
        (Instrument.GAD7, [3, 3, 3, 1, 0, 0, 0], 4),
        (Instrument.PCL5, [1] * 10 + [0] * 10, 10),
    ],
)
def test_change_needs_its_own_number_of_points(
    instrument: Instrument, answers: list[int], threshold: int
) -> None:
    def label(previous: int) -> Change | None:
        return score(instrument, answers, references=References(previous=previous)).change

    assert label(10 - threshold) is Change.WORSE
    assert label(10 - threshold + 1) is Change.NO_MEANINGFUL_CHANGE
    assert label(10 + threshold - 1) is Change.NO_MEANINGFUL_CHANGE
    assert label(10 + threshold) is Change.BETTER


@pytest.mark.parametrize(("baseline", "responded"), [(20, True), (19, False), (0, False), (None, None)])
def test_response_is_half_of_the_baseline_or_less(baseline: int | None, responded: bool | None) -> None:
    found = score(Instrument.PHQ9, phq9(10), references=References(baseline=baseline))
    assert found.response is responded


def test_compared_are_the_latest_and_the_first_complete_form() -> None:
    assert references([None, 12, 9, None]) == References(previous=9, baseline=12)
    assert references([7]) == References(previous=7, baseline=7)
    assert references([None]) == references([]) == References()


# -- AUDIT-C, DAST-10, PCL-5, AUQ --


@pytest.mark.parametrize(
    ("total", "sex", "positive"),
    [
        (2, Sex.FEMALE, False),
        (3, Sex.FEMALE, True),
        (3, Sex.MALE, False),
        (4, Sex.MALE, True),
        (3, Sex.UNKNOWN, True),
        (2, Sex.UNKNOWN, False),
    ],
)
def test_auditc_cut_by_sex(total: int, sex: Sex, positive: bool) -> None:
    assert score(Instrument.AUDITC, [total, 0, 0], sex=sex).positive is positive


def test_dast10_item_3_scores_on_no() -> None:
    assert score(Instrument.DAST10, [False] * 10).score == 1  # mistake: adding up the yes
    assert score(Instrument.DAST10, [n == 2 for n in range(10)]).score == 0


@pytest.mark.parametrize(
    ("yes", "band"),
    [(0, "low"), (1, "low"), (2, "moderate"), (5, "substantial"), (8, "severe"), (9, "severe")],
)
def test_dast10_bands(yes: int, band: str) -> None:
    others = [True] * yes + [False] * (9 - yes)
    found = score(Instrument.DAST10, [*others[:2], False, *others[2:]])
    assert (found.score, found.band) == (yes + 1, band)


@pytest.mark.parametrize("wrong", [1, 0, "yes"])
def test_dast10_is_answered_by_yes_or_no(wrong: object) -> None:
    assert score(Instrument.DAST10, [wrong] + [False] * 9).rejected


@pytest.mark.parametrize(("total", "cut"), [(30, Cut.BELOW), (31, Cut.AT), (33, Cut.AT), (34, Cut.ABOVE)])
def test_pcl5_cut_is_a_range_and_there_are_no_bands(total: int, cut: Cut) -> None:
    found = score(Instrument.PCL5, [max(0, min(4, total - 4 * n)) for n in range(20)])
    assert (found.score, found.cut) == (total, cut)
    assert found.band is None  # mistake: inventing severity bands


def test_pcl5_provisional_rule_needs_every_cluster() -> None:
    met = {0: 2, 5: 2, 7: 2, 8: 2, 14: 2, 15: 2}
    answers = [met.get(n, 1) for n in range(20)]
    assert score(Instrument.PCL5, answers).provisional is True
    for item in met:
        fewer = [1 if n == item else value for n, value in enumerate(answers)]
        assert score(Instrument.PCL5, fewer).provisional is False


def test_pcl5_missing_item_voids_its_own_cluster() -> None:
    found = score(Instrument.PCL5, [None] + [1] * 19)
    assert dict(found.subscales) == {"b": None, "c": 2, "d": 7, "e": 6}
    assert (found.score, found.provisional) == (None, None)


def test_auq_turns_items_2_and_7() -> None:
    assert score(Instrument.AUQ, [1, 7, 1, 1, 1, 1, 7, 1]).score == 8
    assert score(Instrument.AUQ, [1] * 8).score == 20  # mistake: a plain sum gives 8
