"""C-SSRS: the tier of each pattern of answers; a yes is heard whatever else is wrong."""

from __future__ import annotations

import pytest

from checkins.instruments import Instrument, score


@pytest.mark.parametrize(
    ("yes", "behaviour", "tier"),
    [
        ("", "no", "negative"),
        ("q1", "no", "low"),
        ("q2", "no", "low"),
        ("q1 q2 q3", "no", "moderate"),
        ("q2 q4", "no", "high"),  # mistake: question 4 as moderate
        ("q2 q5", "no", "high"),
        ("", "lifetime", "moderate"),  # mistake: behaviour as high whenever it was
        ("", "recent", "high"),
        ("q1 q2 q4", "lifetime", "high"),
    ],
)
def test_cssrs_tiers(yes: str, behaviour: str, tier: str) -> None:
    answers: dict[str, object] = {f"q{n}": f"q{n}" in yes.split() for n in range(1, 6)}
    found = score(Instrument.CSSRS, answers | {"q6": behaviour})
    assert (found.band, found.flags, found.complete) == (tier, frozenset(), True)


@pytest.mark.parametrize("q2", [False, None])
def test_a_contradiction_is_flagged_and_lowers_nothing(q2: bool | None) -> None:
    found = score(Instrument.CSSRS, {"q1": False, "q2": q2, "q4": True, "q6": "no"})
    assert found.flags == {"inconsistent"}  # mistake: lowering the tier because question 2 was no
    assert found.risk_at_least == "high"


def test_questions_three_to_five_may_be_left_out_and_the_others_not() -> None:
    assert score(Instrument.CSSRS, {"q1": False, "q2": False, "q6": "no"}).complete
    for missing in ("q1", "q2", "q6"):
        answers = {
            item: value for item, value in {"q1": True, "q2": True, "q6": "no"}.items() if item != missing
        }
        found = score(Instrument.CSSRS, answers)
        assert (found.complete, found.band) == (False, None)
        assert found.risk_at_least == "low"


@pytest.mark.parametrize("wrong", [{"q1": 1}, {"q6": True}, {"q6": "yes"}, {"q7": True}, {"q3": "no"}])
def test_cssrs_answers_out_of_range_reject_but_a_yes_is_heard(wrong: dict[str, object]) -> None:
    found = score(Instrument.CSSRS, {"q2": True, "q5": True, "q6": "no"} | wrong)
    assert (found.rejected, found.band, found.risk_at_least) == (True, None, "high")
