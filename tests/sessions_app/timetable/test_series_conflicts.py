"""A new timetable, and a rule that changes: whom it would put in two places at once is asked about first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from groups.models import Series
from groups.services.series import Plan, change_series, create_series
from groups.services.weeks import make_week
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions
from tests.factories import MONDAY, make_series
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLAN = Plan("Evening group", "group_therapy", "FREQ=WEEKLY;BYDAY=TU", time(18, 0), 90, MONDAY)


@pytest.fixture
def shared(world: World) -> World:
    """Group B meets from Monday to Thursday at 17:30, and Ana is in both groups."""
    make_series(world.other_group)
    materialise_sessions(actor=SYSTEM, now=NOON)
    world.other_group.memberships.create(program=world.program, client=world.ana, starts_on=MONDAY)
    return world


@pytest.fixture
def make(shared: World) -> Callable[..., Series]:
    def made(plan: Plan = PLAN, *, anyway: bool | None = False) -> Series:
        return create_series(actor=SYSTEM, group=shared.group, plan=plan, now=NOON, anyway=anyway)

    return made


def asked(refused: Any) -> str:
    return str(refused.value.fields["anyway"])


def test_a_new_timetable_beside_another_group_of_a_client_needs_a_tick(make: Callable[..., Series]) -> None:
    with pytest.raises(BadInputError) as refused:
        make()
    assert asked(refused).startswith(
        "Ana Moreno is expected in Evening B at the same time: Apr 14 and 3 more."
    )
    assert Series.objects.count() == 1
    made = make(anyway=True)
    assert Session.objects.filter(series=made).count() == 4


def test_another_hour_is_not_asked_about(make: Callable[..., Series]) -> None:
    assert make(replace(PLAN, local_start=time(9, 0))).minutes == 90


def test_a_timetable_that_begins_later_than_sessions_are_made_is_asked_about_too(
    make: Callable[..., Series],
) -> None:
    with pytest.raises(BadInputError) as refused:
        make(replace(PLAN, starts_on=MONDAY + 56 * DAY))
    assert "Evening B at the same time: Jun 9 and 3 more" in asked(refused)
    assert make(replace(PLAN, starts_on=MONDAY + 56 * DAY, local_start=time(9, 0))).pk


def test_one_facilitator_of_both_groups_is_refused_even_with_a_tick(
    shared: World, make: Callable[..., Series]
) -> None:
    shared.other_group.staff.create(
        program=shared.program, person=shared.facilitator, role="facilitator", starts_on=MONDAY
    )
    with pytest.raises(ConflictError) as refused:
        make(anyway=True)
    assert refused.value.code == "leads_twice"
    assert Series.objects.count() == 1


def test_a_licence_that_is_missing_needs_a_tick(shared: World, make: Callable[..., Series]) -> None:
    shared.ana.home_state = "NJ"
    shared.ana.save()
    with pytest.raises(BadInputError) as refused:
        make(replace(PLAN, local_start=time(9, 0)))
    assert "Nobody who leads is licensed in NJ" in asked(refused)


# --- a rule that changes ----------------------------------------------------------------------------------


def test_another_hour_for_a_series_is_asked_about_and_what_stays_is_not(
    make: Callable[..., Series],
) -> None:
    morning = replace(PLAN, local_start=time(9, 0))
    series = make(morning)

    def change(plan: Plan, *, anyway: bool = False) -> Series:
        return change_series(actor=SYSTEM, series=series, plan=plan, now=NOON, anyway=anyway)

    with pytest.raises(BadInputError) as refused:
        change(PLAN)
    assert "Apr 14 and 3 more" in asked(refused)
    assert {s.starts_at.hour for s in Session.objects.filter(series=series)} == {13}
    change(PLAN, anyway=True)
    assert {s.starts_at.hour for s in Session.objects.filter(series=series)} == {22}
    # What stood already is not asked about again.
    assert change(replace(PLAN, title="Tuesdays")).title == "Tuesdays"


def test_from_a_date_on_only_the_new_part_is_asked_about(make: Callable[..., Series]) -> None:
    series = make(replace(PLAN, local_start=time(9, 0)))
    later = MONDAY + 14 * DAY
    with pytest.raises(BadInputError) as refused:
        change_series(actor=SYSTEM, series=series, plan=PLAN, now=NOON, from_date=later, anyway=False)
    assert "Apr 28 and 1 more" in asked(refused)
    assert Series.objects.filter(group=series.group).count() == 1
    new = change_series(actor=SYSTEM, series=series, plan=PLAN, now=NOON, from_date=later, anyway=True)
    assert Session.objects.filter(series=new).count() == 2


def test_a_week_from_the_template_asks_for_a_group_that_has_people(shared: World) -> None:
    def week(*, anyway: bool) -> object:
        return make_week(
            actor=SYSTEM, program=shared.program, group_name=shared.group.name, starts_on=MONDAY, now=NOON,
            anyway=anyway,
        )  # fmt: skip

    with pytest.raises(BadInputError):
        week(anyway=False)
    assert not shared.group.series.exists()
    week(anyway=True)
    assert shared.group.series.count() == 4
