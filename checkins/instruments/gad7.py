"""GAD-7: anxiety, two weeks."""

from __future__ import annotations

from checkins.instruments.base import (
    AnswerList,
    Instrument,
    References,
    Result,
    Scale,
    at_least,
    band_of,
    change,
    change_points,
    response,
    total_of,
)

GAD7 = Scale(Instrument.GAD7, items=7, low=0, high=3)
BANDS = ((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "severe"))
MEANINGFUL_CHANGE = 4


def score_gad7(answers: AnswerList, references: References = References()) -> Result:  # noqa: B008 frozen
    """Total 0-21, positive from 10."""
    if problems := GAD7.problems(answers):
        return Result(Instrument.GAD7, rejected=True, problems=problems)
    score = total_of(GAD7.read(answers))
    return Result(
        Instrument.GAD7,
        complete=score is not None,
        score=score,
        band=band_of(score, BANDS),
        positive=at_least(score, 10),
        change=change(score, references.previous, MEANINGFUL_CHANGE),
        change_points=change_points(score, references.previous),
        response=response(score, references.baseline),
    )
