"""How the invented clients tend to do: pure. From a persona, a week and a random stream to a day's answers and an evening.

Nothing here reads a clock or a database; the same stream gives the same life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

RELAPSE_WEEK = 5  # the sixth


class Persona(StrEnum):
    """A way of doing over the weeks."""

    PERFECT = "perfect"
    STEADY = "steady"
    IMPROVING = "improving"
    STRUGGLING = "struggling"
    RELAPSE = "relapse"
    DROPOUT = "dropout"
    LATECOMER = "latecomer"


@dataclass(frozen=True)
class Habits:
    """Chances from 0 to 1, of an evening or a day; mood and urge from 0 to 10 and what a week adds to them."""

    answers: float
    mood: float
    urge: float
    spread: float
    absent: float
    late: float = 0.06
    drops: float = 0.12
    leaves_early: float = 0.03
    mood_a_week: float = 0.0
    urge_a_week: float = 0.0


HABITS = {
    Persona.PERFECT: Habits(0.99, 7.4, 1.4, 0.5, absent=0.0, late=0.0, drops=0.05, leaves_early=0.0),
    Persona.STEADY: Habits(0.86, 6.6, 2.4, 0.6, absent=0.06),
    Persona.IMPROVING: Habits(0.85, 4.6, 4.8, 0.7, absent=0.07, mood_a_week=0.25, urge_a_week=-0.28),
    Persona.STRUGGLING: Habits(0.76, 4.2, 5.0, 1.2, absent=0.13, late=0.12, leaves_early=0.08),
    Persona.RELAPSE: Habits(0.80, 6.0, 3.2, 0.7, absent=0.08),
    Persona.DROPOUT: Habits(0.72, 5.2, 3.6, 0.9, absent=0.16, late=0.15, leaves_early=0.08),
    Persona.LATECOMER: Habits(0.78, 6.1, 2.9, 0.7, absent=0.06, late=0.55),
}
# In the bad week of a relapse, the weeks after it, and the last weeks before somebody drops out.
FALLING = Habits(0.62, 3.4, 6.4, 1.2, absent=0.45, late=0.2)
RISING = Habits(0.80, 4.9, 4.6, 0.8, absent=0.10)
FADING = Habits(0.12, 4.2, 4.6, 1.0, absent=0.85, late=0.3)
SAFETY_DAYS = {
    Persona.STRUGGLING: frozenset({(2, 2), (9, 3)}),
    Persona.RELAPSE: frozenset({(RELAPSE_WEEK, 6)}),
}
"""(week, weekday) on which a client of that persona answers the safety question with yes."""


def stream(*parts: object) -> Random:
    """A random stream that depends on these parts alone, so that a resumed history goes on as it would have."""
    return Random(":".join(map(str, parts)))  # noqa: S311  # a made-up life, no secret


def habits(persona: Persona, week: int, *, leaves: int | None = None) -> Habits:
    """What holds in one week of the history."""
    if leaves is not None and week >= leaves - 2:
        return FADING
    if persona is Persona.RELAPSE and week == RELAPSE_WEEK:
        return FALLING
    if persona is Persona.RELAPSE and RELAPSE_WEEK < week <= RELAPSE_WEEK + 2:
        return RISING
    return HABITS[persona]


# --- the daily check-in -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class DayAnswers:
    """One check-in: the minute of the local day, and the answers as the form would send them."""

    minute: int
    answers: Mapping[str, object]


def day_answers(  # noqa: PLR0917  # a point in a made-up life has that many coordinates
    persona: Persona, week: int, weekday: int, random: Random, notes: Mapping[str, tuple[str, ...]],
    leaves: int | None = None,
) -> DayAnswers | None:  # fmt: skip
    """The check-in of one day, or None on a day without. `notes` are {"low", "even", "good": sentences}."""
    habit = habits(persona, week, leaves=leaves)
    safety = (week, weekday) in SAFETY_DAYS.get(persona, frozenset())
    answers = random.random() < habit.answers or safety
    mood = _scale(habit.mood + habit.mood_a_week * week + random.gauss(0, habit.spread) - 1.5 * safety)
    urge = _scale(habit.urge + habit.urge_a_week * week + random.gauss(0, habit.spread) + 1.0 * safety)
    used = persona is Persona.RELAPSE and week == RELAPSE_WEEK and weekday in {4, 5}
    given = {
        "mood": mood,
        "urge": urge,
        "used": "yes" if used else "no",
        "safety": "yes" if safety else "no",
        "sleep_hours": f"{min(9.5, max(3.0, round(2 * random.gauss(6.2 + (mood - 5) / 4, 0.8)) / 2))}",
        "medication": random.choice(["taken", "taken", "taken", "not_prescribed", ""]),
        "note": _note(mood, random, notes),
    }
    minute = _minute(weekday, random)
    return DayAnswers(minute, given) if answers else None


def _scale(value: float) -> int:
    return max(0, min(10, round(value)))


def _note(mood: int, random: Random, notes: Mapping[str, tuple[str, ...]]) -> str:
    if random.random() > 0.22:
        return ""
    return random.choice(notes["low" if mood <= 4 else "good" if mood >= 7 else "even"])


def _minute(weekday: int, random: Random) -> int:
    """In the morning, shortly before the group (Mon-Thu), or late in the evening; never while the group runs."""
    when = random.random()
    if when < 0.5:
        return random.randint(7 * 60, 10 * 60)
    if when < 0.85:
        return random.randint(16 * 60 + 40, 17 * 60 + 20) if weekday < 4 else random.randint(11 * 60, 18 * 60)
    return random.randint(21 * 60 + 20, 22 * 60 + 40)


# --- one evening --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drop:
    """A lost connection: minutes after the start, and for how many seconds."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Evening:
    """How one client spends an evening, in minutes after the scheduled start; `arrives` None is an absence."""

    arrives: float | None
    excused: bool = False
    drops: tuple[Drop, ...] = ()
    leaves: float | None = None
    second_device: tuple[float, float] | None = None
    steps_out: tuple[float, float] | None = None
    hands: tuple[float, ...] = field(default=())
    removed: float | None = None


