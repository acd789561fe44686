"""Alert rules (A1-A10, C7, C8): from a check-in and its instruments to a level, its reasons and due times.

Every reason carries the rule and the figures behind it, so that a person can be told why in plain words
(`checkins/why.py`) and anybody can compute it again. Means and deviations are exact fractions, never floats:
a value that lies on a limit lies on it everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias
from zoneinfo import ZoneInfo

from checkins.instruments.base import Change, Instrument, Result, whole
from checkins.instruments.cssrs import Tier
from vio.common.localtime import as_utc, business_day_after, end_of_date, is_business_day, local_date

RULE_VERSION = 1

BASELINE_DAYS = 14
BASELINE_NEEDS = 5
DIRECTOR_AFTER = timedelta(minutes=30)
ACKNOWLEDGE_WITHIN = timedelta(minutes=15)

Number: TypeAlias = int | Fraction | Decimal
Figures: TypeAlias = Mapping[str, int | str]


class Level(StrEnum):
    """Alert levels, rising."""

    NONE = "none"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 for none to 3 for red, for comparing and sorting."""
        return list(Level).index(self)


class Reason(StrEnum):
    """Why an alert is raised, worst first."""

    SAFETY = "safety"
    SILENT_HAND = "silent_hand"
    PHQ9_ITEM9 = "phq9_item9"
    CSSRS_HIGH = "cssrs_high"
    CSSRS_MODERATE = "cssrs_moderate"
    USE = "use"
    URGE_HIGH = "urge_high"
    URGE_RISE = "urge_rise"
    MOOD_LOW = "mood_low"
    MISSED_CHECKINS = "missed_checkins"
    CSSRS_LOW = "cssrs_low"
    URGE_ELEVATED = "urge_elevated"
    MOOD_REDUCED = "mood_reduced"
    MOOD_DROP = "mood_drop"
    INSTRUMENT_WORSE = "instrument_worse"
    PHQ9_SEVERE = "phq9_severe"
    GAD7_SEVERE = "gad7_severe"
    BAM_USE = "bam_use"


@dataclass(frozen=True)
class CheckIn:
    """Today's answers; None = not asked or not answered. Mood 0 worst to 10 best, urge 0 none to 10
    strongest.
    """

    urge: object = None
    mood: object = None
    used: object = None
    safety: object = None

    @property
    def in_range(self) -> bool:
        """Is every answer given one of the possible ones?"""
        scales = all(value is None or whole(value, 0, 10) is not None for value in (self.urge, self.mood))
        return scales and all(isinstance(value, bool | None) for value in (self.used, self.safety))


@dataclass(frozen=True)
class DayValues:
    """What one local day adds to a person's usual: the highest urge and the lowest mood (C8)."""

    urge: int | None
    mood: int | None


@dataclass(frozen=True)
class OpenAlert:
    """The alert already open for this client and local day (A9)."""

    level: Level
    reasons: frozenset[Reason]


