"""PHQ-9 and PHQ-2: depression, two weeks."""

from __future__ import annotations

from checkins.instruments.base import (
    Answer,
    AnswerList,
    Instrument,
    References,
    Result,
    Scale,
    at_least,
    band_of,
    change,
    change_points,
    number,
    response,
    total_of,
)

PHQ9 = Scale(Instrument.PHQ9, items=9, low=0, high=3)
PHQ2 = Scale(Instrument.PHQ2, items=2, low=0, high=3)
BANDS = ((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "moderately_severe"), (20, "severe"))
MEANINGFUL_CHANGE = 5
ITEM9 = "item9"


def score_phq9(answers: AnswerList, references: References = References()) -> Result:  # noqa: B008 frozen
    """Total 0-27. Item 9 counts from 1 up, whatever the total, and also on a form that is unfinished or
    rejected.
    """
    item9 = _positive_item9(answers[8]) if len(answers) > 8 else None
    if problems := PHQ9.problems(answers):
        return Result(Instrument.PHQ9, rejected=True, problems=problems, item9=item9)
    score = total_of(PHQ9.read(answers))
    return Result(
        Instrument.PHQ9,
        complete=score is not None,
        score=score,
        band=band_of(score, BANDS),
        positive=at_least(score, 10),
        flags=frozenset({ITEM9}) if item9 else frozenset(),
        change=change(score, references.previous, MEANINGFUL_CHANGE),
        change_points=change_points(score, references.previous),
        response=response(score, references.baseline),
        item9=item9,
    )


def score_phq2(answers: AnswerList) -> Result:
    """Total 0-6 of the first two items, positive from 3."""
    if problems := PHQ2.problems(answers):
        return Result(Instrument.PHQ2, rejected=True, problems=problems)
    score = total_of(PHQ2.read(answers))
    return Result(Instrument.PHQ2, complete=score is not None, score=score, positive=at_least(score, 3))


def _positive_item9(answer: Answer) -> int | None:
    """The answer if it is a number of 1 or more, even one out of range: an odd form is no reason to look
    away (C7).
    """
    value = number(answer)
    return min(int(value), 3) if value is not None and value >= 1 else None
