"""PCL-5: trauma, one month. It has no severity bands; none are invented here."""

from __future__ import annotations

from checkins.instruments.base import (
    AnswerList,
    Cut,
    Instrument,
    References,
    Result,
    Scale,
    change,
    change_points,
    response,
    total_of,
)

PCL5 = Scale(Instrument.PCL5, items=20, low=0, high=4)
# Items of each cluster (counted from 0) and how many of them must be present for the provisional rule.
CLUSTERS = {"b": (range(5), 1), "c": (range(5, 7), 1), "d": (range(7, 14), 2), "e": (range(14, 20), 2)}
PRESENT_FROM = 2
CUT_FROM, CUT_TO = 31, 33
MEANINGFUL_CHANGE = 10


def score_pcl5(answers: AnswerList, references: References = References()) -> Result:  # noqa: B008 frozen
    """Total 0-80 with its clusters, the cut range 31-33 and the provisional rule (2 or more = present)."""
    if problems := PCL5.problems(answers):
        return Result(Instrument.PCL5, rejected=True, problems=problems)
    values = PCL5.read(answers)
    score = total_of(values)
    return Result(
        Instrument.PCL5,
        complete=score is not None,
        score=score,
        subscales={name: total_of([values[item] for item in items]) for name, (items, _) in CLUSTERS.items()},
        cut=_cut(score),
        provisional=None if score is None else _provisional(values),
        change=change(score, references.previous, MEANINGFUL_CHANGE),
        change_points=change_points(score, references.previous),
        response=response(score, references.baseline),
    )


def _cut(score: int | None) -> Cut | None:
    if score is None:
        return None
    if score < CUT_FROM:
        return Cut.BELOW
    return Cut.AT if score <= CUT_TO else Cut.ABOVE


def _provisional(values: list[int | None]) -> bool:
    return all(
        sum((values[item] or 0) >= PRESENT_FROM for item in items) >= needed
        for items, needed in CLUSTERS.values()
    )
