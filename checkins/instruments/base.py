"""What every instrument shares: reading answers, the result, change labels (C8).

Answers come from outside as plain values. They are read in this order: an answer out of range rejects
the whole form, then a missing one leaves it incomplete without a total. A positive safety answer
survives both (C7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

SCORING_VERSION = 1

# One answer as it came: a number, a yes/no, an option's name, None for not answered.
Answer: TypeAlias = object
AnswerList: TypeAlias = Sequence[Answer]
AnswerMap: TypeAlias = Mapping[str, Answer]


class Instrument(StrEnum):
    """The questionnaires that are scored here."""

    PHQ9 = "phq9"
    PHQ2 = "phq2"
    GAD7 = "gad7"
    AUDITC = "auditc"
    DAST10 = "dast10"
    PCL5 = "pcl5"
    BAM = "bam"
    BAM_R = "bam_r"
    CSSRS = "cssrs"
    AUQ = "auq"


class Sex(StrEnum):
    """For cuts that differ by sex; unknown takes the safer one."""

    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class Change(StrEnum):
    """Against the latest complete earlier form."""

    WORSE = "worse"
    BETTER = "better"
    NO_MEANINGFUL_CHANGE = "no_meaningful_change"


class Cut(StrEnum):
    """Where a total lies against a cut that is a range."""

    BELOW = "below"
    AT = "at"
    ABOVE = "above"


@dataclass(frozen=True)
class References:
    """Earlier totals of the same person: the latest complete one, and the first of the enrolment (C8)."""

    previous: int | None = None
    baseline: int | None = None


@dataclass(frozen=True)
class Result:
    """What a form says. Of a rejected form only `problems` and the two safety fields mean anything."""

    instrument: Instrument
    rejected: bool = False
    problems: tuple[str, ...] = ()
    complete: bool = False
    score: int | None = None
    band: str | None = None
    positive: bool | None = None
    flags: frozenset[str] = frozenset()
    subscales: Mapping[str, int | None] = field(default_factory=dict, hash=False)
    item_codes: Mapping[str, int] = field(default_factory=dict, hash=False)
    inconsistencies: tuple[str, ...] = ()
    cut: Cut | None = None
    provisional: bool | None = None
    change: Change | None = None
    change_points: int | None = None
    response: bool | None = None
    item9: int | None = None  # PHQ-9 item 9 when answered 1 or more, whatever became of the form
    risk_at_least: str | None = None  # C-SSRS tier that the answers given reach by themselves
    scoring_version: int = SCORING_VERSION


@dataclass(frozen=True)
class Scale:
    """A form of equal items, each a whole number from low to high."""

    instrument: Instrument
    items: int
    low: int
    high: int

    def problems(self, answers: AnswerList) -> tuple[str, ...]:
        """Why the form must be rejected; empty when every answer given is in range."""
        found = [
            f"item {number}: expected a whole number from {self.low} to {self.high}"
            for number, answer in enumerate(answers, start=1)
            if answer is not None and whole(answer, self.low, self.high) is None
        ]
        if len(answers) != self.items:
            found.append(f"expected {self.items} answers, got {len(answers)}")
        return tuple(found)

    def read(self, answers: AnswerList) -> list[int | None]:
        """The answers as numbers, None where there is none in range."""
        return [whole(answer, self.low, self.high) for answer in answers]


def number(answer: Answer) -> int | float | Decimal | None:
    """The answer if it is a finite number; true and false are not numbers."""
    if isinstance(answer, bool) or not isinstance(answer, int | float | Decimal):
        return None
    return answer if Decimal(answer).is_finite() else None


def whole(answer: Answer, low: int, high: int) -> int | None:
    """The answer as a whole number within the range, or None."""
    value = number(answer)
    return int(value) if value is not None and low <= value <= high and value == int(value) else None


def total_of(values: Sequence[int | None]) -> int | None:
    """The sum, or None when an answer is missing: nothing is prorated."""
    given = [value for value in values if value is not None]
    return sum(given) if len(given) == len(values) else None


def band_of(score: int | None, bands: Sequence[tuple[int, str]]) -> str | None:
    """The name of the highest band that begins at or below the score; `bands` rise."""
    if score is None:
        return None
    return next(name for begins, name in reversed(bands) if score >= begins)


def at_least(score: int | None, cut: int) -> bool | None:
    """Does the total reach the cut; None without a total."""
    return None if score is None else score >= cut


def change_points(score: int | None, previous: int | None) -> int | None:
    """New minus previous; None when either is missing."""
    return None if score is None or previous is None else score - previous


def change(score: int | None, previous: int | None, threshold: int) -> Change | None:
    """The label of a change of `threshold` points or more; higher totals are worse (C8)."""
    points = change_points(score, previous)
    if points is None:
        return None
    if abs(points) < threshold:
        return Change.NO_MEANINGFUL_CHANGE
    return Change.WORSE if points > 0 else Change.BETTER


def response(score: int | None, baseline: int | None) -> bool | None:
    """Has the total come down to half of the baseline or less; never from a baseline of 0."""
    if score is None or baseline is None:
        return None
    return baseline > 0 and 2 * score <= baseline


def references(earlier_totals: Sequence[int | None]) -> References:
    """Pick what to compare with from earlier totals, oldest first; None stands for an incomplete form
    (C8).
    """
    complete = [total for total in earlier_totals if total is not None]
    return References(complete[-1], complete[0]) if complete else References()
