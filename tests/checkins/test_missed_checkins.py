"""Silence: A7 by the program's own dates, exactly once per streak and level, whatever was down meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from checkins.models import Alert, MissedStreak
from checkins.services.alerts import resolve_alert
from checkins.services.missed import raise_missed, streaks
from checkins.tasks import raise_missed_checkins
from groups.models import Enrolment
from tests.checkins.answers import NOW, send
from tests.worlds import World
from vio.common.actors import system_actor

BEAT = system_actor("beat")
# Ten minutes after midnight in New York, on the Thursday after NOW's Monday.
THURSDAY = datetime(2026, 4, 16, 4, 10, tzinfo=UTC)


@pytest.fixture
def ana_alone(world: World) -> World:
    """Only Ana is enrolled; her last check-in was on Monday, April 13."""
    Enrolment.objects.exclude(client=world.ana).update(ends_on=date(2026, 2, 1))
    send(world, world.ana)
    return world


def look(world: World, at: datetime) -> int:
    return raise_missed(actor=BEAT, program=world.program, now=at)


def test_the_running_day_and_a_single_missed_day_are_no_silence(ana_alone: World) -> None:
    assert look(ana_alone, THURSDAY - timedelta(minutes=11)) == 0  # Wednesday 23:59: only Tuesday is whole
    assert look(ana_alone, THURSDAY) == 1


def test_two_days_are_yellow_and_three_are_orange_in_the_same_alert(ana_alone: World) -> None:
    look(ana_alone, THURSDAY)
    first = Alert.objects.get()
    assert (first.level, first.reasons[0]["values"]) == ("yellow", {"days": 2})
    look(ana_alone, THURSDAY + timedelta(days=1))
    again = Alert.objects.get()
    assert (again.pk, again.level, again.reasons[0]["values"]) == (first.pk, "orange", {"days": 3})


def test_told_once_however_often_it_is_looked_at(ana_alone: World) -> None:
    assert [look(ana_alone, THURSDAY + timedelta(hours=h)) for h in range(4)] == [1, 0, 0, 0]
    assert MissedStreak.objects.count() == 1
    assert Alert.objects.get().acts.count() == 1


def test_a_closed_silence_is_not_told_again_at_the_same_level(ana_alone: World) -> None:
    look(ana_alone, THURSDAY + timedelta(days=3))
    alert = Alert.objects.get()
    resolve_alert(
        actor=ana_alone.actor(ana_alone.clinician),
        alert_id=alert.pk,
        version=1,
        text="On holiday.",
        now=THURSDAY,
    )
    assert look(ana_alone, THURSDAY + timedelta(days=10)) == 0


def test_a_new_silence_is_told_again(ana_alone: World) -> None:
    look(ana_alone, THURSDAY)
    send(ana_alone, ana_alone.ana, now=THURSDAY + timedelta(hours=10))
    assert look(ana_alone, THURSDAY + timedelta(days=1)) == 0
    assert look(ana_alone, THURSDAY + timedelta(days=3)) == 1
    assert MissedStreak.objects.count() == 2


def test_after_an_outage_of_days_the_present_level_is_told(ana_alone: World) -> None:
    assert look(ana_alone, THURSDAY + timedelta(days=5)) == 1
    assert Alert.objects.get().level == "orange"


def test_nobody_is_missed_before_they_were_enrolled(world: World) -> None:
    Enrolment.objects.exclude(client=world.ana).update(ends_on=date(2026, 2, 1))
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 14))
    assert streaks(world.program, THURSDAY - timedelta(minutes=11)) == []
    found = streaks(world.program, THURSDAY)
    assert [(s.client_id, s.since, s.days) for s in found] == [(world.ana.pk, date(2026, 4, 14), 2)]


def test_nor_after_they_were_discharged(ana_alone: World) -> None:
    Enrolment.objects.filter(client=ana_alone.ana).update(ends_on=date(2026, 4, 15))
    assert look(ana_alone, THURSDAY) == 0


def test_the_date_is_the_programs_own(ana_alone: World) -> None:
    """22:00 in New York on Wednesday is Thursday in UTC already."""
    assert look(ana_alone, datetime(2026, 4, 16, 2, 0, tzinfo=UTC)) == 0


def test_a_check_in_in_time_prevents_it(ana_alone: World) -> None:
    send(ana_alone, ana_alone.ana, now=NOW + timedelta(days=2))
    assert look(ana_alone, THURSDAY) == 0


def test_the_task_looks_at_every_program(ana_alone: World) -> None:
    Enrolment.objects.filter(client=ana_alone.dov).update(ends_on=None, starts_on=date(2026, 4, 1))
    with time_machine.travel(THURSDAY, tick=False):
        assert raise_missed_checkins() == 2
    assert set(Alert.objects.values_list("client", flat=True)) == {ana_alone.ana.pk, ana_alone.dov.pk}
