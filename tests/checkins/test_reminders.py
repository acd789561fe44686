"""One quiet reminder a day: an hour before the group or in the early evening, by the program's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from checkins.services.reminders import remind
from checkins.tasks import remind_of_checkins
from groups.models import Enrolment
from tests.checkins.answers import send
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.models import Delivery

GROUP = MONDAY_START  # 17:30 in New York
SIX = datetime(2026, 4, 13, 22, 0, tzinfo=UTC)  # 18:00 there


@pytest.fixture
def quiet(world: World) -> World:
    """Only Ana is enrolled; group A meets tonight at 17:30."""
    Enrolment.objects.exclude(client=world.ana).update(ends_on=date(2026, 2, 1))
    make_session(world.group)
    world.program.reminder_minutes = 0  # nobody is reminded of the group itself
    world.program.save()
    return world


def look(world: World, at: datetime) -> int:
    return remind(program=world.program, now=at)


def test_an_hour_before_the_group(quiet: World) -> None:
    assert look(quiet, GROUP - timedelta(minutes=61)) == 0
    assert look(quiet, GROUP - timedelta(minutes=60)) == 1
    letter = Delivery.objects.get()
    assert (letter.recipient, letter.path) == (quiet.ana.person, "/checkin/")


def test_one_a_day_and_one_the_next(quiet: World) -> None:
    assert [look(quiet, GROUP + timedelta(minutes=m)) for m in (-60, -55, 0, 30)] == [1, 0, 0, 0]
    assert look(quiet, SIX + timedelta(days=1)) == 1


def test_without_a_group_at_six_in_the_evening(quiet: World) -> None:
    quiet.group.sessions.update(status="cancelled")
    assert look(quiet, SIX - timedelta(minutes=1)) == 0
    assert look(quiet, SIX) == 1


def test_who_has_checked_in_is_left_alone(quiet: World) -> None:
    send(quiet, quiet.ana, now=GROUP - timedelta(hours=3))
    assert look(quiet, SIX) == 0


def test_a_reminder_not_sent_yet_is_taken_back_by_the_check_in(quiet: World) -> None:
    look(quiet, GROUP - timedelta(minutes=60))
    send(quiet, quiet.ana, now=GROUP - timedelta(minutes=59))
    assert Delivery.objects.get().cancelled_at == GROUP - timedelta(minutes=59)


def test_no_message_at_night(quiet: World) -> None:
    quiet.group.sessions.update(starts_at=datetime(2026, 4, 13, 13, 30, tzinfo=UTC))  # 9:30 in the morning
    assert look(quiet, datetime(2026, 4, 13, 12, 59, tzinfo=UTC)) == 0  # 8:59
    assert look(quiet, datetime(2026, 4, 13, 13, 0, tzinfo=UTC)) == 1
    Delivery.objects.all().delete()
    assert look(quiet, datetime(2026, 4, 14, 0, 30, tzinfo=UTC)) == 0  # 20:30


def test_nobody_who_is_not_enrolled_or_switched_off(quiet: World) -> None:
    type(quiet.ana.person).objects.filter(pk=quiet.ana.person_id).update(is_active=False)
    assert look(quiet, SIX) == 0


def test_the_task(quiet: World) -> None:
    with time_machine.travel(SIX, tick=False):
        assert remind_of_checkins() == 1
        assert remind_of_checkins() == 0
