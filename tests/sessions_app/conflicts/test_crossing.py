"""A timetable and a place given in the same instant: the second waits for the first and sees what it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction

from groups.models import Membership, Series
from groups.services.leaders import assign_staff
from groups.services.meeting_times import hold_meeting_times
from groups.services.memberships import add_member
from groups.services.series import Plan, create_series, restore_date
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions, plan_session
from sessions_app.timetable.changing import Reach, Wanted, change_sessions
from tests.factories import MONDAY, make_series
from tests.waiting import somebody_waits
from tests.worlds import World, build_world
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, DomainError
from vio.common.scope import every_program

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENCE = 20.0

Act = Callable[[World], object]


def _now_beside(world: World) -> Plan:
    evening = Series.objects.get(group=world.group)
    return Plan("Other", "group_therapy", evening.rule, evening.local_start, 90, MONDAY)


def new_timetable(world: World) -> object:
    return create_series(
        actor=SYSTEM, group=world.other_group, plan=_now_beside(world), now=NOON, anyway=False
    )


def single_meeting(world: World) -> object:
    tuesday = Session.objects.get(group=world.group, occurrence=MONDAY + DAY)
    return plan_session(
        actor=SYSTEM, group=world.other_group, title="Once", service_type="group_therapy", now=NOON,
        starts_at=tuesday.starts_at, minutes=90, anyway=False,
    )  # fmt: skip


def place(world: World) -> object:
    """Cleo, of group B, comes into group A."""
    return add_member(
        actor=SYSTEM, group=world.group, client=world.cleo, starts_on=MONDAY, now=NOON, anyway=False
    )


def leader(world: World) -> object:
    """Who leads group B comes to lead group A."""
    return assign_staff(
        actor=SYSTEM, group=world.group, person=world.other_facilitator, role="facilitator", starts_on=MONDAY,
        now=NOON, anyway=False,
    )  # fmt: skip


def in_thread(work: Callable[[], object]) -> object:
    try:
        with every_program():
            return work()
    finally:
        connections.close_all()


def cross(world: World, first: Act, second: Act) -> BaseException | None:
    """The first has done its work and not committed when the second begins; returns what the second was refused with."""
    written, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            first(world)
            written.set()
            assert go_on.wait(PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        one: Future[object] = pool.submit(in_thread, hold)
        try:
            assert written.wait(PATIENCE), one.exception(1)
            two: Future[object] = pool.submit(in_thread, lambda: second(world))
            until = time.monotonic() + PATIENCE
            while not somebody_waits():
                assert not two.done(), "the second did not wait for the first"
                assert time.monotonic() < until
        finally:
            go_on.set()
        one.result(PATIENCE)
        return two.exception(PATIENCE)


@pytest.fixture
def evenings() -> World:
    """Group A meets from Monday to Thursday at 17:30; group B does not meet yet."""
    world = build_world()
    make_series(world.group)
    materialise_sessions(actor=SYSTEM, now=NOON)
    return world


@pytest.mark.parametrize("times", [new_timetable, single_meeting])
@pytest.mark.parametrize(("given", "kind"), [(place, BadInputError), (leader, ConflictError)])
def test_a_place_given_while_the_timetable_is_made_is_asked_about(
    evenings: World, times: Act, given: Act, kind: type[DomainError]
) -> None:
    refused = cross(evenings, times, given)
    assert isinstance(refused, kind), refused
    assert not Membership.objects.filter(group=evenings.group, client=evenings.cleo).exists()
    assert Session.objects.filter(group=evenings.other_group).exists()


@pytest.mark.parametrize("times", [new_timetable, single_meeting])
@pytest.mark.parametrize(("given", "kind"), [(place, BadInputError), (leader, ConflictError)])
def test_a_timetable_made_while_the_place_is_given_is_asked_about(
    evenings: World, times: Act, given: Act, kind: type[DomainError]
) -> None:
    refused = cross(evenings, given, times)
    assert isinstance(refused, kind), refused
    assert not Session.objects.filter(group=evenings.other_group).exists()


def other_evening(world: World, on: datetime) -> Session:
    """Group B meets once, at another hour than group A."""
    return plan_session(
        actor=SYSTEM, group=world.other_group, title="Once", service_type="group_therapy", now=NOON,
        starts_at=on, minutes=60,
    )  # fmt: skip


def test_an_evening_moved_while_the_place_is_given_is_asked_about(evenings: World) -> None:
    tuesday = Session.objects.get(group=evenings.group, occurrence=MONDAY + DAY)
    session = other_evening(evenings, tuesday.starts_at - timedelta(hours=5))
    wall = tuesday.starts_at.astimezone(evenings.program.zone).time()

    def moved(world: World) -> object:
        wanted = Wanted("Once", "group_therapy", wall, 60)
        return change_sessions(actor=SYSTEM, session=session, reach=Reach.THIS, wanted=wanted, now=NOON)

    assert isinstance(cross(evenings, place, moved), BadInputError)
    session.refresh_from_db()
    assert session.starts_at == tuesday.starts_at - timedelta(hours=5)


def test_a_date_given_back_while_the_place_is_given_is_asked_about(evenings: World) -> None:
    series = Series.objects.get(group=evenings.group)
    Series.objects.filter(pk=series.pk).update(cancelled_dates=[(MONDAY + DAY).isoformat()])
    tuesday = Session.objects.get(group=evenings.group, occurrence=MONDAY + DAY)
    Session.objects.filter(pk=tuesday.pk).update(status="cancelled")
    other_evening(evenings, tuesday.starts_at)

    def back(world: World) -> object:
        return restore_date(actor=SYSTEM, series=series, on=MONDAY + DAY, now=NOON, anyway=False)

    assert isinstance(cross(evenings, place, back), BadInputError)


def test_another_program_does_not_wait(evenings: World) -> None:
    """While Harbor's lock is held, Lakeside's is free."""

    def theirs() -> bool:
        with transaction.atomic():
            hold_meeting_times(evenings.lakeside.pk)
            return True

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        hold_meeting_times(evenings.program.pk)
        hold_meeting_times(evenings.program.pk)  # once more costs nothing
        assert pool.submit(in_thread, theirs).result(PATIENCE) is True
