"""Scoring of questionnaires: answers in, results out; no wording, no storage."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from checkins.instruments.auditc import score_auditc
from checkins.instruments.auq import score_auq
from checkins.instruments.bam import score_bam, score_bam_r
from checkins.instruments.base import Answer, AnswerList, AnswerMap, Instrument, References, Result, Sex
from checkins.instruments.cssrs import score_cssrs
from checkins.instruments.dast10 import score_dast10
from checkins.instruments.gad7 import score_gad7
from checkins.instruments.pcl5 import score_pcl5
from checkins.instruments.phq import score_phq2, score_phq9

_COMPARED = MappingProxyType(
    {Instrument.PHQ9: score_phq9, Instrument.GAD7: score_gad7, Instrument.PCL5: score_pcl5}
)
_PLAIN: MappingProxyType[Instrument, Callable[[AnswerList], Result]] = MappingProxyType(
    {Instrument.PHQ2: score_phq2, Instrument.DAST10: score_dast10, Instrument.AUQ: score_auq}
)
_KEYED: MappingProxyType[Instrument, Callable[[AnswerMap], Result]] = MappingProxyType(
    {Instrument.BAM: score_bam, Instrument.BAM_R: score_bam_r, Instrument.CSSRS: score_cssrs}
)

KEYED_ANSWERS = frozenset(_KEYED)


def score(
    instrument: Instrument,
    answers: AnswerList | AnswerMap,
    *,
    sex: Sex = Sex.UNKNOWN,
    references: References = References(),  # noqa: B008 frozen
) -> Result:
    """Score any instrument; BAM, BAM-R and C-SSRS take answers by item, the others a list in item order.

    Content never raises: what is out of range comes back as a rejected result. TypeError for the wrong shape.
    """
    if isinstance(answers, dict):
        if instrument not in _KEYED:
            raise TypeError(f"{instrument} takes a list of answers")
        return _KEYED[instrument](answers)
    if not isinstance(answers, list | tuple):
        raise TypeError("answers are a list, or a dict by item")
    return _score_list(instrument, answers, sex, references)


def _score_list(instrument: Instrument, answers: AnswerList, sex: Sex, references: References) -> Result:
    if instrument in _COMPARED:
        return _COMPARED[instrument](answers, references)
    if instrument is Instrument.AUDITC:
        return score_auditc(answers, sex)
    if instrument not in _PLAIN:
        raise TypeError(f"{instrument} takes answers by item")
    return _PLAIN[instrument](answers)


__all__ = [
    "KEYED_ANSWERS",
    "Answer",
    "AnswerList",
    "AnswerMap",
    "Instrument",
    "References",
    "Result",
    "Sex",
    "score",
]
