"""C-SSRS screener: suicide risk, answers only (the wording belongs to its owner).

A yes always counts: no other answer, missing or contradicting, lowers what it reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from checkins.instruments.base import AnswerMap, Instrument, Result

IDEATION = ("q1", "q2", "q3", "q4", "q5")
BEHAVIOUR = "q6"
ITEMS = (*IDEATION, BEHAVIOUR)
MUST_BE_ASKED = ("q1", "q2", BEHAVIOUR)
INCONSISTENT = "inconsistent"


class Tier(StrEnum):
    """Triage tiers, rising."""

    NEGATIVE = "negative"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Behaviour(StrEnum):
    """Question 6: none, longer than three months ago, or within three months."""

    NO = "no"
    LIFETIME = "lifetime"
    RECENT = "recent"


def score_cssrs(answers: AnswerMap) -> Result:
    """The tier of a screener; q3-q5 left out are not asked, q1, q2 and q6 left out leave it incomplete."""
    tier = _tier(answers)
    if problems := _problems(answers):
        return Result(Instrument.CSSRS, rejected=True, problems=problems, risk_at_least=tier)
    complete = all(answers.get(item) is not None for item in MUST_BE_ASKED)
    return Result(
        Instrument.CSSRS,
        complete=complete,
        band=tier if complete else None,
        flags=frozenset({INCONSISTENT}) if _inconsistent(answers) else frozenset(),
        risk_at_least=tier,
    )


def _tier(answers: AnswerMap) -> Tier:
    yes = {item for item in IDEATION if answers.get(item) is True}
    behaviour = answers.get(BEHAVIOUR)
    if yes & {"q4", "q5"} or behaviour == Behaviour.RECENT:
        return Tier.HIGH
    if "q3" in yes or behaviour == Behaviour.LIFETIME:
        return Tier.MODERATE
    return Tier.LOW if yes else Tier.NEGATIVE


def _inconsistent(answers: AnswerMap) -> bool:
    deeper = any(answers.get(item) is True for item in ("q3", "q4", "q5"))
    return deeper and answers.get("q2") is not True


def _problems(answers: Mapping[str, object]) -> tuple[str, ...]:
    unknown = [f"{item}: no such question" for item in answers if item not in ITEMS]
    ideation = [
        f"{item}: expected yes or no" for item in IDEATION if not isinstance(answers.get(item), bool | None)
    ]
    behaviour = answers.get(BEHAVIOUR)
    known = behaviour is None or (isinstance(behaviour, str) and behaviour in tuple(Behaviour))
    return tuple(unknown + ideation + ([] if known else [f"{BEHAVIOUR}: expected no, lifetime or recent"]))
