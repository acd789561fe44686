"""The weekly target by rule: parts of a week, two doses, sessions called off, a target set by a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions_app.hours.forecast import Dose
from sessions_app.hours.target import (
    Basis,
    DosePart,
    Override,
    OwnSession,
    Proration,
    Target,
    dose_parts,
    target,
)

SUNDAY = date(2026, 4, 12)
SATURDAY = SUNDAY + timedelta(days=6)
IOP, OUT = Dose(540, 3), Dose(180, 1)


def day(n: int) -> date:
    return SUNDAY + timedelta(days=n)


def find(
    rule: str, *, first: int = 0, last: int = 6, doses: dict[int, Dose] | None = None,
    sessions: list[OwnSession] | None = None, override: Override | None = None,
) -> Target:  # fmt: skip
    parts = dose_parts({day(n): d for n, d in (doses or {}).items()}, IOP, first=day(first), last=day(last))
    return target(parts, sessions or [], Proration(rule), override)


@pytest.mark.parametrize(
    ("rule", "span", "minutes", "days", "basis"),
    [
        ("none", (0, 6), 540, 3, "full"),
        ("none", (4, 6), 540, 3, "full"),  # admitted on Thursday, and still the whole week
        ("days", (0, 6), 540, 3, "full"),
        ("days", (4, 6), 232, 2, "days"),  # 3 of 7 days: 231.4 minutes and 1.3 days, rounded up
        ("days", (0, 2), 232, 2, "days"),  # discharged on Tuesday: the same three days
        ("days", (6, 6), 78, 1, "days"),
        ("scheduled", (4, 6), 232, 2, "days"),  # nothing called off: as by days
    ],
)
def test_a_part_of_a_week_asks_for_its_part(
    rule: str, span: tuple[int, int], minutes: int, days: int, basis: str
) -> None:
    first, last = span
    found = find(rule, first=first, last=last)
    assert (found.minutes, found.days, str(found.basis)) == (minutes, days, basis)
    assert (found.full, found.days_in_force) == (IOP, last - first + 1)


def test_a_step_down_on_wednesday_asks_each_part_for_its_days() -> None:
    found = find("days", doses={3: OUT})
    assert [(part.days, part.dose, minutes) for part, minutes in found.parts] == [
        (3, IOP, 232),
        (4, OUT, 103),
    ]  # 231.4 + 102.9 = 334.3
    assert (found.minutes, found.days, found.basis, found.full) == (335, 2, Basis.LEVEL, OUT)
    assert find("none", doses={3: OUT}).dose == IOP  # the dose the week began with


def test_a_dose_from_before_the_week_holds_and_a_later_one_does_not() -> None:
    assert find("days", doses={-20: OUT, 9: IOP}).dose == OUT
    assert find("days", doses={0: OUT}).parts[0][0] == DosePart(SUNDAY, SATURDAY, OUT)


def evening(n: int, *, called_off: bool = False, minutes: int = 180) -> OwnSession:
    return OwnSession(day(n), minutes, called_off)


@pytest.mark.parametrize(
    ("sessions", "minutes", "days", "less"),
    [
        ([evening(1), evening(2), evening(4)], 540, 3, 0),
        ([evening(1), evening(2), evening(4, called_off=True)], 360, 2, 180),
        # A fourth evening makes up for the one called off: the week can still be reached, so nothing is lowered.
        ([evening(1), evening(2), evening(3), evening(4, called_off=True)], 540, 3, 0),
        # Only as far as it cannot be reached.
        ([evening(1), evening(2), evening(3, minutes=100), evening(4, called_off=True)], 460, 3, 80),
        # A timetable that never held enough is not the program's gift: only what was called off is taken away.
        ([evening(1), evening(4, called_off=True)], 360, 2, 180),
        ([evening(n, called_off=True) for n in (1, 2, 4)], 0, 0, 540),
    ],
)
def test_sessions_called_off_lower_the_target_only_as_far_as_needed(
    sessions: list[OwnSession], minutes: int, days: int, less: int
) -> None:
    found = find("scheduled", sessions=sessions)
    assert (found.minutes, found.days, found.called_off) == (minutes, days, less)
    assert (found.basis is Basis.CALLED_OFF) == bool(less)
    assert find("days", sessions=sessions).dose == IOP


def test_what_a_person_set_holds_whatever_the_rule_says() -> None:
    sessions = [evening(1), evening(4, called_off=True)]
    for rule in Proration:
        found = find(rule, first=3, sessions=sessions, override=Override(300, 2))
        assert (found.minutes, found.days, found.basis, found.called_off) == (300, 2, Basis.OVERRIDE, 0)


doses = st.builds(Dose, st.integers(0, 10_080), st.integers(0, 7))
owned = st.builds(OwnSession, st.integers(0, 6).map(day), st.integers(0, 300), st.booleans())


spans = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)
changes = st.lists(st.tuples(st.integers(-3, 9).map(day), doses), max_size=4).map(dict)
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@calm
@given(span=spans, doses_by_day=changes, level=doses, sessions=st.lists(owned, max_size=8))
@pytest.mark.parametrize("rule", [Proration.DAYS, Proration.SCHEDULED])
def test_parts_add_up_and_a_target_is_never_more_than_the_largest_dose(
    rule: Proration, span: list[int], doses_by_day: dict[date, Dose], level: Dose, sessions: list[OwnSession]
) -> None:
    first, last = span
    parts = dose_parts(doses_by_day, level, first=day(first), last=day(last))
    found = target(parts, sessions, rule)
    assert sum(part.days for part in parts) == last - first + 1 == found.days_in_force
    assert [p.first for p in parts[1:]] == [p.last + timedelta(days=1) for p in parts[:-1]]
    assert sum(minutes for _, minutes in found.parts) == found.minutes + found.called_off
    assert 0 <= found.minutes <= max(part.dose.minutes for part in parts)
    assert 0 <= found.days <= max(part.dose.days for part in parts)
    lost = sum(s.minutes for s in sessions if s.called_off)
    kept = sum(s.minutes for s in sessions if not s.called_off)
    assert found.called_off <= lost
    # Lowered, it is either within what is left, or everything called off was taken away.
    if found.called_off:
        assert found.minutes == kept or found.called_off == lost


@calm
@given(first=st.integers(1, 6), dose=doses)
def test_two_halves_of_a_week_ask_for_at_most_one_minute_more_than_the_whole(first: int, dose: Dose) -> None:
    whole = target(dose_parts({}, dose, first=SUNDAY, last=SATURDAY), [], Proration.DAYS)
    halves = [
        target(dose_parts({}, dose, first=a, last=b), [], Proration.DAYS)
        for a, b in ((SUNDAY, day(first - 1)), (day(first), SATURDAY))
    ]
    assert 0 <= sum(half.minutes for half in halves) - whole.minutes <= 1
