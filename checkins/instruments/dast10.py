"""DAST-10: drug use, answers only (the wording belongs to its owner)."""

from __future__ import annotations

from checkins.instruments.base import AnswerList, Instrument, Result, band_of, total_of

ITEMS = 10
SCORES_ON_NO = 3
BANDS = ((0, "none"), (1, "low"), (3, "moderate"), (6, "substantial"), (9, "severe"))


def score_dast10(answers: AnswerList) -> Result:
    """Total 0-10 of yes/no answers; item 3 scores on no."""
    problems = _problems(answers)
    if problems:
        return Result(Instrument.DAST10, rejected=True, problems=problems)
    score = total_of([_points(number, answer) for number, answer in enumerate(answers, start=1)])
    return Result(Instrument.DAST10, complete=score is not None, score=score, band=band_of(score, BANDS))


def _points(number: int, answer: object) -> int | None:
    return None if answer is None else int(answer is (number != SCORES_ON_NO))


def _problems(answers: AnswerList) -> tuple[str, ...]:
    found = [
        f"item {number}: expected yes or no"
        for number, answer in enumerate(answers, start=1)
        if answer is not None and not isinstance(answer, bool)
    ]
    if len(answers) != ITEMS:
        found.append(f"expected {ITEMS} answers, got {len(answers)}")
    return tuple(found)
