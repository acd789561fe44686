"""Kind deadline: due times and reviews (R15, F1, F2, F4, F5, A10, accounting of disclosures)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from checkins.rules import red_targets
from sessions_app.attendance.rules import Status
from sessions_app.followup.rules import Risk, disengaged, ladder, weekly_shortfall
from sessions_app.hours.rules import Level, Population
from sessions_app.notes.rules import ElapsedHours, due_date, note_due
from vio.common.disclosure import Basis, accounting_from
from vio.common.localtime import local_date, to_local
from vio.vectors.reading import (
    Given,
    Json,
    VectorError,
    as_date,
    as_whole,
    as_zone,
    instant_in,
    list_of,
    one_of,
)

EXPECTS = frozenset(
    {
        "due",
        "due_date",
        "determined_at",
        "first_attempt_due",
        "attempts_due",
        "contacts_due",
        "from",
        "review",
        "risk",
        "acknowledge_by",
        "director_at",
    }
)


def evaluate(given: Given) -> dict[str, Json]:
    """Apply the named rule."""
    found = given.get("rule", _rule)(given)
    given.finish()
    return found


def _note_due(given: Given) -> dict[str, Json]:
    if given.has("business_days"):
        holidays = given.optional("holidays", list_of(as_date), ())
        day = due_date(given.get("service_date", as_date), given.get("business_days", as_whole), holidays)
        return {"due_date": day.isoformat()}
    tz, end = _moment(given, "actual_end")
    policy = ElapsedHours(given.optional("elapsed_hours", as_whole, ElapsedHours().hours))
    found = note_due(policy, actual_end=end, service_date=local_date(end, tz), tz=tz)
    return {"due": _told(found.due, tz)}


def _no_show(given: Given) -> dict[str, Json]:
    tz, start = _moment(given, "scheduled_start")
    risk = given.optional("risk", one_of(Risk), Risk.STANDARD)
    found = ladder(start, risk)
    later = found.attempts_due if risk is Risk.STANDARD else found.attempts_due[1:]
    return {
        "determined_at": _told(found.determined_at, tz),
        "first_attempt_due": _told(found.first_attempt_due, tz),
        "attempts_due": [_told(due, tz) for due in later],
        "contacts_due": None if found.contacts_due is None else _told(found.contacts_due, tz),
    }


def _accounting(given: Given) -> dict[str, Json]:
    since = accounting_from(given.get("basis", one_of(Basis)), given.get("requested", as_date))
    return {"from": since.isoformat()}


def _disengagement(given: Given) -> dict[str, Json]:
    if given.has("last_credited") and not given.has("as_of"):
        raise VectorError("given.as_of is missing")
    review = disengaged(
        given.optional("statuses", list_of(one_of(Status)), ()),
        last_credited=given.optional("last_credited", as_date, None),
        as_of=given.optional("as_of", as_date, None),
    )
    return {"review": review}


def _weekly_shortfall(given: Given) -> dict[str, Json]:
    risk = weekly_shortfall(
        minutes=given.get("minutes", as_whole),
        to_come=given.get("to_come", _sum),
        level=given.optional("level", one_of(Level), Level.INTENSIVE),
        population=given.optional("population", one_of(Population), Population.ADULT),
    )
    return {"risk": risk}


def _red_alert(given: Given) -> dict[str, Json]:
    tz, raised = _moment(given, "raised")
    found = red_targets(raised)
    return {
        "acknowledge_by": _told(found.acknowledge_by, tz),
        "director_at": _told(found.director_at, tz),
    }


_RULES = MappingProxyType(
    {
        "note_due": _note_due,
        "no_show": _no_show,
        "accounting": _accounting,
        "disengagement": _disengagement,
        "weekly_shortfall": _weekly_shortfall,
        "red_alert": _red_alert,
    }
)


def _rule(value: Json, where: str) -> Callable[[Given], dict[str, Json]]:
    return _RULES[one_of(_RULES)(value, where)]


def _moment(given: Given, key: str) -> tuple[ZoneInfo, datetime]:
    tz = given.get("timezone", as_zone)
    return tz, given.get(key, instant_in(tz)).astimezone(UTC)


def _told(instant: datetime, tz: ZoneInfo) -> str:
    return to_local(instant, tz).isoformat()


def _sum(value: Json, where: str) -> int:
    if isinstance(value, list):
        return sum(list_of(as_whole)(value, where))
    return as_whole(value, where)
