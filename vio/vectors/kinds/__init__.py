"""One module per kind of calculation: read what is given, call the product's own rule, name what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from vio.vectors.kinds import alerts, attendance, deadline, instrument, localtime, units, week
from vio.vectors.reading import Given, Json


@dataclass(frozen=True)
class Kind:
    """A calculation and the keys its cases may expect."""

    evaluate: Callable[[Given], dict[str, Json]]
    expects: frozenset[str]


KINDS = MappingProxyType(
    {
        "alerts": Kind(alerts.evaluate, alerts.EXPECTS),
        "attendance": Kind(attendance.evaluate, attendance.EXPECTS),
        "deadline": Kind(deadline.evaluate, deadline.EXPECTS),
        "instrument": Kind(instrument.evaluate, instrument.EXPECTS),
        "localtime": Kind(localtime.evaluate, localtime.EXPECTS),
        "units": Kind(units.evaluate, units.EXPECTS),
        "week": Kind(week.evaluate, week.EXPECTS),
    }
)
