"""What follows from an import elsewhere: the miss, the hours, the chain of evidence, the note, the clock that forgets."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from groups.models import Client
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.services import Decisions, accept_import, start_import, withdraw_import
from sessions_app.attendance.recompute import recompute
from sessions_app.attendance.tasks import forget_stale_imports
from sessions_app.followup import misses
from sessions_app.followup.rules import Outcome
from sessions_app.followup.services import Attempt, close, record_attempt
from sessions_app.hours.deep import credited_seconds
from sessions_app.models import AttendanceImport, ClientNote, Excuse, Flag, FollowUp, Session
from sessions_app.notes import services as notes
from tests.factories import MONDAY, MONDAY_START
from tests.sessions_app.attendance.evenings import CLOCK, MINUTE, finalised, held, sat
from tests.sessions_app.attendance.imports.samples import NEW_YORK, as_json, jitsi_room, occupant
from tests.worlds import World
from vio.common.models import Delivery

pytestmark = pytest.mark.django_db
NOW = MONDAY_START + timedelta(hours=3)


@pytest.fixture
def evening(world: World) -> Session:
    """Ana was in the room, Ben was not: he is missed."""
    session = held(world.group)
    sat(session, world.ana, 0, 60)
    misses.raise_missed(actor=CLOCK, now=NOW)
    return finalised(session)


def draft_of_ben(world: World, session: Session) -> AttendanceImport:
    return draft_of(world, session, world.ben)


def draft_of(world: World, session: Session, client: Client) -> AttendanceImport:
    raw = as_json(jitsi_room(occupant("B", 10, 90, id=str(client.person_id))))
    return start_import(
        actor=world.actor(world.facilitator), session=session, vendor=Vendor.JITSI, raw=raw,
        written=Written(NEW_YORK), now=NOW,
    )  # fmt: skip


def count(world: World, session: Session, row: AttendanceImport) -> None:
    accept_import(
        actor=world.actor(world.facilitator), session=session, import_id=row.pk, decisions=Decisions(), now=NOW
    )  # fmt: skip


def take_back(world: World, session: Session, row: AttendanceImport) -> None:
    withdraw_import(
        actor=world.actor(world.facilitator), session=session, import_id=row.pk, reason="Wrong.", now=NOW + MINUTE
    )  # fmt: skip


def running() -> int:
    return FollowUp.objects.filter(status__in=["open", "escalated"]).count()


def test_who_was_elsewhere_is_not_missed_any_more(world: World, evening: Session) -> None:
    row = draft_of_ben(world, evening)
    assert (misses.withdraw_answered(actor=CLOCK, now=NOW), running()) == (0, 1)
    count(world, evening, row)
    assert (misses.withdraw_answered(actor=CLOCK, now=NOW), running()) == (1, 0)


def test_a_log_that_was_taken_back_ends_no_miss(world: World, evening: Session) -> None:
    row = draft_of_ben(world, evening)
    count(world, evening, row)
    take_back(world, evening, row)
    assert (misses.withdraw_answered(actor=CLOCK, now=NOW), running()) == (0, 1)


def ended_by_a_log(world: World, session: Session) -> tuple[AttendanceImport, FollowUp]:
    row = draft_of_ben(world, session)
    count(world, session, row)
    misses.withdraw_answered(actor=CLOCK, now=NOW)
    return row, FollowUp.objects.get(client=world.ben)


def test_a_miss_that_a_log_had_ended_runs_on_when_the_log_is_taken_back(
    world: World, evening: Session
) -> None:
    before = FollowUp.objects.get(client=world.ben)
    row, task = ended_by_a_log(world, evening)
    assert (task.status, task.next_due_at) == ("withdrawn", None)
    take_back(world, evening, row)
    task.refresh_from_db()
    assert (task.status, task.closed_at) == ("open", None)
    assert (task.determined_at, task.next_due_at) == (before.determined_at, before.next_due_at)
    assert task.flag.withdrawn_at is None
    assert FollowUp.objects.filter(session=evening).count() == 1
    told = Delivery.objects.filter(key__startswith=f"follow_up:{task.pk}:again", cancelled_at=None)
    assert [row.recipient_id for row in told] == [world.clinician.pk]
    assert misses.withdraw_answered(actor=CLOCK, now=NOW) == 0
    assert misses.judge_again(actor=CLOCK, session_id=evening.pk, client_ids=[world.ben.pk], now=NOW) == 0


def test_the_attempts_made_before_the_log_still_count(world: World, evening: Session) -> None:
    task = FollowUp.objects.get(client=world.ben)
    for _ in range(3):
        record_attempt(
            actor=world.actor(world.clinician), follow_up_id=task.pk, now=NOW,
            attempt=Attempt("call", Outcome.NO_ANSWER),
        )  # fmt: skip
    row, task = ended_by_a_log(world, evening)
    take_back(world, evening, row)
    task.refresh_from_db()
    assert (task.status, task.next_due_at) == ("escalated", None)


def test_another_log_that_shows_them_keeps_it_ended(world: World, evening: Session) -> None:
    row, task = ended_by_a_log(world, evening)
    sat(evening, world.ben, 5, 9)
    take_back(world, evening, row)
    task.refresh_from_db()
    assert task.status == "withdrawn"


def test_a_follow_up_that_ended_for_another_reason_stays_ended(world: World, evening: Session) -> None:
    task = FollowUp.objects.get(client=world.ben)
    row = draft_of_ben(world, evening)
    close(actor=world.actor(world.clinician), follow_up_id=task.pk, reason="Spoke to his mother.", now=NOW)
    count(world, evening, row)
    take_back(world, evening, row)
    task.refresh_from_db()
    assert task.status == "closed"


def test_an_excused_client_is_not_missed_again(world: World, evening: Session) -> None:
    row, task = ended_by_a_log(world, evening)
    Excuse.objects.create(
        program=world.program, session=evening, client=world.ben, reason="Ill.", accepted_at=NOW,
        accepted_by=world.facilitator,
    )  # fmt: skip
    take_back(world, evening, row)
    task.refresh_from_db()
    assert task.status == "withdrawn"


def test_who_was_never_determined_as_missing_while_the_log_counted_is_now(
    world: World, evening: Session
) -> None:
    FollowUp.objects.all().delete()
    Flag.objects.all().delete()
    row = draft_of_ben(world, evening)
    count(world, evening, row)
    take_back(world, evening, row)
    assert FollowUp.objects.get().client == world.ben


def test_a_late_determination_does_not_take_a_withdrawn_log_for_presence(
    world: World, evening: Session
) -> None:
    FollowUp.objects.all().delete()
    Flag.objects.all().delete()
    Session.objects.filter(pk=evening.pk).update(misses_found_at=None)
    row = draft_of_ben(world, evening)
    count(world, evening, row)
    take_back(world, evening, row)
    assert not FollowUp.objects.exists()  # the ordinary determination is still to come
    misses.raise_missed(actor=CLOCK, now=NOW)
    assert FollowUp.objects.get().client == world.ben


def test_hours_from_evidence_alone_say_the_same(world: World, evening: Session) -> None:
    row = draft_of_ben(world, evening)
    week = (MONDAY, MONDAY + timedelta(days=1))
    count(world, evening, row)
    assert credited_seconds(world.program.pk, *week)[evening.pk, world.ben.pk] == 80 * 60
    take_back(world, evening, row)
    assert credited_seconds(world.program.pk, *week).get((evening.pk, world.ben.pk), 0) == 0


def test_the_source_is_part_of_the_sealed_chain(world: World, evening: Session) -> None:
    count(world, evening, draft_of_ben(world, evening))
    assert recompute().differences == ()
    with connection.cursor() as cursor:  # by somebody with the database owner's rights
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("UPDATE sessions_app_presenceevidence SET source = '' WHERE source = 'import:jitsi'")
        cursor.execute("SET LOCAL ROLE vio_app")
    assert [difference.what for difference in recompute().differences] == ["evidence"]


def test_a_signed_note_asks_for_an_addendum(world: World, evening: Session) -> None:
    notes.open_notes(actor=world.actor(world.facilitator), session=evening, now=NOW)
    ClientNote.objects.filter(session=evening, client=world.ana).update(signed_at=NOW)
    count(world, evening, draft_of_ben(world, evening))
    assert not ClientNote.objects.get(session=evening, client=world.ana).needs_addendum
    count(world, evening, draft_of(world, evening, world.ana))
    assert ClientNote.objects.get(session=evening, client=world.ana).needs_addendum


def test_the_clock_empties_forgotten_drafts(world: World, evening: Session) -> None:
    row = draft_of_ben(world, evening)
    with time_machine.travel(NOW + timedelta(days=15), tick=False):
        forget_stale_imports()
        forget_stale_imports()
    row.refresh_from_db()
    assert (row.status, row.content) == ("discarded", "")
