"""Licences of staff to practise in a state: which count on a date, and which end soon. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WARN_BEFORE = timedelta(days=30)
WARNINGS = (7, 30)
"""So many days before its end a licence is warned of, the last warning first."""
NO_END = "no end"
STATES = frozenset((
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
    "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR",
))  # fmt: skip
_ONE = re.compile(r"([A-Za-z]{2})(?:\s+(.+))?", re.DOTALL)


class UnreadableError(ValueError):
    """What was written is no licence; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence in one state; `ends_on` is the last day it counts, None for one without an end."""

    state: str
    ends_on: date | None

    def counts(self, on: date) -> bool:
        """Whether it counts on a local date."""
        return self.ends_on is None or on <= self.ends_on

    def ends_soon(self, on: date) -> bool:
        """Whether it counts still, for thirty days or less."""
        return self.ends_on is not None and on <= self.ends_on <= on + WARN_BEFORE

    def warning_on(self, on: date) -> int | None:
        """Which of the `WARNINGS` is due on a local date, the latest that is; None long before the end and after it."""
        if self.ends_on is None or self.ends_on < on:
            return None
        left = (self.ends_on - on).days
        return next((days for days in WARNINGS if left <= days), None)


def licences_of(states: Iterable[str], ends: Mapping[str, str]) -> list[Licence]:
    """The licences as they are stored, by state."""
    return [
        Licence(state, date.fromisoformat(ends[state]) if state in ends else None) for state in sorted(states)
    ]


def read(text: str) -> list[Licence]:
    """Licences from text such as "NY 2027-03-31, NJ no end". Raises UnreadableError for anything else: that a licence has
    no end must be said.
    """
    parts = [part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()]
    found = {licence.state: licence for licence in map(_read_one, parts)}
    return [found[state] for state in sorted(found)]


def _read_one(part: str) -> Licence:
    match = _ONE.fullmatch(part)
    state = match[1].upper() if match else part[:12]
    if match is None or state not in STATES:
        raise UnreadableError(f"“{state}” is not a state. Write NY 2027-03-31, NJ no end.")
    end = " ".join((match[2] or "").lower().split())
    if end == NO_END:
        return Licence(state, None)
    try:
        return Licence(state, date.fromisoformat(end))
    except ValueError as error:
        message = f"Say until when the licence in {state} counts: {state} 2027-03-31, or {state} no end."
        raise UnreadableError(message) from error


def as_text(licences: Iterable[Licence]) -> str:
    """The same as `read` takes it."""
    return ", ".join(f"{one.state} {one.ends_on.isoformat() if one.ends_on else NO_END}" for one in licences)
