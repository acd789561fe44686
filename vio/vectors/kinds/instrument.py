"""Kind instrument: scoring of questionnaires, and the reliable change index."""

from __future__ import annotations

from checkins.instruments import KEYED_ANSWERS, Instrument, References, Result, Sex, score
from checkins.instruments.rci import reliable_change
from vio.vectors.reading import (
    Given,
    Json,
    VectorError,
    as_list,
    as_number,
    as_object,
    as_text,
    as_whole,
    one_of,
)

EXPECTS = frozenset(
    {
        "rejected",
        "complete",
        "score",
        "band",
        "positive",
        "flags",
        "change",
        "change_points",
        "response",
        "subscales",
        "cut",
        "provisional",
        "item_codes",
        "inconsistencies",
        "rci",
        "smallest",
        "reliable",
        "smallest_points",
    }
)
_RCI = "rci"


def evaluate(given: Given) -> dict[str, Json]:
    """Score one form, or one pair of totals for rci."""
    if given.get("instrument", as_text) == _RCI:
        return _reliable_change(given)
    return _told(read_result(given))


def read_result(given: Given) -> Result:
    """The result of one form as a case gives it."""
    instrument = given.get("instrument", one_of(Instrument))
    sex = given.optional("sex", one_of(Sex), Sex.UNKNOWN)
    references = References(
        given.optional("previous", as_whole, None), given.optional("baseline", as_whole, None)
    )
    if instrument in KEYED_ANSWERS:
        result = score(instrument, given.get("answers", as_object))
    else:
        result = score(instrument, given.get("answers", as_list), sex=sex, references=references)
    given.finish()
    return result


def _reliable_change(given: Given) -> dict[str, Json]:
    names = ("sd", "r", "previous", "current")
    sd, r, previous, current = (given.get(name, as_number) for name in names)
    given.finish()
    try:
        found = reliable_change(sd=sd, r=r, previous=previous, current=current)
    except ValueError as error:
        raise VectorError(str(error)) from error
    return {
        "rci": found.rci,
        "reliable": found.reliable,
        "smallest": found.smallest,
        "smallest_points": found.smallest_points,
    }


def _told(result: Result) -> dict[str, Json]:
    if result.rejected:
        return {"rejected": True}
    return {
        "rejected": False,
        "complete": result.complete,
        "score": result.score,
        "band": result.band and str(result.band),
        "positive": result.positive,
        "flags": sorted(result.flags),
        "subscales": dict(result.subscales),
        "item_codes": dict(result.item_codes),
        "inconsistencies": list(result.inconsistencies),
        "cut": result.cut and str(result.cut),
        "provisional": result.provisional,
        "change": result.change and str(result.change),
        "change_points": result.change_points,
        "response": result.response,
    }