@dataclass(frozen=True)
class Inputs:
    """All that the rules look at. Earlier values are daily ones of the 14 local dates before today
    (Reading 6).
    """

    today: CheckIn = CheckIn()
    earlier_urges: tuple[Number, ...] = ()
    earlier_moods: tuple[Number, ...] = ()
    missed_days: int = 0
    results: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One reason with its level, the rule's number and the figures it stands on (whole numbers and short
    texts).
    """

    reason: Reason
    level: Level
    rule: str
    values: Figures = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Evaluation:
    """What the rules say of one check-in; all reasons are listed, the highest level wins."""

    level: Level
    findings: tuple[Finding, ...]
    rule_version: int = RULE_VERSION

    @property
    def reasons(self) -> frozenset[Reason]:
        """The names of the reasons."""
        return frozenset(finding.reason for finding in self.findings)


@dataclass(frozen=True)
class Merged:
    """An open alert after another trigger (A9)."""

    level: Level
    reasons: frozenset[Reason]
    raised: bool  # the level went up, so due times start anew
    added: frozenset[Reason]


def evaluate(inputs: Inputs) -> Evaluation:
    """Apply A1 to A8. Answers out of range are not scored, but a safety answer among them is acted on
    (C7).
    """
    today = inputs.today if inputs.today.in_range else CheckIn()
    urge, mood = whole(today.urge, 0, 10), whole(today.mood, 0, 10)
    found = [
        *_safety(inputs.today),
        *_use(today),
        *_urge_level(urge),
        *_urge_rise(urge, inputs.earlier_urges),
        *_mood_level(mood),
        *_mood_drop(mood, inputs.earlier_moods),
        *_missed(inputs.missed_days),
        *(finding for result in inputs.results for finding in _instrument(result)),
    ]
    order = list(Reason)
    findings = tuple(sorted(found, key=lambda f: (-f.level.rank, order.index(f.reason))))
    return Evaluation(findings[0].level if findings else Level.NONE, findings)


def merge(open_alert: OpenAlert | None, evaluation: Evaluation) -> Merged:
    """Bring a new trigger into the alert of the day: it may raise the level and add reasons, never lower
    (A9).
    """
    before = open_alert or OpenAlert(Level.NONE, frozenset())
    level = max(before.level, evaluation.level, key=lambda each: each.rank)
    return Merged(
        level=level,
        reasons=before.reasons | evaluation.reasons,
        raised=level.rank > before.level.rank,
        added=evaluation.reasons - before.reasons,
    )


def day_values(checkins: Iterable[CheckIn]) -> DayValues:
    """Several check-ins of one local day as one: the most severe of each (C8)."""
    valid = [each for each in checkins if each.in_range]
    urges = [value for each in valid if (value := whole(each.urge, 0, 10)) is not None]
    moods = [value for each in valid if (value := whole(each.mood, 0, 10)) is not None]
    return DayValues(max(urges, default=None), min(moods, default=None))


def in_baseline(day: date, today: date) -> bool:
    """Is a local date one of the 14 before today (Reading 6)?"""
    return 1 <= (today - day).days <= BASELINE_DAYS


@dataclass(frozen=True)
class RedTargets:
    """Due times of a red alert in UTC, at any hour (A10)."""

    acknowledge_by: datetime
    supervisor_at: datetime
    director_at: datetime


def red_targets(raised: datetime) -> RedTargets:
    """Acknowledged within 15 minutes; then the on-call supervisor is told, and the director at 30 (A10)."""
    at = as_utc(raised)
    return RedTargets(at + ACKNOWLEDGE_WITHIN, at + ACKNOWLEDGE_WITHIN, at + DIRECTOR_AFTER)


def orange_due(raised: datetime, tz: ZoneInfo, holidays: Collection[date] = ()) -> datetime:
    """The end of the business day on which it was raised; raised on a day off, the end of the next one
    (A10, C10).
    """
    day = local_date(raised, tz)
    if not is_business_day(day, holidays):
        day = business_day_after(day, 1, holidays)
    return end_of_date(day, tz)


def yellow_due(next_group_start: datetime | None) -> datetime | None:
    """Before the client's next group; None when none is planned (A10)."""
    return None if next_group_start is None else as_utc(next_group_start)


def unanswered_call(waited_seconds: int) -> Evaluation:
    """A silent hand in a room that nobody of the staff took up within a minute: as urgent as a safety answer (A1)."""
    finding = Finding(Reason.SILENT_HAND, Level.RED, "A1", {"waited": waited_seconds})
    return Evaluation(Level.RED, (finding,))


def _safety(today: CheckIn) -> list[Finding]:
    return [Finding(Reason.SAFETY, Level.RED, "A1")] if today.safety is True else []


def _use(today: CheckIn) -> list[Finding]:
    return [Finding(Reason.USE, Level.ORANGE, "A3")] if today.used is True else []


def _urge_level(urge: int | None) -> list[Finding]:
    if urge is None or urge < 6:
        return []
    if urge >= 8:
        return [Finding(Reason.URGE_HIGH, Level.ORANGE, "A4", {"urge": urge})]
    return [Finding(Reason.URGE_ELEVATED, Level.YELLOW, "A4", {"urge": urge})]


