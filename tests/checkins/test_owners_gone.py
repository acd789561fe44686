"""What somebody owned when they lost the role or the account for it goes to who answers now: once, with a line and a message."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections

from checkins.models import Alert, AlertAct
from checkins.services.alerts import acknowledge_alert
from checkins.services.handing_over import Held, hand_over, held_by_gone
from checkins.tasks import hand_over_alerts
from groups.models import Absence, Person, StaffRole
from groups.services.accounts import deactivate_person, end_logins, reactivate_person
from groups.services.staff import withdraw_role
from sessions_app.followup import misses
from sessions_app.followup.handing_over import hand_over as hand_over_follow_ups
from sessions_app.followup.handovers import handovers_of
from sessions_app.models import FollowUp
from tests.checkins.answers import NOW, red_alert
from tests.factories import MONDAY_START, make_session, make_staff
from tests.signed_in import browser_of
from tests.worlds import World, build_world
from vio.common.actors import system_actor
from vio.common.models import AuditEntry, Delivery
from vio.common.permissions import Role
from vio.common.scope import every_program

SYSTEM = system_actor("test")
LATER = MONDAY_START + timedelta(minutes=15)


def taken_by(world: World, person: Person) -> Alert:
    """A red alert that somebody has acknowledged."""
    alert = red_alert(world, world.ana)
    return acknowledge_alert(actor=world.actor(person), alert_id=alert.pk, version=1, now=NOW)


def run() -> int:
    with time_machine.travel(NOW, tick=False):
        return hand_over_alerts()


def loses_the_role(world: World, person: Person) -> None:
    role = StaffRole.objects.get(program=world.program, person=person, withdrawn_at=None)
    withdraw_role(actor=SYSTEM, staff_role=role, now=NOW)


def is_switched_off(world: World, person: Person) -> None:
    deactivate_person(person=person, actor=SYSTEM, now=NOW)


Goes = Callable[[World, Person], None]
GONE: list[Goes] = [loses_the_role, is_switched_off]


@pytest.mark.parametrize("goes", GONE)
def test_an_alert_goes_to_who_answers_with_a_line_an_entry_and_a_message(world: World, goes: Goes) -> None:
    alert = taken_by(world, world.clinician)
    assert run() == 0
    goes(world, world.clinician)
    assert run() == 1
    alert.refresh_from_db()
    assert (alert.owner, alert.status, alert.version) == (world.supervisor, "acknowledged", 3)
    act = alert.acts.get(kind="handed_over")
    assert act.text == (
        "Handed from Clinician Staff to Supervisor Staff: Clinician Staff does not answer for clients here any more."
    )
    entry = AuditEntry.objects.get(action="alert.handed_over")
    assert (entry.details["from"], entry.details["owner"]) == (
        str(world.clinician.pk),
        str(world.supervisor.pk),
    )
    message = Delivery.objects.get(kind="alert_assigned")
    assert (message.recipient, message.path) == (world.supervisor, f"/alerts/{alert.pk}/")
    assert run() == 0


@pytest.mark.parametrize("goes", GONE)
def test_a_follow_up_goes_too_and_its_page_says_why(world: World, goes: Goes) -> None:
    task = missed(world)
    assert task.owner == world.clinician
    assert hand_over_follow_ups(actor=SYSTEM, now=LATER) == 0
    goes(world, world.clinician)
    assert hand_over_follow_ups(actor=SYSTEM, now=LATER) == 2  # Ana's as well
    task.refresh_from_db()
    assert task.owner == world.supervisor
    told = handovers_of(task)[-1]
    assert (told.row.because, told.row.away_until, told.row.by) == ("left", None, None)
    assert told.words == (
        "Handed from Clinician Staff to Supervisor Staff: Clinician Staff does not answer for clients here any more."
    )
    assert AuditEntry.objects.filter(action="follow_up.handed_over", client_id=world.ben.pk).count() == 1
    told_of = Delivery.objects.filter(kind="follow_up_assigned", recipient=world.supervisor)
    assert told_of.filter(path=f"/follow-ups/{task.pk}/").count() == 1
    assert hand_over_follow_ups(actor=SYSTEM, now=LATER) == 0
    page = browser_of(world.supervisor).get(f"/api/v1/follow-ups/{task.pk}").json()
    assert page["handovers"][-1]["because"] == "left"


def missed(world: World) -> FollowUp:
    """Ben's miss of tonight; his primary clinician owns it."""
    make_session(world.group, status="live", started_at=MONDAY_START)
    misses.raise_missed(actor=SYSTEM, now=LATER)
    return FollowUp.objects.get(client=world.ben)


