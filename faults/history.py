"""What was asked and what came of it: every command as invoke, then ok, fail or unknown. History, not logs.

`unknown` covers everything whose outcome the asker cannot know: no answer, a lost connection, and the answer
"unavailable", which says "not decided".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What the asker knows."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass
class Call:
    """One command: who, its id, when it was asked and answered (seconds), its number when acknowledged, or the code."""

    person: str
    id: str
    asked: float
    answered: float | None = None
    outcome: Outcome = Outcome.UNKNOWN
    number: int | None = None
    code: str = ""


@dataclass
class History:
    """All calls of a scenario, in the order in which they were asked."""

    calls: list[Call] = field(default_factory=list)

    def invoke(self, person: str, command: str, at: float) -> Call:
        """Somebody asks."""
        call = Call(person, command, at)
        self.calls.append(call)
        return call

    def of(self, outcome: Outcome) -> Iterator[Call]:
        """The calls with that outcome."""
        return (call for call in self.calls if call.outcome is outcome)

    def between(self, start: float, end: float) -> list[Call]:
        """The calls asked in that time."""
        return [call for call in self.calls if start <= call.asked < end]

    def counts(self) -> str:
        """How many of each, for people."""
        return ", ".join(f"{sum(1 for _ in self.of(outcome))} {outcome.value}" for outcome in Outcome)
