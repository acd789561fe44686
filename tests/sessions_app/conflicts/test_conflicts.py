"""Conflicts of real meetings: shown before a change, ticked or refused, with a fixed number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from sessions_app.conflicts.reading import Time, conflicts_of, in_words
from sessions_app.conflicts.rules import Kind
from sessions_app.models import Session, SessionStaff
from sessions_app.services.scheduling import plan_session
from sessions_app.staffing.services import add_session_staff
from sessions_app.timetable.changing import Reach, Wanted, change_sessions, preview_change
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def later(world: World) -> Session:
    """Group B meets at 19:30; group A's evening ends at 19:00."""
    return make_session(world.other_group, starts_at=MONDAY_START + 2 * HOUR)


@pytest.fixture
def tonight(world: World) -> Session:
    return make_session(world.group)


def lead_both(world: World, role: str) -> None:
    world.other_group.staff.create(
        program=world.program, person=world.facilitator, role=role, starts_on=NOON.date()
    )


def join_both(world: World) -> None:
    world.other_group.memberships.create(program=world.program, client=world.ana, starts_on=NOON.date())


MOVED = Wanted("Evening group", "group_therapy", time(19, 30), 90)


def change(session: Session, *, anyway: bool = False) -> None:
    change_sessions(actor=SYSTEM, session=session, reach=Reach.THIS, wanted=MOVED, now=NOON, anyway=anyway)


def test_a_client_expected_elsewhere_is_told_by_name_and_needs_a_tick(
    world: World, tonight: Session, later: Session
) -> None:
    join_both(world)
    preview = preview_change(actor=SYSTEM, session=tonight, reach=Reach.THIS, wanted=MOVED, now=NOON)
    assert [line.text for line in preview.warnings] == [
        "Ana Moreno is expected in Evening B at the same time: Apr 13."
    ]
    with pytest.raises(BadInputError) as refused:
        change(tonight)
    assert "Ana Moreno" in refused.value.fields["anyway"]
    tonight.refresh_from_db()
    assert tonight.starts_at == MONDAY_START
    change(tonight, anyway=True)
    tonight.refresh_from_db()
    assert tonight.starts_at == MONDAY_START + 2 * HOUR


def test_one_facilitator_in_two_groups_is_refused_even_with_a_tick(
    world: World, tonight: Session, later: Session
) -> None:
    lead_both(world, "facilitator")
    with pytest.raises(ConflictError) as refused:
        change(tonight, anyway=True)
    assert refused.value.code == "leads_twice"
    assert world.facilitator.full_name in refused.value.message


def test_as_a_co_facilitator_it_needs_a_tick(world: World, tonight: Session, later: Session) -> None:
    lead_both(world, "cofacilitator")
    with pytest.raises(BadInputError):
        change(tonight)
    change(tonight, anyway=True)


def test_a_home_state_nobody_is_licensed_in_needs_a_tick(world: World, tonight: Session) -> None:
    world.ana.home_state = "NJ"
    world.ana.save()
    with pytest.raises(BadInputError) as refused:
        change(tonight)
    assert "Nobody who leads is licensed in NJ" in refused.value.fields["anyway"]
    over = (tonight.local_date - timedelta(days=1)).isoformat()
    world.cofacilitator.staff_roles.update(licensed_states=["NJ", "NY"], licence_ends={"NJ": over})
    with pytest.raises(BadInputError):
        change(tonight)
    world.cofacilitator.staff_roles.update(licence_ends={"NJ": tonight.local_date.isoformat()})
    change(tonight)


def test_people_of_elsewhere_and_evenings_that_are_over_are_in_nobodys_way(
    world: World, tonight: Session
) -> None:
    join_both(world)
    make_session(world.other_group, starts_at=MONDAY_START + 2 * HOUR, status="cancelled")
    make_session(world.other_group, starts_at=MONDAY_START + 2 * HOUR, status="ended")
    make_session(world.lakeside_group, starts_at=MONDAY_START + 2 * HOUR)
    change(tonight)


