"""BAM and BAM-R: subscales, day bands and flags, and the mistakes others made with them."""

from __future__ import annotations

import pytest

from checkins.instruments import Instrument, score

GOOD_MONTH: dict[str, object] = {
    "1": "excellent",
    **dict.fromkeys(("2", "3", "4", "5", "6", "11"), 0),
    **dict.fromkeys(("8", "15"), "not_at_all"),
    **dict.fromkeys(("9", "12"), "extremely"),
    **dict.fromkeys(("10", "13", "16"), 30),
    "14": True,
}


def test_bam_at_its_best() -> None:
    found = score(Instrument.BAM, GOOD_MONTH)
    assert dict(found.subscales) == {"use": 0, "risk": 0, "protective": 24}
    assert (found.score, found.flags, found.complete) == (None, frozenset(), True)  # never a grand total


def test_poor_health_is_risk() -> None:
    found = score(Instrument.BAM, GOOD_MONTH | {"1": "poor"})
    assert (found.item_codes["1"], found.subscales["risk"]) == (4, 4)  # mistake: poor = 0


@pytest.mark.parametrize(
    ("days", "code"),
    [(0, 0), (1, 1), (3, 1), (4, 2), (5, 2), (8, 2), (9, 3), (10, 3), (15, 3), (16, 4), (30, 4)],
)
def test_bam_day_bands(days: int, code: int) -> None:
    assert score(Instrument.BAM, GOOD_MONTH | {"11": days}).item_codes["11"] == code


def test_overall_progress_is_in_no_subscale() -> None:
    for instrument in (Instrument.BAM, Instrument.BAM_R):
        plain, with_17 = score(instrument, GOOD_MONTH), score(instrument, GOOD_MONTH | {"17": "extremely"})
        assert plain.subscales == with_17.subscales  # mistake: adding item 17 to protective
        assert "17" not in with_17.item_codes


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"4": 1}, {"use"}),
        ({"1": "poor", "2": 16, "3": 9, "8": "not_at_all"}, set()),  # risk 11
        ({"1": "poor", "2": 16, "3": 16}, {"risk"}),  # risk 12
        ({"9": "not_at_all", "12": "not_at_all", "10": 15}, set()),  # protective 15
        ({"9": "not_at_all", "12": "not_at_all", "10": 0}, {"protective"}),  # protective 12
    ],
)
def test_bam_flags(change: dict[str, object], flags: set[str]) -> None:
    assert score(Instrument.BAM, GOOD_MONTH | change).flags == flags


def test_bam_r_counts_days_and_flags_use_only() -> None:
    bad = {
        "1": "poor",
        "2": 30,
        "3": 30,
        "9": "not_at_all",
        "10": 0,
        "12": "slightly",
        "13": 0,
        "14": False,
        "6": 2,
    }
    found = score(Instrument.BAM_R, GOOD_MONTH | bad)
    assert dict(found.subscales) == {"use": 2, "risk": 90, "protective": 38}
    assert found.flags == {"use"}  # mistake: the cuts 11 and 13 belong to the other scale


@pytest.mark.parametrize("instrument", [Instrument.BAM, Instrument.BAM_R])
def test_a_missing_item_voids_only_its_own_subscale(instrument: Instrument) -> None:
    found = score(instrument, {item: value for item, value in GOOD_MONTH.items() if item != "3"})
    assert found.subscales["risk"] is None
    assert found.subscales["use"] == 0
    assert not found.complete


def test_contradictions_are_told_and_scored() -> None:
    found = score(Instrument.BAM, GOOD_MONTH | {"4": 2, "5": 3, "6": 1, "7a": 1, "7c": 2, "7g": 30})
    assert found.inconsistencies == ("5>4", "7c>6", "7g>6")
    assert found.subscales["use"] == 3


@pytest.mark.parametrize(
    "wrong",
    [{"4": 31}, {"4": -1}, {"1": "extremely"}, {"8": "good"}, {"14": 1}, {"7h": 1}, {"7a": 31}, {"17": 3}],
)
def test_bam_answers_belong_to_their_item(wrong: dict[str, object]) -> None:
    assert score(Instrument.BAM, GOOD_MONTH | wrong).rejected
