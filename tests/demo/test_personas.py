"""Made-up lives: the same from the same seed, and each persona shows what it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from vio.demo.history import chunks
from vio.demo.personas import (
    RELAPSE_WEEK,
    DayAnswers,
    Evening,
    Persona,
    day_answers,
    evening,
    stream,
)
from vio.demo.phrases import CHECKIN_NOTES

LENGTH = 195


def days(persona: Persona, *, seed: int = 1, leaves: int | None = None) -> Iterator[DayAnswers | None]:
    """Twelve weeks of check-ins."""
    for week in range(12):
        for weekday in range(7):
            random = stream(seed, persona, week, weekday)
            yield day_answers(persona, week, weekday, random, CHECKIN_NOTES, leaves)


def evenings(persona: Persona, *, seed: int = 1, leaves: int | None = None) -> list[Evening]:
    """Twelve weeks of evenings."""
    return [
        evening(persona, week, day, stream(seed, persona, week, day), minutes=LENGTH, leaves=leaves)
        for week in range(12)
        for day in range(4)
    ]


def mean(found: list[DayAnswers], name: str) -> float:
    return sum(int(str(day.answers[name])) for day in found) / len(found)


def test_the_same_seed_is_the_same_life_and_another_is_not() -> None:
    assert list(days(Persona.STEADY)) == list(days(Persona.STEADY))
    assert list(days(Persona.STEADY)) != list(days(Persona.STEADY, seed=2))
    assert evenings(Persona.STEADY) == evenings(Persona.STEADY)


def test_about_eight_days_in_ten_are_answered() -> None:
    answered = [day for persona in Persona for day in days(persona) if day is not None]
    assert 0.72 < len(answered) / (84 * len(Persona)) < 0.92


def test_answers_are_what_the_form_takes_and_never_fall_into_the_group() -> None:
    for persona in Persona:
        for day in days(persona):
            if day is not None:
                assert 0 <= int(str(day.answers["mood"])) <= 10
                assert 0 <= int(str(day.answers["urge"])) <= 10
                assert 3 <= float(str(day.answers["sleep_hours"])) <= 9.5
                assert not 17 * 60 + 25 <= day.minute <= 20 * 60 + 50 or day.minute < 18 * 60 + 1


def test_who_improves_ends_better_than_they_began() -> None:
    every = list(days(Persona.IMPROVING))
    early, late = [d for d in every[:21] if d], [d for d in every[-21:] if d]
    assert mean(late, "mood") > mean(early, "mood") + 1
    assert mean(late, "urge") < mean(early, "urge") - 1


def test_a_relapse_happens_in_the_sixth_week_alone() -> None:
    used = [i // 7 for i, day in enumerate(days(Persona.RELAPSE)) if day and day.answers["used"] == "yes"]
    assert set(used) <= {RELAPSE_WEEK}
    assert used
    unsafe = [i // 7 for i, day in enumerate(days(Persona.RELAPSE)) if day and day.answers["safety"] == "yes"]
    assert unsafe == [RELAPSE_WEEK]


def test_who_drops_out_fades_before_the_end() -> None:
    fading = evenings(Persona.DROPOUT, leaves=7)[5 * 4 : 7 * 4]
    assert sum(plan.arrives is None for plan in fading) >= 5


def test_the_perfect_never_miss_and_the_late_often_come_late() -> None:
    assert all(plan.arrives is not None and plan.arrives <= 5 for plan in evenings(Persona.PERFECT))
    late = [p for p in evenings(Persona.LATECOMER) if p.arrives is not None and p.arrives > 5]
    assert 15 < len(late) < 35


def test_drops_and_devices_lie_inside_the_evening() -> None:
    plans = [plan for persona in Persona for plan in evenings(persona)]
    assert any(plan.drops for plan in plans)
    assert any(plan.second_device for plan in plans)
    for plan in plans:
        assert all(0 < drop.at < LENGTH and drop.seconds > 0 for drop in plan.drops)
        assert plan.second_device is None or plan.second_device[0] < plan.second_device[1] < LENGTH


def test_pieces_of_history_end_on_sundays_and_leave_no_day_out() -> None:
    found = list(chunks(date(2026, 4, 3), date(2026, 4, 14)))
    assert found == [
        (date(2026, 4, 4), date(2026, 4, 5)),
        (date(2026, 4, 6), date(2026, 4, 12)),
        (date(2026, 4, 13), date(2026, 4, 14)),
    ]
    assert list(chunks(date(2026, 4, 14), date(2026, 4, 14))) == []
    assert Counter(len(range((b - a).days + 1)) for a, b in found) == {2: 2, 7: 1}
