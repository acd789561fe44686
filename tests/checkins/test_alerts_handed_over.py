"""An alert somebody owns leaves them when they are away: once, to who is there, with a line, an audit entry and a message."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections, transaction
from django.test import Client as Browser

from checkins.models import Alert, AlertAct
from checkins.recipients import CLINICAL
from checkins.selectors.desk import queue
from checkins.services.alerts import acknowledge_alert, assign_alert, resolve_alert
from checkins.services.handing_over import Held, hand_over, held_by_absent
from checkins.tasks import hand_over_alerts
from groups.cover import ANSWERING
from groups.models import Absence, Client, Person, StaffRole
from tests.checkins.answers import NOW, red_alert, send
from tests.factories import make_client, make_staff
from tests.worlds import World, build_world
from vio.common.actors import system_actor
from vio.common.errors import ConflictError
from vio.common.models import AuditEntry, Delivery
from vio.common.permissions import Role
from vio.common.scope import every_program

DAY = timedelta(days=1)
SYSTEM = system_actor("test")


def away(
    world: World, person: Person, cover: Person | None = None, *, start: int = -1, end: int = 1
) -> Absence:
    return Absence.objects.create(
        program=world.program, person=person, cover=cover, starts_at=NOW + start * DAY, ends_at=NOW + end * DAY,
        recorded_by=person, recorded_at=NOW,
    )  # fmt: skip


def taken_by(world: World, person: Person, who: Client | None = None) -> Alert:
    """A red alert that somebody has acknowledged."""
    alert = red_alert(world, who or world.ana)
    return acknowledge_alert(actor=world.actor(person), alert_id=alert.pk, version=1, now=NOW)


def run() -> int:
    with time_machine.travel(NOW, tick=False):
        return hand_over_alerts()


def test_it_goes_to_the_cover_with_a_line_an_entry_and_a_message(world: World) -> None:
    alert = taken_by(world, world.clinician)
    row = away(world, world.clinician, world.director)
    assert run() == 1
    alert.refresh_from_db()
    assert (alert.owner, alert.status, alert.version) == (world.director, "acknowledged", 3)
    act = alert.acts.get(kind="handed_over")
    assert act.person is None
    assert act.text == (
        "Handed from Clinician Staff to Director Staff: Clinician Staff is away until Tue, Apr 14, 5:00 PM."
    )
    entry = AuditEntry.objects.get(action="alert.handed_over")
    assert (entry.details["from"], entry.details["owner"]) == (
        str(world.clinician.pk),
        str(world.director.pk),
    )
    assert (entry.client_id, entry.details["version"]) == (world.ana.pk, 3)
    message = Delivery.objects.get(kind="alert_assigned")
    assert (message.recipient, message.path) == (world.director, f"/alerts/{alert.pk}/")
    assert run() == 0
    assert row.ends_at > NOW


def test_an_absence_entered_while_it_runs_moves_it_too_and_its_end_brings_nothing_back(world: World) -> None:
    alert = taken_by(world, world.clinician)
    row = away(world, world.clinician, world.director, start=1, end=2)
    assert held_by_absent(row.starts_at - timedelta(seconds=1)) == []
    held = held_by_absent(row.starts_at)
    assert [one.alert_id for one in held] == [alert.pk]
    assert hand_over(actor=SYSTEM, held=held[0], now=row.starts_at)
    assert held_by_absent(row.ends_at) == []
    alert.refresh_from_db()
    assert alert.owner == world.director


def test_without_a_cover_the_circle_widens(world: World) -> None:
    alert = taken_by(world, world.clinician)
    away(world, world.clinician)
    oona = make_staff(world.program, Role.CLINICIAN, first_name="Oona", is_on_call=True)
    run()
    alert.refresh_from_db()
    assert alert.owner == oona
    for person, then in ((oona, world.supervisor), (world.supervisor, world.director)):
        away(world, person)
        run()
        alert.refresh_from_db()
        assert alert.owner == then
    last = make_staff(world.program, Role.CLINICIAN, first_name="Last")
    away(world, world.director)
    run()
    alert.refresh_from_db()
    assert alert.owner == last
    assert alert.acts.filter(kind="handed_over").count() == 4


def test_where_nobody_at_all_is_there_it_stays_until_somebody_is(world: World) -> None:
    alert = taken_by(world, world.clinician)
    for person in (world.clinician, world.supervisor, world.director):
        row = away(world, person)
    assert run() == 0
    alert.refresh_from_db()
    assert (alert.owner, alert.version) == (world.clinician, 2)
    Absence.objects.filter(pk=row.pk).update(ends_at=NOW)  # the director is back
    assert run() == 1
    alert.refresh_from_db()
    assert alert.owner == world.director


def test_an_alert_given_but_not_answered_keeps_its_clock(world: World) -> None:
    alert = red_alert(world, world.ana)
    assign_alert(
        actor=world.actor(world.supervisor),
        alert_id=alert.pk,
        version=1,
        person_id=world.clinician.pk,
        now=NOW,
    )
    due = alert.acknowledge_by
    away(world, world.clinician, world.director)
    assert run() == 1
    alert.refresh_from_db()
    assert (alert.owner, alert.status, alert.acknowledge_by) == (world.director, "open", due)


def test_what_is_closed_stays_with_who_had_it(world: World) -> None:
    alert = taken_by(world, world.clinician)
    resolve_alert(actor=world.actor(world.clinician), alert_id=alert.pk, version=2, text="Safe.", now=NOW)
    away(world, world.clinician, world.director)
    assert run() == 0
    alert.refresh_from_db()
    assert alert.owner == world.clinician


def test_an_alert_nobody_owns_and_one_of_somebody_there_stay(world: World) -> None:
    red_alert(world, world.ben)
    taken_by(world, world.supervisor)
    away(world, world.clinician, world.director)
    assert run() == 0


def test_another_programs_absence_moves_nothing_here(world: World) -> None:
    taken_by(world, world.clinician)
    Absence.objects.create(
        program=world.lakeside, person=world.clinician, starts_at=NOW - DAY, ends_at=NOW + DAY,
        recorded_by=world.lakeside_admin, recorded_at=NOW,
    )  # fmt: skip
    assert run() == 0


def test_a_cover_who_lost_the_role_gets_nothing(world: World) -> None:
    alert = taken_by(world, world.clinician)
    away(world, world.clinician, world.director)
    StaffRole.objects.filter(person=world.director).update(withdrawn_at=NOW)
    run()
    alert.refresh_from_db()
    assert alert.owner == world.supervisor


def test_nobody_is_given_the_alert_about_themselves(world: World) -> None:
    """Somebody of the staff may be a client too; their own alert does not exist for them."""
    both = make_client(world.program, world.group, clinician=world.clinician, first_name="Both")
    StaffRole.objects.create(program=world.program, person=both.person, role="supervisor", is_on_call=True)
    alert = taken_by(world, world.clinician, both)
    away(world, world.clinician, both.person)
    run()
    alert.refresh_from_db()
    assert alert.owner == world.supervisor
    seen = {item.alert.pk for item in queue(world.actor(both.person), now=NOW)}
    assert alert.pk not in seen


def test_whoever_answers_for_a_client_may_act_on_alerts() -> None:
    """One list of roles serves both; if they part, handing over must ask anew."""
    assert set(ANSWERING) == set(CLINICAL)


def test_an_act_on_what_was_shown_before_is_refused(world: World) -> None:
    alert = taken_by(world, world.clinician)
    away(world, world.clinician, world.director)
    run()
    with pytest.raises(ConflictError):
        resolve_alert(actor=world.actor(world.director), alert_id=alert.pk, version=2, text="Ok.", now=NOW)


def test_a_mark_seen_too_late_moves_nothing(world: World) -> None:
    """Between finding and giving somebody took it: the conditional update leaves it with them."""
    alert = taken_by(world, world.clinician)
    away(world, world.clinician, world.director)
    found = held_by_absent(NOW)
    Alert.objects.filter(pk=alert.pk).update(owner=world.supervisor)
    assert not hand_over(actor=SYSTEM, held=found[0], now=NOW)
    stale = Held(alert.pk, world.clinician.pk, NOW + DAY)
    Alert.objects.filter(pk=alert.pk).update(owner=world.clinician)
    Absence.objects.update(ends_at=NOW)
    assert not hand_over(actor=SYSTEM, held=stale, now=NOW)  # back since
    assert not AlertAct.objects.filter(kind="handed_over").exists()


@pytest.mark.django_db(transaction=True)
def test_four_schedulers_at_once_hand_over_once() -> None:
    world = build_world()
    for who in (world.ana, world.ben, world.cleo):
        taken_by(world, world.clinician, who)
    away(world, world.clinician, world.director)
    found = held_by_absent(NOW)

    def go(_: int) -> int:
        try:
            with every_program():
                return sum(hand_over(actor=SYSTEM, held=held, now=NOW) for held in found)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(go, range(4))) == 3
    assert AlertAct.objects.filter(kind="handed_over").count() == 3
    assert AuditEntry.objects.filter(action="alert.handed_over").count() == 3
    assert Delivery.objects.filter(kind="alert_assigned").count() == 3


class Killed(BaseException):
    """What takes a process away in the middle of its work."""


@transaction.atomic
def hand_over_and_die(held: Held) -> None:
    """Everything is written, and nothing committed."""
    assert hand_over(actor=SYSTEM, held=held, now=NOW)
    raise Killed


@pytest.mark.django_db(transaction=True)
def test_a_kill_before_the_commit_leaves_nothing_and_the_next_run_does_it_once() -> None:
    world = build_world()
    alert = taken_by(world, world.clinician)
    away(world, world.clinician, world.director)
    with pytest.raises(Killed):
        hand_over_and_die(held_by_absent(NOW)[0])
    alert.refresh_from_db()
    assert alert.owner == world.clinician
    assert not AlertAct.objects.filter(kind="handed_over").exists()
    assert not Delivery.objects.filter(kind="alert_assigned").exists()
    assert [run(), run()] == [1, 0]
    assert AlertAct.objects.filter(kind="handed_over").count() == 1
    assert Delivery.objects.filter(kind="alert_assigned").count() == 1


def test_the_page_says_from_whom_to_whom_and_why(world: World) -> None:
    alert = taken_by(world, world.clinician)
    away(world, world.clinician, world.director)
    run()
    browser = Browser()
    browser.force_login(world.director)
    with time_machine.travel(NOW, tick=False):
        page = browser.get(f"/alerts/{alert.pk}/").content.decode()
    assert "Handed over" in page
    assert "Handed from Clinician Staff to Director Staff" in page
    assert send(world, world.cleo).alert is None  # a quiet evening raises none to hand over
