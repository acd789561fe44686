"""Kind alerts: level and reasons of a check-in (A1-A9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from checkins.instruments import Result
from checkins.rules import CheckIn, Inputs, Level, OpenAlert, Reason, in_baseline, merge
from checkins.rules import evaluate as apply_rules
from vio.vectors.kinds import instrument
from vio.vectors.reading import (
    Given,
    Json,
    VectorError,
    as_date,
    as_number,
    as_object,
    as_whole,
    list_of,
    one_of,
)

EXPECTS = frozenset({"level", "reasons"})
_NO_CHECKIN: dict[str, Json] = {}


def evaluate(given: Given) -> dict[str, Json]:
    """Evaluate one check-in and bring it into the open alert, if there is one."""
    today = Given(given.optional("today", as_object, _NO_CHECKIN))
    day = today.optional("date", as_date, None)
    inputs = Inputs(
        today=CheckIn(
            **{name: today.optional(name, _any, None) for name in ("urge", "mood", "used", "safety")}
        ),
        earlier_urges=_earlier(given, "earlier_urges", day),
        earlier_moods=_earlier(given, "earlier_moods", day),
        missed_days=given.optional("missed_days", as_whole, 0),
        results=tuple(given.optional("instruments", list_of(_result), ())),
    )
    open_alert = given.optional("open_alert", _open_alert, None)
    today.finish()
    given.finish()
    found = merge(open_alert, apply_rules(inputs))
    return {"level": str(found.level), "reasons": sorted(found.reasons)}


def _any(value: Json, _where: str) -> Json:
    """Today's answers are judged by the rule itself, which must stand what a browser sends."""
    return value


def _earlier(given: Given, key: str, today: date | None) -> tuple[Decimal, ...]:
    """Daily values: a list already inside the window, or values by date of which those inside it count."""
    values = given.optional(key, _any, ())
    if isinstance(values, list | tuple):
        return tuple(list_of(as_number)(list(values), f"given.{key}"))
    by_date = {
        as_date(day, f"given.{key}"): as_number(value, f"given.{key}.{day}")
        for day, value in as_object(values, f"given.{key}").items()
    }
    if today is None:
        raise VectorError(f"given.{key} has dates, so given.today.date is needed")
    return tuple(value for day, value in by_date.items() if in_baseline(day, today))


def _result(value: Json, where: str) -> Result:
    return instrument.read_result(Given(as_object(value, where)))


def _open_alert(value: Json, where: str) -> OpenAlert:
    fields = Given(as_object(value, where))
    alert = OpenAlert(
        fields.get("level", one_of(Level)),
        frozenset(fields.optional("reasons", list_of(one_of(Reason)), ())),
    )
    fields.finish()
    return alert
