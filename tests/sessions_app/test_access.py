"""Who reaches which session."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from groups.models import Enrolment, GroupStaff, Membership
from sessions_app import access
from tests.factories import MONDAY, MONDAY_START, make_client, make_session
from tests.worlds import World
from vio.common.errors import NotAllowedError, NotFoundError
from vio.common.permissions import Permission

TAKE_PART, HOST = Permission.TAKE_PART, Permission.HOST_ROOM
DAY = timedelta(days=1)


def test_clients_reach_the_sessions_they_are_expected_in(world: World) -> None:
    session = make_session(world.group)
    for client in (world.ana, world.ben):
        assert access.session_for(world.actor(client), session.pk, TAKE_PART) == session
    for stranger in (world.cleo, world.dov):
        with pytest.raises(NotFoundError):
            access.session_for(world.actor(stranger), session.pk, TAKE_PART)


@pytest.mark.parametrize("row", [Membership, Enrolment])
def test_a_place_or_an_episode_that_ended_closes_later_sessions_only(
    world: World, row: type[Membership] | type[Enrolment]
) -> None:
    tonight, tomorrow = make_session(world.group), make_session(world.group, starts_at=MONDAY_START + DAY)
    row.objects.filter(client=world.ana).update(ends_on=MONDAY)
    actor = world.actor(world.ana)
    assert list(access.sessions_for(actor, TAKE_PART)) == [tonight]
    with pytest.raises(NotFoundError):
        access.session_for(actor, tomorrow.pk, TAKE_PART)


def test_a_place_in_the_future_opens_nothing_before(world: World) -> None:
    newcomer = make_client(world.program)
    Membership.objects.create(
        program=world.program, group=world.group, client=newcomer, starts_on=MONDAY + DAY
    )
    make_session(world.group)
    tomorrow = make_session(world.group, starts_at=MONDAY_START + DAY)
    assert list(access.sessions_for(world.actor(newcomer), TAKE_PART)) == [tomorrow]


@pytest.mark.parametrize("who", ["facilitator", "cofacilitator", "supervisor", "director"])
def test_hosts_reach_their_sessions(world: World, who: str) -> None:
    session = make_session(world.group)
    assert access.session_for(world.actor(getattr(world, who)), session.pk, HOST) == session


def test_facilitators_of_other_groups_and_staff_of_other_programs_find_nothing(world: World) -> None:
    session = make_session(world.group)
    for who in (world.other_facilitator, world.lakeside_admin, world.lakeside_clinician):
        with pytest.raises(NotFoundError):
            access.session_for(world.actor(who), session.pk, Permission.JOIN_ROOM)
        with pytest.raises(NotFoundError):
            access.session_for(world.actor(who), uuid.uuid4(), Permission.JOIN_ROOM)


@pytest.mark.parametrize("who", ["clinician", "records", "admin"])
def test_staff_in_reach_without_the_right_are_told_so(world: World, who: str) -> None:
    session = make_session(world.group)
    with pytest.raises(NotAllowedError):
        access.session_for(world.actor(getattr(world, who)), session.pk, HOST)


def test_a_substitute_keeps_the_one_evening_they_held(world: World) -> None:
    before = make_session(world.group, starts_at=MONDAY_START - DAY)
    held = make_session(world.group)
    GroupStaff.objects.create(
        program=world.program, group=world.group, person=world.other_facilitator, starts_on=MONDAY,
        ends_on=MONDAY,
    )  # fmt: skip
    actor = world.actor(world.other_facilitator)
    assert set(access.sessions_for(actor, HOST, now=MONDAY_START)) == {before, held}
    assert list(access.sessions_for(actor, HOST, now=MONDAY_START + DAY)) == [held]


def test_an_observer_may_look_on_and_not_host(world: World) -> None:
    session = make_session(world.group)
    GroupStaff.objects.filter(person=world.cofacilitator).update(role="observer")
    actor = world.actor(world.cofacilitator)
    assert access.session_for(actor, session.pk, Permission.JOIN_ROOM) == session
    with pytest.raises(NotAllowedError):
        access.session_for(actor, session.pk, HOST)
