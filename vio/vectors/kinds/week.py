"""Kind week: minutes of calendar weeks, hours and level (R9, R11)."""

from __future__ import annotations

from datetime import date

from sessions_app.hours.rules import Population, hours_text, level_of, minutes_by_week, minutes_in_week
from vio.common.localtime import Week, WeekStart, week_length_hours, week_of
from vio.vectors.reading import Given, Json, VectorError, as_date, as_object, as_whole, as_zone, one_of

EXPECTS = frozenset({"weeks", "minutes", "hours", "level", "length_hours"})


def evaluate(given: Given) -> dict[str, Json]:
    """Add dates of service into weeks and look at the picked one."""
    tz = given.get("timezone", as_zone)
    week_start = given.optional("week_start", one_of(WeekStart), WeekStart.SUNDAY)
    population = given.optional("population", one_of(Population), Population.ADULT)
    days = given.get("days", _days)
    week = week_of(_as_of(given, days), week_start)
    given.finish()
    minutes = minutes_in_week(days, week)
    return {
        "weeks": {each.first.isoformat(): total for each, total in _weeks(days, week, week_start).items()},
        "minutes": minutes,
        "hours": hours_text(minutes),
        "level": str(level_of(minutes, population)),
        "length_hours": week_length_hours(week, tz),
    }


def _weeks(days: dict[date, int], picked: Week, week_start: WeekStart) -> dict[Week, int]:
    if week_start is WeekStart.ROLLING7:
        return {picked: minutes_in_week(days, picked)}
    return minutes_by_week(days, week_start)


def _as_of(given: Given, days: dict[date, int]) -> date:
    if not days and not given.has("as_of"):
        raise VectorError("given.as_of is missing: there are no days to pick a week from")
    return given.optional("as_of", as_date, max(days, default=date.min))


def _days(value: Json, where: str) -> dict[date, int]:
    return {
        as_date(day, where): as_whole(minutes, f"{where}.{day}")
        for day, minutes in as_object(value, where).items()
    }
