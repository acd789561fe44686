"""A follow-up never lands with who is away: at its start, when an absence begins, when somebody assigns it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client as Browser

from groups.models import Absence, Enrolment, Person, StaffRole
from sessions_app.followup import misses, services
from sessions_app.followup.handing_over import hand_over
from sessions_app.followup.tasks import remind_of_attempts
from sessions_app.models import FollowUp, Session
from tests.factories import MONDAY_START, make_session, make_staff
from tests.worlds import World, build_world
from vio.common.actors import system_actor
from vio.common.errors import BadInputError
from vio.common.models import AuditEntry, Delivery
from vio.common.permissions import Role
from vio.common.scope import every_program

SYSTEM = system_actor("test")
NOW = MONDAY_START + timedelta(minutes=15)
DAY = timedelta(days=1)


def away(
    world: World, person: Person, cover: Person | None = None, *, start: int = -1, end: int = 1
) -> Absence:
    return Absence.objects.create(
        program=world.program, person=person, cover=cover, starts_at=NOW + start * DAY, ends_at=NOW + end * DAY,
        recorded_by=person, recorded_at=NOW - DAY,
    )  # fmt: skip


@pytest.fixture
def session(world: World) -> Session:
    return make_session(world.group, status="live", started_at=MONDAY_START)


def owner_of_a_miss(world: World) -> Person | None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    return FollowUp.objects.get(client=world.ben).owner


def on_call(world: World) -> Person:
    return make_staff(world.program, Role.CLINICIAN, first_name="Oona", is_on_call=True)


def test_the_primary_clinician_who_is_there_comes_first(world: World, session: Session) -> None:
    on_call(world)
    away(world, world.clinician, world.director, start=1, end=2)  # tomorrow
    away(world, world.clinician, world.director, start=-2, end=-1)  # yesterday
    assert owner_of_a_miss(world) == world.clinician


def test_then_their_cover(world: World, session: Session) -> None:
    on_call(world)
    away(world, world.clinician, world.director)
    assert owner_of_a_miss(world) == world.director


def test_then_who_is_on_call(world: World, session: Session) -> None:
    away(world, world.clinician, world.director)
    away(world, world.director)
    oona = on_call(world)
    assert owner_of_a_miss(world) == oona


def test_then_a_supervisor(world: World, session: Session) -> None:
    away(world, world.clinician)
    away(world, on_call(world))
    assert owner_of_a_miss(world) == world.supervisor


def test_then_nobody_yet(world: World, session: Session) -> None:
    away(world, world.clinician)
    away(world, world.supervisor)
    assert owner_of_a_miss(world) is None


def test_a_cover_who_lost_the_role_is_none(world: World, session: Session) -> None:
    away(world, world.clinician, world.director)
    StaffRole.objects.filter(person=world.director).update(withdrawn_at=NOW)
    assert owner_of_a_miss(world) == world.supervisor


def test_a_primary_clinician_who_left_the_staff_owns_nothing_new(world: World, session: Session) -> None:
    StaffRole.objects.filter(person=world.clinician).update(withdrawn_at=NOW)
    assert owner_of_a_miss(world) == world.supervisor


def test_without_a_primary_clinician_who_is_on_call(world: World, session: Session) -> None:
    Enrolment.objects.update(primary_clinician=None)
    oona = on_call(world)
    assert owner_of_a_miss(world) == oona


def test_what_is_open_goes_to_the_cover_when_the_absence_begins_and_stays_there(
    world: World, session: Session
) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    row = away(world, world.clinician, world.director, start=1, end=2)
    before, begun = row.starts_at - timedelta(seconds=1), row.starts_at
    assert hand_over(actor=SYSTEM, now=before) == 0
    assert hand_over(actor=SYSTEM, now=begun) == 2
    assert hand_over(actor=SYSTEM, now=begun) == 0
    assert hand_over(actor=SYSTEM, now=row.ends_at) == 0
    assert set(FollowUp.objects.values_list("owner", flat=True)) == {world.director.pk}
    entries = AuditEntry.objects.filter(action="follow_up.handed_over")
    assert {entry.client_id for entry in entries} == {world.ana.pk, world.ben.pk}
    assert {entry.details["owner"] for entry in entries} == {str(world.director.pk)}


def test_what_has_ended_stays_with_who_had_it(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    FollowUp.objects.filter(client=world.ben).update(status="reached")
    away(world, world.clinician, world.director)
    assert hand_over(actor=SYSTEM, now=NOW) == 1
    assert FollowUp.objects.get(client=world.ben).owner == world.clinician


def test_where_nobody_is_there_it_is_nobodys_and_stays_so_quietly(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    away(world, world.clinician, world.supervisor)
    away(world, world.supervisor, world.clinician)
    assert hand_over(actor=SYSTEM, now=NOW) == 2
    assert set(FollowUp.objects.values_list("owner", flat=True)) == {None}
    assert hand_over(actor=SYSTEM, now=NOW) == 0


def test_another_programs_absence_moves_nothing_here(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    Absence.objects.create(
        program=world.lakeside, person=world.clinician, starts_at=NOW - DAY, ends_at=NOW + DAY,
        recorded_by=world.lakeside_admin, recorded_at=NOW,
    )  # fmt: skip
    assert hand_over(actor=SYSTEM, now=NOW) == 0


def test_the_cover_is_reminded_of_what_is_due(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    away(world, world.clinician, world.director, end=3)
    with time_machine.travel(NOW + 2 * DAY, tick=False):
        remind_of_attempts()
    told = Delivery.objects.filter(kind="follow_up_due").values_list("recipient", flat=True)
    assert sorted(told) == [world.director.pk] * 2


def test_nobody_gives_it_to_who_is_away(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    task = FollowUp.objects.get(client=world.ben)
    row = away(world, world.director)
    actor = world.actor(world.supervisor)
    with pytest.raises(BadInputError) as refused:
        services.assign(actor=actor, follow_up_id=task.pk, owner_id=world.director.pk, now=NOW)
    assert set(refused.value.fields) == {"owner"}
    services.assign(actor=actor, follow_up_id=task.pk, owner_id=world.director.pk, now=row.ends_at)
    task.refresh_from_db()
    assert task.owner == world.director


@pytest.mark.django_db(transaction=True)
def test_four_schedulers_at_once_hand_over_once() -> None:
    world = build_world()
    make_session(world.group, status="live", started_at=MONDAY_START)
    misses.raise_missed(actor=SYSTEM, now=NOW)
    away(world, world.clinician, world.director)

    def go(_: int) -> int:
        try:
            with every_program():
                return hand_over(actor=SYSTEM, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(go, range(4))) == 2
    assert AuditEntry.objects.filter(action="follow_up.handed_over").count() == 2


def test_the_page_says_who_is_away(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=NOW)
    task = FollowUp.objects.get(client=world.ben)
    away(world, world.director)
    away(world, world.clinician)  # still the owner: nothing was handed over yet
    browser = Browser()
    browser.force_login(world.supervisor)
    with time_machine.travel(NOW, tick=False):
        shown = browser.get(f"/follow-ups/{task.pk}/").content.decode()
    assert "Director Staff (away until Tue, Apr 14, 5:45 PM)" in shown
    assert shown.count("away until Tue, Apr 14, 5:45 PM") == 3  # both in the choice, and the owner
