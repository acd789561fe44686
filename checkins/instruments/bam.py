"""BAM and BAM-R: use, risk and protective factors of the past 30 days. Three subscales, never one total.

Item 1 (health) is a risk item: poor scores highest. Items 7a-7g name the drugs and 17 asks for overall
progress; neither is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from checkins.instruments.base import Answer, AnswerMap, Instrument, Result, total_of, whole

USE = ("4", "5", "6")
RISK = ("1", "2", "3", "8", "11", "15")
PROTECTIVE = ("9", "10", "12", "13", "14", "16")
SUBSCALES = MappingProxyType({"use": USE, "risk": RISK, "protective": PROTECTIVE})
SCORED = USE + RISK + PROTECTIVE
DRUGS = tuple(f"7{letter}" for letter in "abcdefg")
DAYS = frozenset({"2", "3", "4", "5", "6", "10", "11", "13", "16", *DRUGS})
AMOUNTS = frozenset({"8", "9", "12", "15", "17"})
ITEMS = DAYS | AMOUNTS | {"1", "14"}

HEALTH_WORDS = ("excellent", "very_good", "good", "fair", "poor")
AMOUNT_WORDS = ("not_at_all", "slightly", "moderately", "considerably", "extremely")
_CONTINUOUS = (0, 8, 15, 22, 30)  # a choice 0-4 on the scale of 30 days
_DAY_BANDS = ((16, 4), (9, 3), (4, 2), (1, 1), (0, 0))


def score_bam(answers: AnswerMap) -> Result:
    """Each item 0-4: use 0-12, risk 0-24, protective 0-24 (higher is better)."""
    return _score(Instrument.BAM, answers, _bam_points)


def score_bam_r(answers: AnswerMap) -> Result:
    """Each item 0-30: use 0-90, risk 0-180, protective 0-180. Only use above 0 is flagged on this scale."""
    return _score(Instrument.BAM_R, answers, _bam_r_points)


def _score(instrument: Instrument, answers: AnswerMap, points: Callable[[str, int], int]) -> Result:
    values = {item: _value(item, answers.get(item)) for item in ITEMS}
    if problems := _problems(answers, values):
        return Result(instrument, rejected=True, problems=problems)
    codes = {item: points(item, value) for item in SCORED if (value := values[item]) is not None}
    subscales = {name: total_of([codes.get(item) for item in items]) for name, items in SUBSCALES.items()}
    return Result(
        instrument,
        complete=len(codes) == len(SCORED),
        flags=_flags(instrument, subscales),
        subscales=subscales,
        item_codes=codes,
        inconsistencies=_inconsistencies(values),
    )


def _value(item: str, answer: Answer) -> int | None:
    """Days, or the place of the chosen word on its scale, or 1 for yes; None if missing or not an answer."""
    if item in DAYS:
        return whole(answer, 0, 30)
    if item == "14":
        return int(answer) if isinstance(answer, bool) else None
    words = HEALTH_WORDS if item == "1" else AMOUNT_WORDS
    return words.index(answer) if isinstance(answer, str) and answer in words else None


def _bam_points(item: str, value: int) -> int:
    if item == "14":
        return 4 * value
    return next(code for days, code in _DAY_BANDS if value >= days) if item in DAYS else value


def _bam_r_points(item: str, value: int) -> int:
    if item == "14":
        return 30 * value
    return value if item in DAYS else _CONTINUOUS[value]


def _flags(instrument: Instrument, subscales: Mapping[str, int | None]) -> frozenset[str]:
    use, risk, protective = (subscales[name] for name in ("use", "risk", "protective"))
    raised = {"use": use is not None and use > 0}
    if instrument is Instrument.BAM:
        raised["risk"] = risk is not None and risk > 11
        raised["protective"] = protective is not None and protective < 13
    return frozenset(name for name, is_raised in raised.items() if is_raised)


def _inconsistencies(values: Mapping[str, int | None]) -> tuple[str, ...]:
    """Pairs of answers that cannot both be; they are told and the form is scored all the same."""
    pairs = (("5", "4"), *((drug, "6") for drug in DRUGS))
    return tuple(
        f"{part}>{whole_}"
        for part, whole_ in pairs
        if (few := values[part]) is not None and (all_ := values[whole_]) is not None and few > all_
    )


def _problems(answers: AnswerMap, values: Mapping[str, int | None]) -> tuple[str, ...]:
    unknown = [f"item {item}: no such item" for item in answers if item not in ITEMS]
    bad = [
        f"item {item}: not one of its answers"
        for item in sorted(ITEMS)
        if answers.get(item) is not None and values[item] is None
    ]
    return tuple(unknown + bad)