def test_the_number_of_queries_does_not_grow(
    world: World, later: Session, django_assert_num_queries: Any
) -> None:
    join_both(world)
    step = 2 * HOUR
    times = [Time(world.group.pk, later.starts_at + n * step, later.ends_at + n * step) for n in range(40)]
    for n in range(30):
        make_session(world.other_group, starts_at=later.starts_at + 2 * n * HOUR)
    with django_assert_num_queries(6):
        few = conflicts_of(world.program, times[:1])
    with django_assert_num_queries(6):
        many = conflicts_of(world.program, times)
    assert {c.kind for c in few} == {Kind.EXPECTED_TWICE}
    assert len(many) > len(few)
    with django_assert_num_queries(2):
        lines = in_words(world.program, many)
    assert len(lines) == 1
    assert "and" in lines[0].text


# --- substitutes and single meetings ----------------------------------------------------------------------


def test_a_substitute_who_leads_another_group_then_is_refused(world: World, tonight: Session) -> None:
    make_session(world.other_group, starts_at=MONDAY_START + HOUR)
    with pytest.raises(ConflictError) as refused:
        add_session_staff(
            actor=SYSTEM, session=tonight, person=world.other_facilitator, role="facilitator", now=NOON,
            anyway=True,
        )  # fmt: skip
    assert refused.value.code == "leads_twice"
    assert not SessionStaff.objects.exists()
    with pytest.raises(BadInputError):
        add_session_staff(
            actor=SYSTEM, session=tonight, person=world.other_facilitator, role="cofacilitator", now=NOON
        )
    add_session_staff(
        actor=SYSTEM, session=tonight, person=world.other_facilitator, role="cofacilitator", now=NOON,
        anyway=True,
    )  # fmt: skip


def test_a_substitute_without_the_licence_of_whom_they_relieve_needs_a_tick(
    world: World, tonight: Session
) -> None:
    world.ana.home_state = "NJ"
    world.ana.save()
    world.facilitator.staff_roles.update(licensed_states=["NJ"])

    def swap(*, anyway: bool) -> SessionStaff:
        return add_session_staff(
            actor=SYSTEM, session=tonight, person=world.other_facilitator, role="facilitator", now=NOON,
            stands_in_for=world.facilitator, anyway=anyway,
        )  # fmt: skip

    with pytest.raises(BadInputError) as refused:
        swap(anyway=False)
    assert "licensed in NJ" in refused.value.fields["anyway"]
    assert swap(anyway=True).role == "facilitator"


def test_a_single_meeting_asks_too(world: World, later: Session) -> None:
    join_both(world)

    def plan(*, anyway: bool) -> Session:
        return plan_session(
            actor=SYSTEM, group=world.group, title="Extra", service_type="skills", minutes=60, now=NOON,
            starts_at=later.starts_at, anyway=anyway,
        )  # fmt: skip

    with pytest.raises(BadInputError):
        plan(anyway=False)
    assert plan(anyway=True).group == world.group


# --- the page ---------------------------------------------------------------------------------------------

SENT = {
    "reach": "this", "title": "Evening group", "service_type": "group_therapy", "local_start": "19:30",
    "minutes": "90", "breaks": "", "starts_on": "2026-04-13",
}  # fmt: skip


@time_machine.travel(NOON, tick=False)
def test_the_page_warns_and_asks_for_the_tick(world: World, tonight: Session, later: Session) -> None:
    join_both(world)
    who = Browser()
    who.force_login(world.supervisor)
    page = reverse("manage_session_change", args=[tonight.pk])
    shown = who.post(page, {**SENT, "preview": "1"})
    assert b"Ana Moreno is expected in Evening B at the same time" in shown.content
    mark = shown.context["form"]["seen"].value()
    without = who.post(page, {**SENT, "seen": mark})
    assert without.status_code == 422
    assert b"Tick this to do it anyway." in without.content
    done = who.post(page, {**SENT, "seen": without.context["form"]["seen"].value(), "anyway": "on"})
    assert done.status_code == 302
    tonight.refresh_from_db()
    assert tonight.starts_at == MONDAY_START + 2 * HOUR


@time_machine.travel(NOON, tick=False)
def test_the_page_offers_no_way_where_one_person_would_lead_twice(
    world: World, tonight: Session, later: Session
) -> None:
    lead_both(world, "facilitator")
    who = Browser()
    who.force_login(world.supervisor)
    page = reverse("manage_session_change", args=[tonight.pk])
    shown = who.post(page, {**SENT, "preview": "1"})
    assert b"Nobody leads two groups at once." in shown.content
    assert b"Make this change" not in shown.content
    mark = shown.context["form"]["seen"].value()
    assert who.post(page, {**SENT, "seen": mark, "anyway": "on"}).status_code == 409
