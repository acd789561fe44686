"""Kind localtime: wall times and instants (R1)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from vio.common.localtime import as_utc, to_instant, to_local
from vio.vectors.reading import Given, Json, VectorError, as_datetime, as_whole, as_zone

EXPECTS = frozenset({"utc", "local"})


def evaluate(given: Given) -> dict[str, Json]:
    """Name one instant in UTC and on the wall of the zone it is viewed in."""
    tz = given.get("timezone", as_zone)
    view = given.optional("view", as_zone, tz)
    instant = _instant(given, tz)
    given.finish()
    return {
        "utc": instant.isoformat().replace("+00:00", "Z"),
        "local": to_local(instant, view).isoformat(),
    }


def _instant(given: Given, tz: ZoneInfo) -> datetime:
    if given.has("wall") == given.has("instant"):
        raise VectorError("given needs either wall or instant")
    fold = given.optional("fold", as_whole, 0)
    if fold > 1:
        raise VectorError("given.fold: expected 0 or 1")
    key = "wall" if given.has("wall") else "instant"
    written = given.get(key, as_datetime)
    if written.tzinfo is not None:
        return as_utc(written)
    if key == "instant":
        raise VectorError("given.instant: expected an offset or Z")
    return to_instant(written, tz, fold=fold)
