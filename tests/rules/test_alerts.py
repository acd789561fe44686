"""A1-A10, C7, C8: the alert rules, their reasons in words and their due times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins.instruments import Instrument, References, score
from checkins.rules import (
    RULE_VERSION,
    CheckIn,
    DayValues,
    Evaluation,
    Inputs,
    Level,
    OpenAlert,
    Reason,
    day_values,
    evaluate,
    in_baseline,
    merge,
    orange_due,
    red_targets,
    unanswered_call,
    yellow_due,
)
from checkins.why import why, why_all
from vio.common.localtime import to_instant, to_local, zone

NEW_YORK = zone("America/New_York")


def look(
    urge: object = None,
    mood: object = None,
    *,
    used: object = None,
    safety: object = None,
    urges: Sequence[int] = (),
    moods: Sequence[int] = (),
    missed: int = 0,
) -> Evaluation:
    today = CheckIn(urge=urge, mood=mood, used=used, safety=safety)
    return evaluate(Inputs(today, tuple(urges), tuple(moods), missed))


def told(found: Evaluation) -> tuple[str, list[str]]:
    return str(found.level), [str(finding.reason) for finding in found.findings]


def test_a_calm_day_raises_nothing() -> None:
    assert told(look(0, 10, used=False, safety=False)) == ("none", [])
    assert told(evaluate(Inputs())) == ("none", [])


def test_the_safety_question_is_red_whatever_else() -> None:
    assert told(look(0, 10, safety=True)) == ("red", ["safety"])


@pytest.mark.parametrize(
    ("urge", "expected"),
    [(5, []), (6, ["urge_elevated"]), (7, ["urge_elevated"]), (8, ["urge_high"]), (10, ["urge_high"])],
)
def test_levels_of_urge(urge: int, expected: list[str]) -> None:
    found = look(urge)
    assert told(found)[1] == expected
    assert found.level is {"urge_high": Level.ORANGE, "urge_elevated": Level.YELLOW}.get(
        "".join(expected), Level.NONE
    )


@pytest.mark.parametrize(
    ("mood", "level", "expected"),
    [
        (0, "orange", ["mood_low"]),
        (2, "orange", ["mood_low"]),
        (3, "yellow", ["mood_reduced"]),
        (4, "none", []),
    ],
)
def test_levels_of_mood(mood: int, level: str, expected: list[str]) -> None:
    assert told(look(None, mood)) == (level, expected)


@pytest.mark.parametrize(
    ("urge", "earlier", "level"),
    [
        (5, [2, 3, 2, 4, 3, 2, 3], "orange"),
        (4, [1, 1, 1, 1, 1], "yellow"),
        (4, [2, 2, 2, 2, 2], "yellow"),  # two above, exactly
        (3, [2, 2, 2, 2, 1], "none"),
        (4, [2, 2, 2, 2], "none"),  # four values are no baseline
        (5, [0, 0, 5, 5, 5], "none"),  # two above, but this person swings
        (7, [6, 7, 6, 7, 6], "yellow"),  # high and usual: elevated, no rise
    ],
)
def test_a_rise_is_against_the_persons_own_usual(urge: int, earlier: list[int], level: str) -> None:
    assert look(urge, urges=earlier).level == level


def test_one_and_a_half_deviations_on_the_dot_are_a_rise() -> None:
    # Mean 3, sum of squares 16 over 4: deviation 2, so 6 is exactly 1.5 of them above.
    earlier = [1, 1, 3, 5, 5]
    assert Reason.URGE_RISE in look(6, urges=earlier).reasons


@given(st.integers(0, 10), st.lists(st.integers(0, 10), max_size=14))
def test_rise_and_drop_agree_with_the_definition(today: int, earlier: list[int]) -> None:
    found = look(today, today, urges=earlier, moods=earlier)
    enough = len(earlier) >= 5
    mean = Fraction(sum(earlier), len(earlier)) if enough else Fraction(0)
    squares = sum((Fraction(e) - mean) ** 2 for e in earlier)
    spread = max(squares / (len(earlier) - 1), Fraction(1)) if enough else Fraction(1)
    rise = enough and today - mean >= 2 and (today - mean) ** 2 / spread >= Fraction(9, 4)
    assert (Reason.URGE_RISE in found.reasons) == rise
    assert (Reason.MOOD_DROP in found.reasons) == (enough and mean - today >= 3)


@pytest.mark.parametrize(
    ("days", "level"),
    [(0, Level.NONE), (1, Level.NONE), (2, Level.YELLOW), (3, Level.ORANGE), (9, Level.ORANGE)],
)
def test_missed_check_ins(days: int, level: Level) -> None:
    found = look(missed=days)
    assert found.level is level
    assert found.reasons == (frozenset() if days < 2 else {Reason.MISSED_CHECKINS})


def test_all_reasons_are_listed_worst_first() -> None:
    found = look(9, 3, used=True, safety=True, missed=2)
    assert told(found) == ("red", ["safety", "use", "urge_high", "missed_checkins", "mood_reduced"])
    assert found.rule_version == RULE_VERSION


# -- forms out of range --


@pytest.mark.parametrize(
    "wrong", [{"urge": 11}, {"mood": -1}, {"urge": "9"}, {"used": 1}, {"urge": True}, {"urge": 2.5}]
)
def test_an_impossible_check_in_is_not_scored_but_its_safety_answer_is_heard(
    wrong: dict[str, object],
) -> None:
    answers: dict[str, object] = {"urge": 9, "mood": 0, "used": True, "safety": True}
    assert not CheckIn(**(answers | wrong)).in_range
    assert told(evaluate(Inputs(CheckIn(**(answers | wrong))))) == ("red", ["safety"])
    assert told(evaluate(Inputs(CheckIn(**(answers | wrong | {"safety": False}))))) == ("none", [])


# -- instruments --


def by_form(instrument: Instrument, answers: object, previous: int | None = None) -> tuple[str, list[str]]:
    result = score(instrument, answers, references=References(previous))  # type: ignore[arg-type]  # any shape
    return told(evaluate(Inputs(results=(result,))))


@pytest.mark.parametrize("answer", [1, 2, 3])
def test_item9_is_red_alone_unfinished_and_rejected(answer: int) -> None:
    for first in (0, None, 99):
        assert by_form(Instrument.PHQ9, [first] + [0] * 7 + [answer]) == ("red", ["phq9_item9"])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"q1": True, "q2": False, "q6": "no"}, ("yellow", ["cssrs_low"])),
        ({"q1": True, "q2": True, "q3": True, "q6": "no"}, ("orange", ["cssrs_moderate"])),
        ({"q1": False, "q2": False, "q6": "recent"}, ("red", ["cssrs_high"])),
        ({"q1": False, "q2": False, "q6": "no"}, ("none", [])),
        ({"q4": True}, ("red", ["cssrs_high"])),  # unfinished
        ({"q4": True, "q6": "maybe"}, ("red", ["cssrs_high"])),  # rejected
        ({"q3": True, "q6": "maybe"}, ("none", [])),  # rejected, and nothing red in it
    ],
)
def test_suicide_risk_tiers(answers: dict[str, object], expected: tuple[str, list[str]]) -> None:
    assert by_form(Instrument.CSSRS, answers) == expected


def test_worse_and_severe_scores_are_yellow() -> None:
    severe = [3, 3, 3, 3, 3, 3, 2, 0, 0]
    assert by_form(Instrument.PHQ9, severe, previous=20) == ("yellow", ["phq9_severe"])
    assert by_form(Instrument.PHQ9, severe, previous=15) == ("yellow", ["instrument_worse", "phq9_severe"])
    assert by_form(Instrument.PHQ9, [3, 3, 3, 3, 3, 3, 1, 0, 0], previous=15) == ("none", [])
    assert by_form(Instrument.GAD7, [3, 3, 3, 3, 3, 0, 0]) == ("yellow", ["gad7_severe"])
    assert by_form(Instrument.PCL5, [1] * 10 + [0] * 10, previous=0) == ("yellow", ["instrument_worse"])


@pytest.mark.parametrize("instrument", [Instrument.BAM, Instrument.BAM_R])
def test_use_in_a_bam_is_yellow(instrument: Instrument) -> None:
    assert by_form(instrument, {"4": 1, "5": 0, "6": 0}) == ("yellow", ["bam_use"])
    assert by_form(instrument, {"4": 0, "5": 0, "6": 0}) == ("none", [])


# -- one alert a day --


@pytest.mark.parametrize("opened", list(Level))
@pytest.mark.parametrize("trigger", [look(), look(6), look(8), look(safety=True)])
def test_an_open_alert_is_raised_and_never_lowered(opened: Level, trigger: Evaluation) -> None:
    before = OpenAlert(opened, frozenset({Reason.MOOD_LOW}))
    after = merge(before, trigger)
    assert after.level.rank == max(opened.rank, trigger.level.rank)
    assert after.reasons == before.reasons | trigger.reasons
    assert after.added == trigger.reasons - before.reasons
    assert after.raised == (trigger.level.rank > opened.rank)


def test_without_an_open_alert_the_trigger_is_the_alert() -> None:
    after = merge(None, look(8))
    assert (after.level, after.reasons, after.raised) == (Level.ORANGE, frozenset({Reason.URGE_HIGH}), True)
    assert not merge(None, look(0)).raised


def test_the_most_severe_of_a_day_feeds_the_baseline() -> None:
    several = [CheckIn(3, 7), CheckIn(6, 5), CheckIn(None, 8), CheckIn(99, 0)]
    assert day_values(several) == DayValues(urge=6, mood=5)
    assert day_values([CheckIn(99, 0)]) == DayValues(None, None)


@pytest.mark.parametrize(("back", "inside"), [(0, False), (1, True), (14, True), (15, False), (-1, False)])
def test_the_baseline_is_the_fourteen_dates_before_today(back: int, inside: bool) -> None:
    today = date(2026, 3, 10)
    assert in_baseline(today - timedelta(days=back), today) is inside


# -- targets --


def test_a_red_alert_has_fifteen_minutes_then_goes_up() -> None:
    raised = datetime(2026, 5, 9, 3, 0, tzinfo=UTC)  # Friday night: red works at any hour
    found = red_targets(raised)
    assert found.acknowledge_by == found.supervisor_at == raised + timedelta(minutes=15)
    assert found.director_at == raised + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        ("2026-05-06T09:00", "2026-05-07T00:00:00-04:00"),
        ("2026-05-08T23:59", "2026-05-09T00:00:00-04:00"),
        ("2026-05-09T10:00", "2026-05-12T00:00:00-04:00"),  # Saturday: the end of Monday
        ("2026-05-25T10:00", "2026-05-27T00:00:00-04:00"),  # a holiday: the end of Tuesday
    ],
)
def test_an_orange_alert_is_due_on_the_business_day(raised: str, due: str) -> None:
    at = to_instant(datetime.fromisoformat(raised), NEW_YORK)
    found = orange_due(at, NEW_YORK, {date(2026, 5, 25)})
    assert to_local(found, NEW_YORK).isoformat() == due


def test_a_yellow_alert_is_due_before_the_next_group() -> None:
    group = datetime(2026, 5, 7, 22, tzinfo=UTC)
    assert yellow_due(group) == group
    assert yellow_due(None) is None


# -- why --


def everything() -> Evaluation:
    forms = (
        score(Instrument.PHQ9, [3] * 8 + [1], references=References(3)),
        score(Instrument.GAD7, [3] * 7),
        score(Instrument.BAM, {"4": 9, "5": 0, "6": 0}),
        *(
            score(Instrument.CSSRS, {"q1": True, "q2": True, "q6": word})
            for word in ("no", "lifetime", "recent")
        ),
    )
    one = Inputs(CheckIn(9, 2, True, True), (2, 3, 2, 4, 3, 2, 3), (7, 7, 8, 7, 6), 3, forms)
    other = Inputs(CheckIn(6, 3))
    call = unanswered_call(61)
    return Evaluation(Level.RED, (*call.findings, *evaluate(one).findings, *evaluate(other).findings))


def test_every_reason_has_a_sentence_with_its_rule() -> None:
    found = everything()
    assert found.reasons == set(Reason)
    for finding, sentence in zip(found.findings, why_all(found), strict=True):
        assert sentence.endswith(f". ({finding.rule})")
        assert sentence[0].isupper()
        assert "{" not in sentence
        assert "None" not in sentence


def test_a_rise_is_explained_with_the_persons_own_figures() -> None:
    (finding,) = look(5, urges=[2, 3, 2, 4, 3, 2, 3]).findings
    assert dict(finding.values) == {"urge": 5, "mean": "2.7", "days": 7, "deviation": "1.0"}
    assert why(finding) == (
        "Urge 5 of 10 today, well above this person's usual 2.7 "
        "(7 days in the last two weeks, usual spread 1.0). (A5)"
    )


def test_worsening_is_explained_with_points_and_total() -> None:
    result = score(Instrument.GAD7, [2, 2, 2, 2, 0, 0, 0], references=References(3))
    assert why_all(evaluate(Inputs(results=(result,)))) == (
        "GAD-7 is 5 points worse than last time, now 8. (A8)",
    )


def test_explanations_hold_numbers_and_short_texts_only() -> None:
    for finding in everything().findings:
        assert all(isinstance(value, int | str) for value in finding.values.values())


def test_a_call_nobody_answered_is_red_and_says_how_long_it_waited() -> None:
    call = unanswered_call(75)
    assert call.level is Level.RED
    assert why_all(call) == (
        "Asked for help in the group, and nobody there had answered after 75 seconds. (A1)",
    )
