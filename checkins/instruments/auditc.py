"""AUDIT-C: alcohol, one year."""

from __future__ import annotations

from checkins.instruments.base import AnswerList, Instrument, Result, Scale, Sex, at_least, total_of

AUDITC = Scale(Instrument.AUDITC, items=3, low=0, high=4)


def score_auditc(answers: AnswerList, sex: Sex = Sex.UNKNOWN) -> Result:
    """Total 0-12; positive from 4 for men and from 3 for women, and from 3 when the sex is unknown (the
    safer cut).
    """
    if problems := AUDITC.problems(answers):
        return Result(Instrument.AUDITC, rejected=True, problems=problems)
    score = total_of(AUDITC.read(answers))
    cut = 4 if sex is Sex.MALE else 3
    return Result(Instrument.AUDITC, complete=score is not None, score=score, positive=at_least(score, cut))
