"""Why an alert was raised, in plain words for the person who reads it at night.

Sentences name the rule and the figures, no names, no advice, no blame.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from checkins.rules import Evaluation, Figures, Finding, Reason

_FORM_NAMES = MappingProxyType(
    {"phq9": "PHQ-9", "gad7": "GAD-7", "pcl5": "PCL-5", "bam": "BAM", "bam_r": "BAM-R"}
)


def why(finding: Finding) -> str:
    """One sentence for one reason, ending with its rule number: "Urge 9 of 10 today. (A4)"."""
    return f"{_SENTENCES[finding.reason](finding.values)} ({finding.rule})"


def why_all(evaluation: Evaluation) -> tuple[str, ...]:
    """The sentences of every reason, worst first."""
    return tuple(why(finding) for finding in evaluation.findings)


def _form(values: Figures) -> str:
    return _FORM_NAMES[str(values["instrument"])]


def _urge_rise(v: Figures) -> str:
    return (
        f"Urge {v['urge']} of 10 today, well above this person's usual {v['mean']} "
        f"({v['days']} days in the last two weeks, usual spread {v['deviation']})."
    )


def _mood_drop(v: Figures) -> str:
    return (
        f"Mood {v['mood']} of 10 today, at least 3 below this person's usual {v['mean']} "
        f"({v['days']} days in the last two weeks)."
    )


_SENTENCES: MappingProxyType[Reason, Callable[[Figures], str]] = MappingProxyType(
    {
        Reason.SAFETY: lambda _: "Answered yes to the safety question.",
        Reason.SILENT_HAND: lambda v: (
            f"Asked for help in the group, and nobody there had answered after {v['waited']} seconds."
        ),
        Reason.PHQ9_ITEM9: lambda v: (
            f"PHQ-9 question 9, about being better off dead or self-harm, was answered {v['answer']} of 3."
        ),
        Reason.CSSRS_HIGH: lambda _: "The suicide risk screen came out high.",
        Reason.CSSRS_MODERATE: lambda _: "The suicide risk screen came out moderate.",
        Reason.CSSRS_LOW: lambda _: "The suicide risk screen came out low, not negative.",
        Reason.USE: lambda _: "Reported use since the last check-in.",
        Reason.URGE_HIGH: lambda v: f"Urge {v['urge']} of 10 today; 8 and more is high.",
        Reason.URGE_ELEVATED: lambda v: f"Urge {v['urge']} of 10 today; 6 and 7 are raised.",
        Reason.URGE_RISE: _urge_rise,
        Reason.MOOD_LOW: lambda v: f"Mood {v['mood']} of 10 today; 2 and less is low.",
        Reason.MOOD_REDUCED: lambda v: f"Mood {v['mood']} of 10 today, just above low.",
        Reason.MOOD_DROP: _mood_drop,
        Reason.MISSED_CHECKINS: lambda v: f"No check-in for {v['days']} days in a row.",
        Reason.INSTRUMENT_WORSE: lambda v: (
            f"{_form(v)} is {v['points']} points worse than last time, now {v['score']}."
        ),
        Reason.PHQ9_SEVERE: lambda v: f"PHQ-9 total {v['score']}; 20 and more is severe.",
        Reason.GAD7_SEVERE: lambda v: f"GAD-7 total {v['score']}; 15 and more is severe.",
        Reason.BAM_USE: lambda v: f"{_form(v)} shows use in the last 30 days (use score {v['use']}).",
    }
)
