"""Units against what a payer authorised: each rule, weeks, what is left, the day it runs out (R12, C4, C6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.hours.authorising import (
    Served,
    Standing,
    Terms,
    UnitRule,
    standing,
    units_by_day,
    weeks_of,
)
from vio.common.localtime import WeekStart

SUNDAY = date(2026, 4, 12)


def on(n: int) -> date:
    return SUNDAY + timedelta(days=n)


@pytest.mark.parametrize(
    ("terms", "minutes", "units"),
    [
        (Terms(UnitRule.UNIT15), [7], 0),
        (Terms(UnitRule.UNIT15), [8], 1),
        (Terms(UnitRule.UNIT15), [4, 4], 1),  # short pieces are added up over the day (C4)
        (Terms(UnitRule.UNIT15), [90, 90], 12),
        (Terms(UnitRule.H0015_DAY), [172], 0),
        (Terms(UnitRule.H0015_DAY), [90, 90], 1),
        (Terms(UnitRule.H0015_DAY), [176, 4], 0),  # 4 minutes are no attendance
        (Terms(UnitRule.H0015_DAY, day_minutes=120), [120], 1),
        (Terms(UnitRule.OHIO_DAY), [149], 0),  # billed by the hour
        (Terms(UnitRule.OHIO_DAY), [150], 1),
        (Terms(UnitRule.PER_SESSION), [44], 0),
        (Terms(UnitRule.PER_SESSION), [45, 90], 2),
    ],
)
def test_minutes_of_a_day_become_units_by_the_payers_rule(
    terms: Terms, minutes: list[int], units: int
) -> None:
    served = [Served(SUNDAY, one, 8) for one in minutes]
    assert units_by_day(terms, served) == ({SUNDAY: units} if units else {})


@pytest.mark.parametrize(("size", "units"), [(1, 0), (2, 1), (12, 1), (13, 0)])
def test_a_session_counts_only_in_a_group_of_the_right_size(size: int, units: int) -> None:
    found = units_by_day(Terms(UnitRule.PER_SESSION), [Served(SUNDAY, 60, size)])
    assert sum(found.values()) == units


def test_a_week_with_too_few_days_says_so_and_keeps_its_units() -> None:
    terms = Terms(UnitRule.H0015_DAY)
    by_day = dict.fromkeys([on(1), on(2), on(4), on(8)], 1)
    weeks = weeks_of(terms, by_day, WeekStart.SUNDAY)
    assert [(week.units, week.met) for week in weeks] == [(3, True), (1, False)]
    assert [week.met for week in weeks_of(Terms(UnitRule.UNIT15), by_day, WeekStart.SUNDAY)] == [None, None]


def test_it_runs_out_on_the_day_of_the_last_unit() -> None:
    used, planned = {on(1): 12, on(2): 12}, {on(4): 12, on(8): 12, on(9): 12}
    assert standing(48, used, planned) == Standing(48, 24, 36, on(8))
    assert standing(47, used, planned).runs_out_on == on(8)
    assert standing(60, used, planned).runs_out_on == on(9)
    assert standing(61, used, planned).runs_out_on is None
    assert standing(24, used, planned).runs_out_on == on(2)  # already


def test_what_is_left_and_what_is_not_authorised() -> None:
    found = standing(30, {on(1): 24}, {on(4): 12})
    assert (found.left, found.short) == (6, 6)
    assert found.low(6)
    assert not found.low(5)
    over = standing(20, {on(1): 24}, {})
    assert (over.left, over.short) == (0, 4)


days = st.dictionaries(st.integers(0, 60).map(on), st.integers(1, 12), max_size=12)


@given(authorised=st.integers(1, 300), used=days, planned=days)
def test_left_and_short_agree_with_the_date(
    authorised: int, used: dict[date, int], planned: dict[date, int]
) -> None:
    found = standing(authorised, used, planned)
    assert found.left == max(authorised - sum(used.values()), 0)
    assert (found.runs_out_on is not None) == (sum(used.values()) + sum(planned.values()) >= authorised)
    assert found.short == 0 or found.runs_out_on is not None


@given(
    st.sampled_from(UnitRule),
    st.lists(
        st.builds(Served, st.integers(0, 3).map(on), st.integers(0, 400), st.integers(0, 15)), max_size=10
    ),
)
def test_the_order_of_sessions_does_not_matter(rule: UnitRule, served: list[Served]) -> None:
    assert units_by_day(Terms(rule), served) == units_by_day(Terms(rule), served[::-1])