def test_who_keeps_a_role_that_answers_or_only_signed_out_keeps_their_work(world: World) -> None:
    taken_by(world, world.clinician)
    missed(world)
    StaffRole.objects.create(program=world.program, person=world.clinician, role=Role.SUPERVISOR)
    role = StaffRole.objects.get(program=world.program, person=world.clinician, role=Role.CLINICIAN)
    withdraw_role(actor=SYSTEM, staff_role=role, now=NOW)
    end_logins(person=world.clinician, actor=SYSTEM, now=NOW)
    assert held_by_gone() == []
    assert (run(), hand_over_follow_ups(actor=SYSTEM, now=LATER)) == (0, 0)


def test_a_role_in_another_program_or_one_that_does_not_answer_is_no_claim(world: World) -> None:
    alert = taken_by(world, world.clinician)
    StaffRole.objects.create(program=world.lakeside, person=world.clinician, role=Role.CLINICIAN)
    StaffRole.objects.create(program=world.program, person=world.clinician, role=Role.RECORDS)
    role = StaffRole.objects.get(program=world.program, person=world.clinician, role=Role.CLINICIAN)
    withdraw_role(actor=SYSTEM, staff_role=role, now=NOW)
    assert [held.alert_id for held in held_by_gone()] == [alert.pk]


def test_the_cover_of_who_would_get_it_answers(world: World) -> None:
    alert = taken_by(world, world.clinician)
    Absence.objects.create(
        program=world.program, person=world.supervisor, cover=world.director, starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=1), recorded_by=world.supervisor, recorded_at=NOW,
    )  # fmt: skip
    loses_the_role(world, world.clinician)
    run()
    alert.refresh_from_db()
    assert alert.owner == world.director


def test_where_nobody_is_left_an_alert_stays_and_a_follow_up_is_nobodys(world: World) -> None:
    """As for absences: what was answered must not look as if nobody had it; a new clinician gets it a minute later."""
    alert, task = taken_by(world, world.clinician), missed(world)
    answering = [world.clinician, world.supervisor, world.director]
    StaffRole.objects.filter(person__in=answering).update(withdrawn_at=NOW)
    assert run() == 0
    assert hand_over_follow_ups(actor=SYSTEM, now=LATER) == 2
    alert.refresh_from_db()
    task.refresh_from_db()
    assert (alert.owner, task.owner) == (world.clinician, None)
    assert handovers_of(task)[-1].words.endswith("Nobody was there to take it.")
    new = make_staff(world.program, Role.CLINICIAN, first_name="New")
    assert run() == 1
    alert.refresh_from_db()
    assert alert.owner == new


def test_who_has_the_role_back_by_then_keeps_it(world: World) -> None:
    alert = taken_by(world, world.clinician)
    is_switched_off(world, world.clinician)
    (held,) = held_by_gone()
    reactivate_person(person=world.clinician, actor=SYSTEM, now=NOW)
    assert not hand_over(actor=SYSTEM, held=held, now=NOW)
    alert.refresh_from_db()
    assert alert.owner == world.clinician


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_hand_it_over_once() -> None:
    world = build_world()
    alert = taken_by(world, world.clinician)
    loses_the_role(world, world.clinician)
    held = Held(alert.pk, world.clinician.pk, None)

    def once() -> bool:
        try:
            with every_program():
                return hand_over(actor=SYSTEM, held=held, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        gone = [pool.submit(once) for _ in range(2)]
    assert sorted(one.result() for one in gone) == [False, True]
    assert AlertAct.objects.filter(kind="handed_over").count() == 1
    assert Delivery.objects.filter(kind="alert_assigned").count() == 1
