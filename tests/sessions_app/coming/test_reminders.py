"""One neutral reminder before the first group of a day, and none to who does not need or want it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail

from checkins.services.reminders import remind as remind_of_checkin
from groups.models import ContactWays, Enrolment
from sessions_app.coming.reminders import remind
from sessions_app.coming.services import Word, give_notice
from sessions_app.coming.tasks import remind_of_groups
from sessions_app.models import Excuse, PresenceEvidence, Session
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common import outbox
from vio.common.models import Delivery

GROUP = MONDAY_START  # 17:30 in New York
DUE = GROUP - timedelta(minutes=60)
SIX = datetime(2026, 4, 13, 22, 0, tzinfo=UTC)


@pytest.fixture
def evening(world: World) -> Session:
    """Of Harbor only Ana is enrolled; group A meets tonight."""
    Enrolment.objects.filter(program=world.program).exclude(client=world.ana).update(ends_on=date(2026, 2, 1))
    return make_session(world.group)


def look(world: World, at: datetime) -> int:
    return remind(program=world.program, now=at)


def test_an_hour_before_the_first_group_of_the_day_and_once(world: World, evening: Session) -> None:
    make_session(world.group, starts_at=GROUP + timedelta(hours=2))
    assert [look(world, DUE + timedelta(minutes=m)) for m in (-1, 0, 1, 59, 61, 100)] == [0, 1, 0, 0, 0, 0]
    row = Delivery.objects.get()
    assert (row.recipient, row.path, row.void_at) == (world.ana.person, "/", GROUP)
    assert look(world, DUE + timedelta(days=1)) == 0


def test_the_program_says_how_long_before_and_whether_at_all(world: World, evening: Session) -> None:
    world.program.reminder_minutes = 90
    assert look(world, GROUP - timedelta(minutes=90)) == 1
    Delivery.objects.all().delete()
    world.program.reminder_minutes = 0
    assert look(world, DUE) == 0


def test_an_outage_delays_it_but_not_into_the_group_and_not_into_the_night(
    world: World, evening: Session
) -> None:
    assert look(world, GROUP) == 0
    world.program.quiet_from = time(17, 0)
    assert look(world, GROUP - timedelta(minutes=30)) == 0
    world.program.quiet_from = time(20, 30)
    assert look(world, GROUP - timedelta(minutes=5)) == 1


def test_the_mail_names_nothing(world: World, evening: Session) -> None:
    look(world, DUE)
    outbox.send_due(now=DUE)
    whole = mail.outbox[0].message().as_string().lower()
    for word in (
        "group",
        "evening",
        "harbor",
        "ana",
        "tonight",
        "17:30",
        "treatment",
        "remind",
        str(world.ana.pk),
    ):
        assert word not in whole, word


def test_the_same_as_a_text_where_that_is_safe_and_wanted(
    world: World, evening: Session, settings: Any, tmp_path: Path
) -> None:
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path)
    world.ana.phone = "(518) 555-0142"
    world.ana.save()
    ContactWays.objects.create(client=world.ana, program=world.program, text_is_safe=True, wants_mail=False)
    assert look(world, DUE) == 1
    assert outbox.send_due(now=DUE) == 1
    assert (tmp_path / "texts.log").read_text().startswith("+15185550142\tYou have a message.")
    assert mail.outbox == []


def test_who_wants_no_messages_gets_none(world: World, evening: Session) -> None:
    ContactWays.objects.create(client=world.ana, program=world.program, wants_mail=False, wants_text=False)
    assert look(world, DUE) == 0
    assert remind_of_checkin(program=world.program, now=SIX) == 0
    assert not Delivery.objects.exists()


def away(world: World, session: Session, how: str) -> None:
    """Ana is not awaited any more."""
    match how:
        case "called off":
            Session.objects.filter(pk=session.pk).update(status="cancelled")
        case "excused":
            Excuse.objects.create(
                program=world.program, session=session, client=world.ana, reason="", accepted_at=DUE
            )
        case "there":
            PresenceEvidence.objects.create(
                program=world.program, session=session, client=world.ana, person=world.ana.person, kind="opened",
                at=DUE,
            )  # fmt: skip
        case "late" | "cannot":
            word = Word(10 if how == "late" else None)
            give_notice(actor=world.actor(world.ana), session=session, client=world.ana, word=word, now=DUE)


HOWS = ["called off", "excused", "there", "late", "cannot"]


@pytest.mark.parametrize("how", HOWS)
def test_who_is_not_awaited_is_not_reminded(world: World, evening: Session, how: str) -> None:
    away(world, evening, how)
    assert look(world, DUE) == 0


@pytest.mark.parametrize("how", HOWS)
def test_a_reminder_that_has_not_left_is_taken_back(world: World, evening: Session, how: str) -> None:
    assert look(world, DUE) == 1
    away(world, evening, how)
    assert outbox.send_due(now=DUE + timedelta(minutes=1)) == 0
    assert Delivery.objects.get().error_code == "not_wanted"
    assert look(world, DUE + timedelta(minutes=2)) == 0


def test_a_flag_set_a_second_ago_is_honoured(world: World, evening: Session) -> None:
    look(world, DUE)
    ContactWays.objects.create(client=world.ana, program=world.program, mail_is_safe=False)
    assert outbox.send_due(now=DUE) == 0
    assert (Delivery.objects.get().error_code, mail.outbox) == ("no_way", [])


def test_who_is_excused_from_the_first_is_reminded_of_the_second(world: World, evening: Session) -> None:
    away(world, evening, "excused")
    later = make_session(world.group, starts_at=GROUP + timedelta(hours=2))
    assert look(world, DUE + timedelta(hours=1)) == 0
    assert look(world, later.starts_at - timedelta(minutes=45)) == 1


# --- one message, not two ------------------------------------------------------------------------------------------


def test_the_reminder_of_the_group_is_that_of_the_check_in_too(world: World, evening: Session) -> None:
    assert remind_of_checkin(program=world.program, now=DUE) == 0
    assert look(world, DUE) == 1
    for minutes in (1, 30, 90, 120):
        assert remind_of_checkin(program=world.program, now=DUE + timedelta(minutes=minutes)) == 0
    assert remind_of_checkin(program=world.program, now=SIX + timedelta(days=1)) == 1


def test_called_off_after_the_reminder_left_there_is_no_second_message(
    world: World, evening: Session
) -> None:
    look(world, DUE)
    outbox.send_due(now=DUE)
    away(world, evening, "called off")
    assert remind_of_checkin(program=world.program, now=SIX) == 0


@pytest.mark.parametrize("how", ["called off", "excused", "cannot"])
def test_without_a_group_the_check_in_is_reminded_of_in_the_evening(
    world: World, evening: Session, how: str
) -> None:
    away(world, evening, how)
    assert remind_of_checkin(program=world.program, now=SIX - timedelta(minutes=1)) == 0
    assert remind_of_checkin(program=world.program, now=SIX) == 1


def test_another_programs_clients_are_not_ours(world: World, evening: Session) -> None:
    make_session(world.lakeside_group)
    assert look(world, DUE) == 1
    assert remind(program=world.lakeside, now=DUE) == 1


def test_the_task(world: World, evening: Session) -> None:
    with time_machine.travel(DUE, tick=False):
        assert remind_of_groups() == 1
        assert remind_of_groups() == 0
