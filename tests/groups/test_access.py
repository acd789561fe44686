"""Who reaches which group and chart: allowed and refused from the same set-up."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from groups import access
from groups.models import Client, GroupStaff, Membership, Person
from tests.factories import MONDAY, MONDAY_START, make_client, make_series, make_staff
from tests.worlds import World
from vio.common.actors import NOBODY, system_actor
from vio.common.errors import NotAllowedError, NotFoundError
from vio.common.permissions import Permission, Role

SEE, MANAGE = Permission.SEE_CLIENTS, Permission.MANAGE_GROUPS


@pytest.mark.parametrize("who", ["clinician", "supervisor", "director", "records", "admin"])
def test_program_wide_roles_reach_every_chart_of_their_program_only(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    assert set(access.clients_for(actor, SEE)) == {world.ana, world.ben, world.cleo}
    with pytest.raises(NotFoundError):
        access.client_for(actor, world.dov.pk, SEE)


@pytest.mark.parametrize("who", ["facilitator", "cofacilitator"])
def test_a_facilitator_reaches_the_members_of_the_groups_they_lead(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    assert set(access.clients_for(actor, SEE)) == {world.ana, world.ben}
    assert list(access.groups_for(actor, Permission.HOST_ROOM)) == [world.group]
    for stranger in (world.cleo, world.dov):
        with pytest.raises(NotFoundError):
            access.client_for(actor, stranger.pk, SEE)


def test_a_facilitator_loses_group_and_charts_when_the_place_ends(world: World) -> None:
    actor = world.actor(world.facilitator)
    GroupStaff.objects.filter(person=world.facilitator).update(ends_on=MONDAY)
    in_time, next_day = MONDAY_START, MONDAY_START + timedelta(days=1)
    assert access.group_for(actor, world.group.pk, SEE, now=in_time) == world.group
    assert access.client_for(actor, world.ana.pk, SEE, now=in_time) == world.ana
    with pytest.raises(NotFoundError):
        access.group_for(actor, world.group.pk, SEE, now=next_day)
    with pytest.raises(NotFoundError):
        access.client_for(actor, world.ana.pk, SEE, now=next_day)


def test_the_day_is_the_programs_own(world: World) -> None:
    GroupStaff.objects.filter(person=world.facilitator).update(ends_on=MONDAY)
    actor = world.actor(world.facilitator)
    late_evening = datetime(2026, 4, 14, 3, 59, tzinfo=UTC)  # 23:59 on Monday in New York
    assert access.groups_for(actor, SEE, now=late_evening).exists()
    assert not access.groups_for(actor, SEE, now=late_evening + timedelta(minutes=1)).exists()


def test_an_observer_sees_and_may_not_host(world: World) -> None:
    GroupStaff.objects.filter(person=world.cofacilitator).update(role="observer")
    actor = world.actor(world.cofacilitator)
    assert access.group_for(actor, world.group.pk, Permission.SEE_ATTENDANCE) == world.group
    with pytest.raises(NotAllowedError):
        access.group_for(actor, world.group.pk, Permission.HOST_ROOM)


def test_a_client_reaches_their_own_chart_and_no_peer(world: World) -> None:
    actor = world.actor(world.ana)
    assert access.client_for(actor, world.ana.pk, Permission.OWN_PAGES) == world.ana
    assert access.own_client(actor, Permission.OWN_PAGES) == world.ana
    assert list(access.groups_for(actor, Permission.JOIN_ROOM)) == [world.group]
    with pytest.raises(NotFoundError):
        access.client_for(actor, world.ben.pk, Permission.OWN_PAGES)
    with pytest.raises(NotAllowedError):
        access.client_for(actor, world.ana.pk, Permission.SEE_ALERTS)


def test_a_client_whose_place_ended_loses_the_group_and_keeps_the_chart(world: World) -> None:
    Membership.objects.filter(client=world.ana).update(ends_on=MONDAY)
    actor = world.actor(world.ana)
    later = MONDAY_START + timedelta(days=1)
    assert not access.groups_for(actor, Permission.JOIN_ROOM, now=later).exists()
    assert access.client_for(actor, world.ana.pk, Permission.OWN_PAGES, now=later) == world.ana


def test_in_reach_without_the_right_differs_from_out_of_reach(world: World) -> None:
    actor = world.actor(world.records)
    with pytest.raises(NotAllowedError):
        access.group_for(actor, world.group.pk, MANAGE)
    with pytest.raises(NotFoundError):
        access.group_for(actor, world.lakeside_group.pk, MANAGE)
    with pytest.raises(NotFoundError):
        access.group_for(actor, uuid.uuid4(), MANAGE)


def test_nobody_reaches_nothing_and_the_system_everything(world: World) -> None:
    assert not access.clients_for(NOBODY, SEE).exists()
    assert not access.groups_for(NOBODY, SEE).exists()
    assert access.clients_for(system_actor("test"), SEE).count() == 4
    assert access.programs_for(system_actor("test"), MANAGE).count() == 2


def test_a_person_with_two_roles_has_the_wider_reach_only_where_it_carries_the_right(world: World) -> None:
    person = make_staff(world.program, Role.FACILITATOR)
    person.staff_roles.create(program=world.lakeside, role=Role.RECORDS)
    GroupStaff.objects.create(
        program=world.program, group=world.group, person=person, starts_on=date(2026, 1, 1)
    )
    actor = world.actor(person)
    assert set(access.clients_for(actor, SEE)) == {world.ana, world.ben, world.dov}
    assert set(access.clients_for(actor, Permission.WRITE_NOTES)) == {world.ana, world.ben}


def test_a_client_who_is_also_staff_elsewhere_keeps_both_apart(world: World) -> None:
    client = make_client(world.lakeside, world.lakeside_group)
    client.person.staff_roles.create(program=world.program, role=Role.CLINICIAN)
    actor = world.actor(client)
    assert set(access.clients_for(actor, Permission.SEE_CHECKINS)) == {world.ana, world.ben, world.cleo}
    assert access.own_client(actor, Permission.OWN_CHECKIN) == client


@pytest.mark.parametrize("kind", ["enrolment", "membership", "group_staff", "series", "level", "staff_role"])
def test_rows_below_follow_their_group_client_or_program(world: World, kind: str) -> None:
    rows = {
        "enrolment": world.ana.enrolments.get(),
        "membership": world.ana.memberships.get(),
        "group_staff": world.group.staff.filter(role="facilitator").get(),
        "series": make_series(world.group),
        "level": world.program.levels.get(),
        "staff_role": world.facilitator.staff_roles.get(),
    }
    right = {
        "enrolment": Permission.MANAGE_ENROLMENT,
        "level": Permission.MANAGE_PROGRAM,
        "staff_role": Permission.MANAGE_STAFF,
    }.get(kind, MANAGE)
    find = getattr(access, f"{kind}_for")
    row = rows[kind]
    assert find(world.actor(world.admin), row.pk, right) == row
    with pytest.raises(NotAllowedError):
        find(world.actor(world.records), row.pk, right)
    with pytest.raises(NotFoundError):
        find(world.actor(world.lakeside_admin), row.pk, right)


def test_no_chart_no_own_client(world: World) -> None:
    person: Person = world.clinician
    with pytest.raises(NotFoundError):
        access.own_client(world.actor(person), Permission.OWN_PAGES)
    assert Client.objects.filter(person=person).count() == 0