def evening(
    persona: Persona, week: int, weekday: int, random: Random, *, minutes: int, leaves: int | None = None
) -> Evening:
    """One client's evening of that many scheduled minutes."""
    habit = habits(persona, week, leaves=leaves)
    # All chances are drawn in any case, so that one habit more does not shift every later evening.
    draws = [random.random() for _ in range(6)]
    if draws[0] < habit.absent:
        return Evening(None, excused=draws[1] < 0.3)
    late = draws[2] < habit.late
    arrives = random.uniform(5.5, 24) if late else random.uniform(-12.5, 1.5)
    if persona is Persona.RELAPSE and week == RELAPSE_WEEK and weekday == 0:
        return Evening(min(arrives, 0.5), removed=random.uniform(22, 30))
    leaves_at = random.uniform(minutes - 45, minutes - 12) if draws[3] < habit.leaves_early else None
    drops: tuple[Drop, ...] = ()
    second: tuple[float, float] | None = None
    if draws[4] < habit.drops:
        drops = _drops(random, minutes)
    elif draws[4] > 0.92:
        begin = random.uniform(30, 60)
        second = (begin, begin + random.uniform(6, 20))
    out = None
    if draws[5] < 0.02 and not drops:
        begin = random.uniform(40, 60)
        out = (begin, begin + random.uniform(6, 14))
    hands = tuple(sorted(random.uniform(32, minutes - 50) for _ in range(random.choice([0, 0, 1, 1, 2]))))
    return Evening(arrives, drops=drops, leaves=leaves_at, second_device=second, steps_out=out, hands=hands)


def _drops(random: Random, minutes: int) -> tuple[Drop, ...]:
    first = Drop(random.uniform(32, 80), random.choice([35, 50, 80, 110, 240, 420]))
    if random.random() < 0.75:
        return (first,)
    return (first, Drop(random.uniform(112, minutes - 60), random.choice([40, 70, 95])))
