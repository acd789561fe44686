"""Who is expected, and the sessions of a person, a date, a week; the same answer one by one and for many."""

from __future__ import annotations

from datetime import timedelta

from groups.models import Enrolment, Membership
from sessions_app import selectors
from sessions_app.access import sessions_for
from tests.factories import MONDAY, MONDAY_START, make_client, make_session
from tests.worlds import World
from vio.common.permissions import Permission

DAY = timedelta(days=1)
SEE = Permission.SEE_ATTENDANCE


def test_expected_are_members_who_are_enrolled_on_the_sessions_date(world: World) -> None:
    session = make_session(world.group)
    assert list(selectors.expected_clients(session)) == [world.ana, world.ben]
    gone, discharged, loose = (make_client(world.program, world.group) for _ in range(3))
    Membership.objects.filter(client=gone).update(ends_on=MONDAY - DAY)
    Enrolment.objects.filter(client=discharged).update(ends_on=MONDAY - DAY)
    Enrolment.objects.filter(client=loose).update(starts_on=MONDAY + DAY)
    assert list(selectors.expected_clients(session)) == [world.ana, world.ben]
    assert selectors.is_expected(session, world.ana.pk)
    for client in (gone, discharged, loose, world.cleo, world.dov):
        assert not selectors.is_expected(session, client.pk)


def test_the_last_day_and_the_first_day_count(world: World) -> None:
    session = make_session(world.group)
    Membership.objects.filter(client=world.ana).update(ends_on=MONDAY)
    newcomer = make_client(world.program)
    Membership.objects.create(program=world.program, group=world.group, client=newcomer, starts_on=MONDAY)
    assert selectors.is_expected(session, world.ana.pk)
    assert selectors.is_expected(session, newcomer.pk)


def test_many_sessions_in_one_query_say_the_same(world: World, django_assert_num_queries: object) -> None:
    sessions = [
        make_session(group, starts_at=MONDAY_START + days * DAY)
        for group in (world.group, world.other_group)
        for days in range(3)
    ]
    Membership.objects.filter(client=world.ana).update(ends_on=MONDAY)
    Enrolment.objects.filter(client=world.cleo).update(ends_on=MONDAY + DAY)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture of pytest-django
        found = selectors.expected_by_session(s.pk for s in sessions)
    for session in sessions:
        alone = {client.pk for client in selectors.expected_clients(session)}
        assert found.get(session.pk, set()) == alone
    assert selectors.expected_by_session([]) == {}


def test_a_clients_sessions_are_those_they_are_expected_in(world: World) -> None:
    tonight, tomorrow = make_session(world.group), make_session(world.group, starts_at=MONDAY_START + DAY)
    make_session(world.other_group)
    week = (MONDAY, MONDAY + 6 * DAY)
    assert list(selectors.client_sessions(world.ana, *week)) == [tonight, tomorrow]
    assert list(selectors.client_sessions_on(world.ana, MONDAY)) == [tonight]
    Membership.objects.filter(client=world.ana).update(ends_on=MONDAY)
    assert list(selectors.client_sessions(world.ana, *week)) == [tonight]
    for session in selectors.client_sessions(world.ana, *week):
        assert selectors.is_expected(session, world.ana.pk)


def test_the_staff_sees_the_sessions_in_reach(world: World) -> None:
    mine, other = make_session(world.group), make_session(world.other_group)
    make_session(world.lakeside_group)
    next_week = make_session(world.group, starts_at=MONDAY_START + 7 * DAY)
    facilitator, clinician = world.actor(world.facilitator), world.actor(world.clinician)
    assert list(selectors.staff_sessions_on(facilitator, SEE, MONDAY)) == [mine]
    assert list(selectors.staff_sessions_on(clinician, SEE, MONDAY)) == [mine, other]
    assert list(selectors.week_sessions(facilitator, SEE, MONDAY)) == [mine]
    assert list(selectors.week_sessions(facilitator, SEE, MONDAY + 7 * DAY)) == [next_week]


def test_access_and_roster_agree_for_every_client(world: World) -> None:
    sessions = [make_session(world.group, starts_at=MONDAY_START + i * DAY) for i in range(3)]
    Membership.objects.filter(client=world.ben).update(ends_on=MONDAY + DAY)
    for client in (world.ana, world.ben, world.cleo):
        reach = set(sessions_for(world.actor(client), Permission.TAKE_PART))
        assert reach == {s for s in sessions if selectors.is_expected(s, client.pk)}
