"""Red alerts nobody answers: 15 and 30 minutes, never early, once each, caught up after an outage (A10, AL-4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connections

from checkins.models import Alert, AlertAct
from checkins.services.alerts import acknowledge_alert, assign_alert, resolve_alert
from checkins.services.escalation import escalate_alert, overdue
from checkins.tasks import escalate_due_alerts
from groups.models import Person, StaffRole
from tests.checkins.answers import NOW, red_alert, send
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.actors import system_actor
from vio.common.models import AuditEntry, Delivery

BEAT = system_actor("beat")


def run(at: datetime) -> list[str]:
    return [step for pk in overdue(at) for step in escalate_alert(actor=BEAT, alert_id=pk, now=at)]


def told(step: str) -> set[Person]:
    return {delivery.recipient for delivery in Delivery.objects.filter(key__contains=f":{step}:")}


def test_never_early(world: World) -> None:
    alert = red_alert(world, world.ana)
    early = NOW + timedelta(minutes=15) - timedelta(microseconds=1)
    assert run(early) == []
    assert escalate_alert(actor=BEAT, alert_id=alert.pk, now=early) == []


def test_the_supervisor_at_fifteen_the_director_at_thirty(world: World) -> None:
    red_alert(world, world.ana)
    assert run(NOW + timedelta(minutes=15)) == ["supervisor"]
    assert told("supervisor") == {world.supervisor}
    assert run(NOW + timedelta(minutes=30) - timedelta(microseconds=1)) == []
    assert run(NOW + timedelta(minutes=30)) == ["director"]
    assert told("director") == {world.director}
    assert Alert.objects.get().status == "open"  # still nobody's


def test_each_step_once_however_often_it_is_looked_at(world: World) -> None:
    red_alert(world, world.ana)
    for minutes in (15, 15, 16, 30, 31, 300):
        run(NOW + timedelta(minutes=minutes))
    steps = list(AlertAct.objects.filter(kind="escalated").order_by("at").values_list("step", flat=True))
    assert steps == ["supervisor", "director"]
    assert AuditEntry.objects.filter(action="alert.escalated").count() == 2


def test_after_an_outage_both_steps_follow_in_one_run(world: World) -> None:
    red_alert(world, world.ana)
    assert run(NOW + timedelta(hours=5)) == ["supervisor", "director"]
    assert run(NOW + timedelta(hours=5)) == []


def test_an_answer_stops_it(world: World) -> None:
    alert = red_alert(world, world.ana)
    acknowledge_alert(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, now=NOW)
    assert run(NOW + timedelta(hours=1)) == []


def test_a_closed_one_is_not_escalated(world: World) -> None:
    alert = red_alert(world, world.ana)
    resolve_alert(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, text="Settled.", now=NOW)
    assert run(NOW + timedelta(hours=1)) == []


def test_giving_it_to_somebody_is_no_answer(world: World) -> None:
    alert = red_alert(world, world.ana)
    assign_alert(
        actor=world.actor(world.supervisor),
        alert_id=alert.pk,
        version=1,
        person_id=world.clinician.pk,
        now=NOW,
    )
    assert run(NOW + timedelta(minutes=15)) == ["supervisor"]


@pytest.mark.parametrize("given", [{"used": "yes"}, {"urge": 7}])
def test_only_red_is_escalated(world: World, given: dict[str, object]) -> None:
    send(world, world.ana, **given)
    assert run(NOW + timedelta(days=30)) == []


def test_an_orange_alert_that_becomes_red_has_its_clock_from_then(world: World) -> None:
    send(world, world.ana, used="yes")
    later = NOW + timedelta(hours=2)
    red_alert(world, world.ana, now=later)
    assert run(later + timedelta(minutes=14)) == []
    assert run(later + timedelta(minutes=15)) == ["supervisor"]


def test_a_second_round_climbs_the_steps_again(world: World) -> None:
    alert = red_alert(world, world.ana)
    run(NOW + timedelta(minutes=15))
    version = Alert.objects.get().version
    acknowledge_alert(actor=world.actor(world.supervisor), alert_id=alert.pk, version=version, now=NOW)
    again = NOW + timedelta(hours=2)
    red_alert(world, world.ana, now=again)
    assert run(again + timedelta(minutes=30)) == ["supervisor", "director"]
    steps = AlertAct.objects.filter(kind="escalated").values_list("step", flat=True)
    assert sorted(steps) == ["director-2", "supervisor", "supervisor-2"]


def test_the_supervisor_on_call_comes_before_the_others(world: World) -> None:
    from tests.factories import make_staff
    from vio.common.permissions import Role

    on_call = make_staff(world.program, Role.SUPERVISOR, is_on_call=True)
    red_alert(world, world.ana)
    run(NOW + timedelta(minutes=15))
    assert told("supervisor") == {on_call}


@pytest.mark.parametrize(
    ("gone", "step", "instead"),
    [
        (["supervisor"], "supervisor", ["director"]),
        (["director"], "director", ["supervisor"]),
        (["supervisor", "director"], "supervisor", ["clinician"]),
        (["supervisor", "director"], "director", ["clinician"]),
    ],
)
def test_a_missing_role_never_means_that_nobody_is_told(
    world: World, gone: list[str], step: str, instead: list[str]
) -> None:
    StaffRole.objects.filter(role__in=gone, program=world.program).update(withdrawn_at=NOW)
    red_alert(world, world.ana)
    run(NOW + timedelta(minutes=30))
    assert told(step) == {getattr(world, name) for name in instead}


def test_the_task_finds_every_program_by_itself(world: World) -> None:
    red_alert(world, world.ana)
    red_alert(world, world.dov)
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        assert escalate_due_alerts() == 2
    assert set(Alert.objects.values_list("escalation", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_do_no_harm() -> None:
    world = build_world()
    alert = red_alert(world, world.ana)
    late = NOW + timedelta(hours=1)

    def look(_: int) -> int:
        try:
            with scope.every_program():
                return len(escalate_alert(actor=BEAT, alert_id=alert.pk, now=late))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(look, range(6))) == 2
    assert AlertAct.objects.filter(kind="escalated").count() == 2
