"""What happens in one room, and when: pure. The same seed is the same evening.

Times are shares of the evening's length, 0 to 1, so that one script fits any length and speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

DETERMINED = 0.42
"""When the fifteen minutes after the scheduled start are over (F1)."""
START, CHAT_ON, BREAK, BACK, END = 0.17, 0.19, 0.60, 0.68, 1.0
RED_CHECKIN = 0.34
MOST_MESSAGES = 40  # a snapshot carries the latest 50


class Part(StrEnum):
    """What somebody does this evening."""

    STEADY = "steady"
    NEVER = "never comes"
    LATE = "comes late"
    VERY_LATE = "comes after being missed"
    DROPS = "loses the line and returns"
    TWO_DEVICES = "uses two devices"
    OUT_AND_BACK = "steps out and comes back"
    LEAVES_EARLY = "leaves early"


class Do(StrEnum):
    """One thing a client does."""

    COME = "come"
    CUT = "cut"  # the line breaks without a word
    CLOSE = "close"  # one device is closed in order
    LEAVE = "leave"
    RAISE = "raise"
    SAY = "say"


PARTS = (
    Part.NEVER, Part.DROPS, Part.LATE, Part.TWO_DEVICES, Part.STEADY, Part.OUT_AND_BACK, Part.LEAVES_EARLY,
    Part.VERY_LATE, Part.DROPS, Part.STEADY,
)  # fmt: skip
LINES = (
    "Hi everybody.",
    "That was me last week.",
    "Thank you for saying that.",
    "I called my sponsor before coming.",
    "Could you repeat the second step?",
    "Same here.",
    "My plan for the weekend is the early meeting.",
    "I needed to hear this tonight.",
)


@dataclass(frozen=True, order=True)
class Step:
    """At a share of the evening: what, on which device, and the words if any."""

    at: float
    do: Do
    device: int = 0
    text: str = ""


@dataclass(frozen=True)
class Role:
    """One client's evening."""

    part: Part
    steps: tuple[Step, ...]

    @property
    def comes(self) -> bool:
        """Whether this client is there at all."""
        return bool(self.steps)


def roles(number: int, random: Random) -> list[Role]:
    """A part for each of that many clients, in their order."""
    parts = [PARTS[n] if n < len(PARTS) else Part.STEADY for n in range(number)]
    random.shuffle(parts)
    each = max(1, MOST_MESSAGES // max(1, number))
    return [Role(part, tuple(sorted(_steps(part, random, min(each, 3))))) for part in parts]


def _steps(part: Part, random: Random, messages: int) -> list[Step]:
    if part is Part.NEVER:
        return []
    come = _arrival(part, random)
    steps = [Step(come, Do.COME)]
    away: list[tuple[float, float]] = []
    leave = END
    match part:
        case Part.DROPS:
            cut = random.uniform(0.28, 0.46)
            away = [(cut, cut + random.uniform(0.07, 0.12))]
            steps += [Step(away[0][0], Do.CUT), Step(away[0][1], Do.COME)]
        case Part.OUT_AND_BACK:
            away = [(0.36, random.uniform(0.44, 0.5))]
            steps += [Step(away[0][0], Do.LEAVE), Step(away[0][1], Do.COME)]
        case Part.TWO_DEVICES:
            steps += [
                Step(random.uniform(0.26, 0.32), Do.COME, 1),
                Step(random.uniform(0.48, 0.54), Do.CLOSE, 1),
            ]
        case Part.LEAVES_EARLY:
            leave = random.uniform(0.78, 0.86)
            steps.append(Step(leave, Do.LEAVE))
        case _:
            pass
    return steps + _taking_part(max(come, START) + 0.06, leave - 0.05, away, random, messages)


def _arrival(part: Part, random: Random) -> float:
    if part is Part.LATE:
        return random.uniform(0.24, 0.32)
    if part is Part.VERY_LATE:
        return random.uniform(0.72, 0.76)
    return random.uniform(0.03, 0.13)


def _taking_part(
    first: float, last: float, away: Sequence[tuple[float, float]], random: Random, messages: int
) -> list[Step]:
    """Messages and a hand at moments when the person is there and was not just coming back."""
    found = []
    for do in [Do.SAY] * messages + [Do.RAISE]:
        at = random.uniform(first, last)
        if not any(begin - 0.02 <= at <= end + 0.06 for begin, end in away):
            found.append(Step(at, do, text=random.choice(LINES) if do is Do.SAY else ""))
    return found
