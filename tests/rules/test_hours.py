"""R9, R11, R12, C4, C6, C11, C12: weekly minutes, hours, levels and payer units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.attendance.rules import Status
from sessions_app.hours.rules import (
    COUNTABLE_BY_DEFAULT,
    ClockHour,
    HoursPolicy,
    Level,
    Population,
    ServiceType,
    SessionCredit,
    TherapeuticHour,
    counted_by_date,
    counted_minutes,
    hours_text,
    level_minimum,
    level_of,
    minutes_by_week,
    minutes_in_week,
    weekly_minutes,
)
from sessions_app.hours.units import DayBilling, h0015_day, ohio_day, per_session, unit15
from vio.common.localtime import Week, WeekStart, week_of

MONDAY = date(2026, 5, 4)
WEEK = week_of(MONDAY, WeekStart.SUNDAY)
POLICY = HoursPolicy()


def session(
    minutes: int,
    day: date = MONDAY,
    *,
    kind: ServiceType = ServiceType.GROUP_THERAPY,
    status: Status = Status.ATTENDED,
    delivered: int | None = None,
) -> SessionCredit:
    return SessionCredit(kind, status, minutes, minutes if delivered is None else delivered, {day: minutes})


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0.00"),
        (1, "0.02"),
        (3, "0.05"),
        (9, "0.15"),
        (539, "8.98"),
        (540, "9.00"),
        (1199, "19.98"),
        (712, "11.87"),
    ],
)
def test_hours_are_shown_with_two_decimals(minutes: int, text: str) -> None:
    assert hours_text(minutes) == text


def test_hours_are_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        hours_text(-1)


@pytest.mark.parametrize(
    ("minutes", "adult", "adolescent"),
    [
        (0, "1", "1"),
        (359, "1", "1"),
        (360, "1", "2.1"),
        (539, "1", "2.1"),  # shown as 8.98 h; mistake: rounding to 9 first
        (540, "2.1", "2.1"),
        (1199, "2.1", "2.1"),
        (1200, "2.5", "2.5"),
    ],
)
def test_levels_compare_whole_minutes(minutes: int, adult: str, adolescent: str) -> None:
    assert level_of(minutes) == adult
    assert level_of(minutes, Population.ADOLESCENT) == adolescent


def test_a_level_has_one_minimum() -> None:
    assert level_minimum(Level.INTENSIVE) == 540
    assert level_minimum(Level.INTENSIVE, Population.ADOLESCENT) == 360
    assert level_minimum(Level.HIGH_INTENSITY, Population.ADOLESCENT) == 1200


@given(st.integers(0, 5000))
def test_hours_and_level_follow_the_minutes(minutes: int) -> None:
    shown = float(hours_text(minutes))
    assert abs(shown - minutes / 60) <= 0.005 + 1e-9
    assert level_minimum(level_of(minutes)) <= minutes


def test_a_week_adds_its_dates_only() -> None:
    days = {date(2026, 5, 2): 100, date(2026, 5, 3): 10, date(2026, 5, 9): 20, date(2026, 5, 10): 200}
    assert minutes_in_week(days, WEEK) == 30
    assert minutes_by_week(days, WeekStart.SUNDAY) == {
        Week(date(2026, 4, 26)): 100,
        Week(date(2026, 5, 3)): 30,
        Week(date(2026, 5, 10)): 200,
    }
    with pytest.raises(ValueError, match="rolling"):
        minutes_by_week(days, WeekStart.ROLLING7)


@given(
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 3, 31)), st.integers(0, 300)),
    st.sampled_from(["sun", "mon"]),
)
def test_weeks_lose_no_minute(days: dict[date, int], start: str) -> None:
    weeks = minutes_by_week(days, WeekStart(start))
    assert sum(weeks.values()) == sum(days.values())
    assert all(total == minutes_in_week(days, week) for week, total in weeks.items())


def test_treatment_counts_and_other_service_does_not() -> None:
    not_counted = {"case_management", "peer_social", "drug_testing", "outside_support_meeting"}
    assert {str(kind) for kind in set(ServiceType) - COUNTABLE_BY_DEFAULT} == not_counted
    for kind in ServiceType:
        assert counted_minutes(session(60, kind=kind), POLICY) == (60 if kind in COUNTABLE_BY_DEFAULT else 0)


def test_a_program_may_count_something_else() -> None:
    policy = replace(POLICY, countable=frozenset({ServiceType.CASE_MANAGEMENT}))
    assert counted_minutes(session(60, kind=ServiceType.CASE_MANAGEMENT), policy) == 60
    assert counted_minutes(session(60), policy) == 0


@pytest.mark.parametrize(
    ("minutes", "status", "counted"),
    [
        (7, Status.NO_SHOW, 0),
        (7, Status.EXCUSED, 0),
        (7, Status.PARTIAL, 0),
        (8, Status.PARTIAL, 8),
        (60, Status.CANCELLED, 0),
        (60, Status.ATTENDED, 60),
    ],
)
def test_what_was_not_attended_is_in_no_total(minutes: int, status: Status, counted: int) -> None:
    assert counted_minutes(session(minutes, status=status), POLICY) == counted


def test_weekly_minutes_of_many_sessions() -> None:
    evenings = [session(150, MONDAY + timedelta(days=n)) for n in (0, 1, 3)]
    others = [
        session(300, MONDAY - timedelta(days=2)),
        session(30, kind=ServiceType.DRUG_TESTING),
        session(5),
    ]
    assert weekly_minutes([*evenings, *others], WEEK, POLICY) == 450


def test_minutes_of_a_split_session_count_in_their_own_week() -> None:
    saturday, sunday = date(2026, 5, 9), date(2026, 5, 10)
    night = SessionCredit(ServiceType.GROUP_THERAPY, Status.ATTENDED, 87, 110, {saturday: 83, sunday: 4})
    assert weekly_minutes([night], WEEK, POLICY) == 83
    assert (
        weekly_minutes([night], week_of(sunday, WeekStart.SUNDAY), POLICY) == 4
    )  # the session is no no-show


# -- what an hour is --

THERAPEUTIC = replace(POLICY, hour=TherapeuticHour())


def test_nine_groups_of_fifty_minutes_by_clock_and_by_therapeutic_hour() -> None:
    groups = [session(50) for _ in range(9)]
    assert hours_text(weekly_minutes(groups, WEEK, POLICY)) == "7.50"
    assert hours_text(weekly_minutes(groups, WEEK, THERAPEUTIC)) == "9.00"


@pytest.mark.parametrize(
    ("credited", "delivered", "percent", "counted"),
    [
        (50, 50, 100, 60),
        (49, 50, 100, 49),
        (45, 50, 90, 60),
        (44, 50, 90, 44),
        (49, 49, 50, 49),  # the group itself was too short
        (50, 58, 100, 60),
        (90, 90, 100, 90),  # longer by the clock stays longer
    ],
)
def test_a_full_group_counts_as_an_hour(credited: int, delivered: int, percent: int, counted: int) -> None:
    hour = TherapeuticHour(from_percent=percent)
    assert hour.counted(credited_minutes=credited, delivered_minutes=delivered) == counted


def test_what_a_therapeutic_hour_adds_goes_to_the_last_date() -> None:
    night = SessionCredit(
        ServiceType.GROUP_THERAPY, Status.ATTENDED, 50, 50, {date(2026, 5, 10): 20, date(2026, 5, 9): 30}
    )
    assert counted_by_date(night, THERAPEUTIC) == {date(2026, 5, 9): 30, date(2026, 5, 10): 30}
    assert counted_by_date(session(0, status=Status.NO_SHOW), THERAPEUTIC) == {}


@pytest.mark.parametrize(
    "wrong", [{"group_minutes": 0}, {"counts_as": 0}, {"from_percent": 0}, {"from_percent": 101}]
)
def test_a_senseless_hour_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="therapeutic"):
        TherapeuticHour(**wrong)


def test_definitions_have_a_name_to_show_beside_the_total() -> None:
    assert (ClockHour().name, TherapeuticHour().name) == ("clock", "therapeutic")


# -- units --


def test_fifteen_minute_units_step_at_eight_minutes() -> None:
    steps = {0: 0, 7: 0, 8: 1, 22: 1, 23: 2, 37: 2, 38: 3, 52: 3, 53: 4, 67: 4, 68: 5, 82: 5, 83: 6, 97: 6}
    assert {minutes: unit15([minutes]) for minutes in steps} == steps


def test_two_short_pieces_make_a_unit_together() -> None:
    assert unit15([7, 7]) == 1
    assert unit15([]) == 0


@pytest.mark.parametrize(
    ("days", "units", "week_met", "minutes"),
    [
        ([[180], [172], [180], [180]], (1, 0, 1, 1), True, 712),
        ([[90, 90], [180], [179]], (1, 1, 0), False, 539),
        ([[173, 7], [180], [180]], (0, 1, 1), False, 533),
        ([], (), False, 0),
    ],
)
def test_a_failed_week_leaves_the_units(
    days: Sequence[Sequence[int]], units: tuple[int, ...], week_met: bool, minutes: int
) -> None:
    found = h0015_day(days)
    assert (found.units, found.week_met, found.minutes) == (units, week_met, minutes)
    assert found.qualifying_days == sum(units)


def test_the_day_decides_between_hourly_and_per_diem() -> None:
    assert ohio_day([149]) is DayBilling.HOURLY
    assert ohio_day([75, 75]) is DayBilling.PER_DIEM


@pytest.mark.parametrize(
    ("minutes", "size", "units"), [(45, 2, 1), (45, 12, 1), (44, 8, 0), (45, 1, 0), (45, 13, 0)]
)
def test_one_unit_per_session_in_a_group_of_payable_size(minutes: int, size: int, units: int) -> None:
    assert per_session(minutes, minimum=45, group_size=size) == units