def _urge_rise(urge: int | None, earlier: Sequence[Number]) -> list[Finding]:
    """A rise of at least 2 above the person's own mean and of at least 1.5 of their own deviations,
    itself at least 1.
    """
    if urge is None or len(earlier) < BASELINE_NEEDS:
        return []
    values = [Fraction(value) for value in earlier]
    mean = sum(values, Fraction(0)) / len(values)
    squares = sum(((value - mean) ** 2 for value in values), Fraction(0))
    variance = max(squares / (len(values) - 1), Fraction(1))
    rise = urge - mean
    if rise < 2 or rise**2 < Fraction(9, 4) * variance:
        return []
    figures: Figures = {
        "urge": urge,
        "mean": _text(mean),
        "days": len(values),
        "deviation": _root_text(variance),
    }
    return [Finding(Reason.URGE_RISE, Level.ORANGE if urge >= 5 else Level.YELLOW, "A5", figures)]


def _mood_level(mood: int | None) -> list[Finding]:
    if mood is None or mood > 3:
        return []
    if mood <= 2:
        return [Finding(Reason.MOOD_LOW, Level.ORANGE, "A6", {"mood": mood})]
    return [Finding(Reason.MOOD_REDUCED, Level.YELLOW, "A6", {"mood": mood})]


def _mood_drop(mood: int | None, earlier: Sequence[Number]) -> list[Finding]:
    if mood is None or len(earlier) < BASELINE_NEEDS:
        return []
    mean = sum((Fraction(value) for value in earlier), Fraction(0)) / len(earlier)
    if mean - mood < 3:
        return []
    figures: Figures = {"mood": mood, "mean": _text(mean), "days": len(earlier)}
    return [Finding(Reason.MOOD_DROP, Level.YELLOW, "A6", figures)]


def _missed(days: int) -> list[Finding]:
    if days < 2:
        return []
    level = Level.YELLOW if days == 2 else Level.ORANGE
    return [Finding(Reason.MISSED_CHECKINS, level, "A7", {"days": days})]


_TIER = {
    Tier.LOW: (Reason.CSSRS_LOW, Level.YELLOW, "A2"),
    Tier.MODERATE: (Reason.CSSRS_MODERATE, Level.ORANGE, "A2"),
    Tier.HIGH: (Reason.CSSRS_HIGH, Level.RED, "A1"),
}
_SEVERE = {
    Instrument.PHQ9: (20, Reason.PHQ9_SEVERE),
    Instrument.GAD7: (15, Reason.GAD7_SEVERE),
}


def _instrument(result: Result) -> list[Finding]:
    """Safety answers count on any form; scores only on one that was accepted (A1, A2, A8, C7)."""
    found = _instrument_safety(result)
    if result.rejected:
        return found
    name = str(result.instrument)
    if result.change is Change.WORSE and result.score is not None and result.change_points is not None:
        figures: Figures = {"instrument": name, "score": result.score, "points": result.change_points}
        found.append(Finding(Reason.INSTRUMENT_WORSE, Level.YELLOW, "A8", figures))
    severe_from, reason = _SEVERE.get(result.instrument, (None, None))
    if severe_from is not None and reason and result.score is not None and result.score >= severe_from:
        found.append(Finding(reason, Level.YELLOW, "A8", {"instrument": name, "score": result.score}))
    use = result.subscales.get("use")
    if use:
        found.append(Finding(Reason.BAM_USE, Level.YELLOW, "A8", {"instrument": name, "use": use}))
    return found


def _instrument_safety(result: Result) -> list[Finding]:
    found = []
    if result.item9:
        found.append(Finding(Reason.PHQ9_ITEM9, Level.RED, "A1", {"answer": result.item9}))
    tier = Tier(result.risk_at_least) if result.risk_at_least else Tier.NEGATIVE
    if result.rejected and tier is not Tier.HIGH:
        return found  # nothing of a rejected form is scored but what opens the red path
    if tier in _TIER:
        reason, level, rule = _TIER[tier]
        found.append(Finding(reason, level, rule))
    return found


def _text(value: Fraction) -> str:
    """One decimal, half up, for sentences; the figures to recompute from are the check-ins themselves."""
    tenths = (value * 10 + Fraction(1, 2)).__floor__()
    return f"{tenths // 10}.{tenths % 10}"


def _root_text(square: Fraction) -> str:
    return _text(Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt()))
