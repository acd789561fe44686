"""Kind units: payer profiles and group size (R12, R13)."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from sessions_app.attendance.rules import Role, Seat, group_size
from sessions_app.hours.rules import hours_text
from sessions_app.hours.units import h0015_day, ohio_day, per_session, unit15
from vio.vectors.reading import (
    Given,
    Json,
    VectorError,
    as_list,
    as_object,
    as_text,
    as_whole,
    list_of,
    one_of,
)

EXPECTS = frozenset(
    {"units", "qualifying_days", "week_met", "minutes", "hours", "billing", "group_size", "flags"}
)
_CAP = 12


def evaluate(given: Given) -> dict[str, Json]:
    """Apply the named profile."""
    found = given.get("profile", one_of_profiles)(given)
    given.finish()
    return found


def _unit15(given: Given) -> dict[str, Json]:
    return {"units": unit15(_day(given))}


def _h0015_day(given: Given) -> dict[str, Json]:
    found = h0015_day(given.get("days", list_of(_sessions)))
    return {
        "units": list(found.units),
        "qualifying_days": found.qualifying_days,
        "week_met": found.week_met,
        "minutes": found.minutes,
        "hours": hours_text(found.minutes),
    }


def _ohio_day(given: Given) -> dict[str, Json]:
    return {"billing": str(ohio_day(_day(given)))}


def _per_session(given: Given) -> dict[str, Json]:
    units = per_session(
        given.get("minutes", as_whole),
        minimum=given.get("minimum", as_whole),
        group_size=given.get("group_size", as_whole),
        cap=given.optional("cap", as_whole, _CAP),
    )
    return {"units": units}


def _group_size(given: Given) -> dict[str, Json]:
    found = group_size(
        given.get("participants", list_of(_seat)),
        cap=given.optional("cap", as_whole, _CAP),
        count_roles=given.optional("count_roles", list_of(one_of(Role)), [Role.CLIENT]),
    )
    return {"group_size": found.size, "flags": ["group_size_violation"] if found.violation else []}


_PROFILES = MappingProxyType(
    {
        "unit15": _unit15,
        "h0015_day": _h0015_day,
        "ohio_day": _ohio_day,
        "per_session": _per_session,
        "group_size": _group_size,
    }
)


def one_of_profiles(value: Json, where: str) -> Callable[[Given], dict[str, Json]]:
    """The calculation of a profile's name."""
    return _PROFILES[one_of(_PROFILES)(value, where)]


def _day(given: Given) -> list[int]:
    if given.has("minutes") == given.has("sessions"):
        raise VectorError("given needs either minutes or sessions")
    if given.has("minutes"):
        return [given.get("minutes", as_whole)]
    return given.get("sessions", list_of(as_whole))


def _sessions(value: Json, where: str) -> list[int]:
    if isinstance(value, list):
        return [as_whole(item, where) for item in as_list(value, where)]
    return [as_whole(value, where)]


def _seat(value: Json, where: str) -> Seat:
    fields = Given(as_object(value, where))
    seat = Seat(
        fields.get("id", as_text),
        fields.get("minutes", as_whole),
        fields.optional("role", one_of(Role), Role.CLIENT),
    )
    fields.finish()
    return seat
