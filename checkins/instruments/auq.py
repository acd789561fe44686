"""AUQ: alcohol urge, now."""

from __future__ import annotations

from checkins.instruments.base import AnswerList, Instrument, Result, Scale, total_of

AUQ = Scale(Instrument.AUQ, items=8, low=1, high=7)
REVERSED = (2, 7)


def score_auq(answers: AnswerList) -> Result:
    """Total 8-56; items 2 and 7 are ticked the other way round and turned here."""
    if problems := AUQ.problems(answers):
        return Result(Instrument.AUQ, rejected=True, problems=problems)
    values = [
        8 - value if value is not None and number in REVERSED else value
        for number, value in enumerate(AUQ.read(answers), start=1)
    ]
    score = total_of(values)
    return Result(Instrument.AUQ, complete=score is not None, score=score)
