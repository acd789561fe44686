"""A place in a group, of a client or a leader: asked about, or refused, where they are elsewhere at the same time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from groups.models import GroupStaff, Membership
from groups.services.apart import keep_apart
from groups.services.leaders import assign_staff
from groups.services.memberships import add_member
from sessions_app.services.scheduling import materialise_sessions
from sessions_app.staffing.services import add_session_staff
from tests.factories import MONDAY, MONDAY_START, make_client, make_group, make_series, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def both(world: World) -> World:
    """Both groups meet from Monday to Thursday at 17:30; their sessions of four weeks are made."""
    make_series(world.group)
    make_series(world.other_group)
    materialise_sessions(actor=SYSTEM, now=NOON)
    return world


def join(world: World, *, anyway: bool | None = False, starts_on: date = MONDAY, **more: Any) -> Membership:
    """Cleo, who is in group B, comes into group A."""
    return add_member(
        actor=SYSTEM, group=world.group, client=world.cleo, starts_on=starts_on, now=NOON, anyway=anyway, **more
    )[0]  # fmt: skip


def lead(world: World, role: str, *, anyway: bool | None = False, **more: Any) -> GroupStaff:
    """Who leads group B comes to lead group A."""
    given = {"starts_on": MONDAY, **more}
    return assign_staff(
        actor=SYSTEM, group=world.group, person=world.other_facilitator, role=role, now=NOON, anyway=anyway,
        **given,
    )  # fmt: skip


def asked(refused: Any) -> str:
    return str(refused.value.fields["anyway"])


# --- clients ----------------------------------------------------------------------------------------------


def test_a_second_group_at_that_hour_is_told_with_group_and_date_and_needs_a_tick(both: World) -> None:
    with pytest.raises(BadInputError) as refused:
        join(both)
    assert asked(refused).startswith(
        "Cleo Park is expected in Evening B at the same time: Apr 13 and 16 more."
    )
    assert not Membership.objects.filter(group=both.group, client=both.cleo).exists()
    assert join(both, anyway=True).group == both.group


def test_a_script_is_not_asked(both: World) -> None:
    assert join(both, anyway=None).client == both.cleo


def test_one_evening_alone_asks_about_that_evening_alone(both: World) -> None:
    tuesday = MONDAY + DAY
    with pytest.raises(BadInputError) as refused:
        join(both, starts_on=tuesday, ends_on=tuesday)
    assert "at the same time: Apr 14. Tick" in asked(refused)
    friday = MONDAY + 4 * DAY
    assert join(both, starts_on=friday, ends_on=friday).starts_on == friday


def test_a_place_that_begins_after_the_sessions_that_are_made_is_read_from_the_timetables(
    both: World,
) -> None:
    with pytest.raises(BadInputError) as refused:
        join(both, starts_on=MONDAY + 56 * DAY)
    assert "Evening B at the same time: Jun 8 and 16 more" in asked(refused)


def test_what_was_called_off_or_is_at_another_hour_is_in_nobodys_way(world: World) -> None:
    make_session(world.group)
    make_session(world.other_group, status="cancelled")
    make_session(world.other_group, starts_at=MONDAY_START + timedelta(minutes=90))
    make_series(world.other_group, rule="FREQ=SOMETIMES")
    assert join(world).client == world.cleo


def test_a_home_state_nobody_who_leads_is_licensed_in_needs_a_tick(both: World) -> None:
    both.cleo.memberships.all().delete()
    both.cleo.home_state = "NJ"
    both.cleo.save()
    with pytest.raises(BadInputError) as refused:
        join(both)
    assert "Nobody who leads is licensed in NJ" in asked(refused)
    both.cofacilitator.staff_roles.update(licensed_states=["NJ"])
    assert join(both).client == both.cleo


def test_the_licence_of_somebody_else_is_not_asked_about_again(both: World) -> None:
    both.cleo.memberships.all().delete()
    both.ana.home_state = "NJ"
    both.ana.save()
    assert join(both).client == both.cleo


def test_a_group_that_nobody_leads_yet_is_filled_without_a_question(both: World) -> None:
    both.cleo.memberships.all().delete()
    both.cleo.home_state = "NJ"
    both.cleo.save()
    both.group.staff.all().delete()
    assert join(both).client == both.cleo


def test_kept_apart_is_refused_even_with_a_tick_and_says_from_whom_and_when(both: World) -> None:
    keep_apart(
        actor=SYSTEM, program=both.program, pair=(both.cleo, both.ana), reason="A court order.", now=NOON
    )
    with pytest.raises(ConflictError) as refused:
        join(both, anyway=True)
    assert refused.value.code == "kept_apart"
    assert refused.value.fields == {
        "client": "Cleo Park is kept apart from Ana Moreno, who is in this group from Jan 1, 2026."
    }
    with pytest.raises(ConflictError):
        join(both, anyway=None)
    both.ana.memberships.update(ends_on=MONDAY + DAY)
    with pytest.raises(ConflictError) as refused:
        join(both, anyway=True, starts_on=MONDAY + DAY)
    assert refused.value.fields["client"].endswith("from Jan 1, 2026 to Apr 14, 2026.")
    assert join(both, anyway=True, starts_on=MONDAY + 2 * DAY).client == both.cleo


def test_kept_apart_no_longer_refuses_no_longer(both: World) -> None:
    pair = keep_apart(actor=SYSTEM, program=both.program, pair=(both.cleo, both.ana), reason="x", now=NOON)
    pair.ended_at = NOON
    pair.save()
    assert join(both, anyway=True).client == both.cleo


# --- who leads --------------------------------------------------------------------------------------------


def test_a_facilitator_of_two_groups_at_once_is_refused_even_with_a_tick(both: World) -> None:
    with pytest.raises(ConflictError) as refused:
        lead(both, "facilitator", anyway=True)
    assert refused.value.code == "leads_twice"
    assert f"{both.other_facilitator.full_name} leads Evening B at the same time: Apr 13" in (
        refused.value.message
    )
    assert not GroupStaff.objects.filter(group=both.group, person=both.other_facilitator).exists()


def test_as_a_co_facilitator_it_needs_a_tick_and_who_looks_on_is_not_asked(both: World) -> None:
    with pytest.raises(BadInputError):
        lead(both, "cofacilitator")
    assert lead(both, "cofacilitator", anyway=True).role == "cofacilitator"
    GroupStaff.objects.filter(group=both.group, person=both.other_facilitator).delete()
    assert lead(both, "observer").role == "observer"


def test_a_session_they_stand_in_for_counts_too(world: World) -> None:
    third = make_group(world.program, "Evening C")
    make_session(world.group)
    session = make_session(third)
    add_session_staff(
        actor=SYSTEM, session=session, person=world.other_facilitator, role="facilitator", now=NOON
    )
    with pytest.raises(ConflictError) as refused:
        lead(world, "facilitator")
    assert "Evening C" in refused.value.message


def test_a_new_leader_without_a_licence_for_a_client_needs_a_tick(both: World) -> None:
    both.group.staff.all().delete()
    GroupStaff.objects.filter(person=both.other_facilitator).delete()
    both.ana.home_state = "NJ"
    both.ana.save()
    with pytest.raises(BadInputError) as refused:
        lead(both, "facilitator")
    assert "licensed in NJ" in asked(refused)
    assert lead(both, "facilitator", anyway=True).role == "facilitator"


# --- how much is read -------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_program(
    both: World, django_assert_max_num_queries: Any
) -> None:
    for n in range(6):
        group = make_group(both.program, f"Evening {n}")
        make_client(both.program, group)
        make_series(group, local_start=time(9, 0))
    materialise_sessions(actor=SYSTEM, now=NOON)
    both.cleo.memberships.all().delete()
    with django_assert_max_num_queries(32):
        join(both)


def test_two_meetings_of_the_group_itself_are_no_matter_of_a_place(world: World) -> None:
    make_series(world.group)
    make_session(world.group)
    assert add_member(
        actor=SYSTEM, group=world.group, client=make_client(world.program), starts_on=MONDAY, now=NOON, anyway=False
    )  # fmt: skip
