"""Corrections, attestation and disputes: who may, what is refused with which words, what stands afterwards."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from groups.models import Client
from sessions_app.attendance.corrections import Changes, IllegalTransitionError, spread
from sessions_app.attendance.records import latest
from sessions_app.attendance.rules import Status
from sessions_app.attendance.services import (
    answer_dispute,
    attest_sheet,
    correct_attendance,
    excuse_client,
    raise_dispute,
    refresh_session,
)
from sessions_app.models import AttendanceDispute, AttendanceRecord, AttendanceSheet, Excuse, Session
from sessions_app.signals import attendance_changed
from tests.sessions_app.attendance.evenings import CLOCK, MINUTE, finalised, held, sat
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry

pytestmark = pytest.mark.usefixtures("the_same_evening")

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


@pytest.fixture
def evening(world: World) -> Session:
    """Ana was there for all 90 minutes, Ben for none."""
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    return finalised(session)


def correct(world: World, session: Session, client: Client, **changes: object) -> AttendanceRecord:
    reason = str(changes.pop("reason", "Saw it myself"))
    who = changes.pop("who", world.facilitator)
    seen = changes.pop("seen_version", None)
    return correct_attendance(
        actor=world.actor(who), session=session, client=client, changes=Changes(**changes), reason=reason,
        now=NOW, seen_version=seen,
    )  # fmt: skip


def span(session: Session, first: float, last: float) -> dict[str, object]:
    return {"first_at": session.starts_at + first * MINUTE, "last_at": session.starts_at + last * MINUTE}


def test_a_correction_is_a_new_version_and_the_old_one_stays(world: World, evening: Session) -> None:
    heard: list[dict[str, object]] = []

    def changed(sender: object, **facts: object) -> None:
        heard.append(facts)

    attendance_changed.connect(changed)
    after = correct(world, evening, world.ben, credited_minutes=80, **span(evening, 10, 90))
    before = AttendanceRecord.objects.get(client=world.ben, version=1)
    assert (before.status, before.credited_minutes) == ("no_show", 0)
    assert (after.version, after.status, after.credited_minutes, after.flags) == (2, "attended", 80, ["late"])
    assert after.by_date == {"2026-04-13": 80}
    assert after.author_id == world.facilitator.pk
    assert AttendanceRecord.objects.get(pk=after.pk).reason == "Saw it myself"
    assert latest(evening).get(client=world.ben) == after
    entry = AuditEntry.objects.get(action="attendance.corrected")
    assert (entry.details["minutes_before"], entry.details["minutes_after"]) == (0, 80)
    assert heard[-1]["client_ids"] == [world.ben.pk]
    assert AttendanceSheet.objects.get(session=evening).group_size == 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed(world: World, evening: Session, reason: str) -> None:
    with pytest.raises(BadInputError) as refused:
        correct(world, evening, world.ana, credited_minutes=80, reason=reason)
    assert "reason" in refused.value.fields
    assert AttendanceRecord.objects.filter(client=world.ana).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"credited_minutes": 91}, "credited_minutes"),
        ({"credited_minutes": -1}, "credited_minutes"),
        ({"last_at": timedelta(minutes=91)}, "last_at"),
        ({"first_at": timedelta(minutes=-1)}, "first_at"),
        ({"last_at": timedelta(minutes=60)}, "credited_minutes"),  # 90 minutes do not fit any more
    ],
)
def test_impossible_values_are_answered_beside_the_field(
    world: World, evening: Session, changes: dict[str, object], field: str
) -> None:
    moved = {k: evening.starts_at + v if isinstance(v, timedelta) else v for k, v in changes.items()}
    with pytest.raises(BadInputError) as refused:
        correct(world, evening, world.ana, **moved)
    assert list(refused.value.fields) == [field]
    assert latest(evening).get(client=world.ana).version == 1


def test_minutes_without_times_are_refused(world: World, evening: Session) -> None:
    with pytest.raises(BadInputError) as refused:
        correct(world, evening, world.ben, credited_minutes=60)
    assert list(refused.value.fields) == ["first_at"]


def test_nothing_changed_is_said(world: World, evening: Session) -> None:
    with pytest.raises(BadInputError) as refused:
        correct(world, evening, world.ana, credited_minutes=90)
    assert refused.value.code == "no_change"


@pytest.mark.parametrize(
    ("who", "changes", "words"),
    [
        ("ana", {"status": Status.NO_SHOW}, "was there"),
        ("ana", {"status": Status.EXCUSED}, "was there"),
        ("ana", {"status": Status.PARTIAL}, "80 %"),
        ("ana", {"credited_minutes": 50, "status": Status.ATTENDED}, "less than 80 %"),
        ("ben", {"status": Status.ATTENDED}, "too few"),
        ("ben", {"status": Status.CANCELLED}, "for everybody"),
    ],
)
def test_illegal_transitions_are_refused_with_words(
    world: World, evening: Session, who: str, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(IllegalTransitionError) as refused:
        correct(world, evening, getattr(world, who), **changes)
    assert words in refused.value.message
    assert refused.value.status == 409
    assert AttendanceRecord.objects.count() == 2


def test_legal_transitions(world: World, evening: Session) -> None:
    assert correct(world, evening, world.ben, status=Status.EXCUSED).status == "excused"
    assert correct(world, evening, world.ben, status=Status.NO_SHOW).status == "no_show"
    assert correct(world, evening, world.ana, credited_minutes=50).status == "partial"
    gone = correct(world, evening, world.ana, credited_minutes=0)
    assert (gone.status, gone.first_at, gone.by_date) == ("no_show", None, {"2026-04-13": 0})


def test_a_called_off_session_can_be_credited_per_client_and_never_blamed(world: World) -> None:
    session = finalised(held(world.group, status="cancelled", cancelled_at=NOW))
    with pytest.raises(IllegalTransitionError) as refused:
        correct(world, session, world.ana, status=Status.NO_SHOW)
    assert "never counts against" in refused.value.message
    after = correct(world, session, world.ana, credited_minutes=60, **span(session, 0, 60))
    assert (after.status, after.credited_minutes) == ("partial", 60)
    assert latest(session).get(client=world.ben).status == "cancelled"


def test_a_version_seen_too_long_ago_is_a_conflict(world: World, evening: Session) -> None:
    correct(world, evening, world.ana, credited_minutes=80, seen_version=1)
    with pytest.raises(ConflictError):
        correct(world, evening, world.ana, credited_minutes=70, seen_version=1)
    assert latest(evening).get(client=world.ana).credited_minutes == 80


def test_who_has_no_right_or_no_record_changes_nothing(world: World, evening: Session) -> None:
    for who in (world.clinician, world.records, world.ana, world.lakeside_clinician):
        with pytest.raises(NotAllowedError):
            correct(world, evening, world.ana, credited_minutes=80, who=who)
    with pytest.raises(NotFoundError):
        correct(world, evening, world.cleo, credited_minutes=80)
    assert AttendanceRecord.objects.count() == 2


def test_before_the_figures_there_is_nothing_to_correct_or_sign(world: World) -> None:
    session = held(world.group)
    with pytest.raises(ConflictError) as refused:
        correct(world, session, world.ana, credited_minutes=80)
    assert refused.value.code == "not_computed_yet"
    with pytest.raises(ConflictError):
        attest_sheet(actor=world.actor(world.facilitator), session=session, now=NOW)


def test_attesting_locks_the_sheet_for_all_but_supervisors(world: World, evening: Session) -> None:
    with pytest.raises(NotAllowedError):
        attest_sheet(actor=world.actor(world.clinician), session=evening, now=NOW)
    sheet = attest_sheet(actor=world.actor(world.facilitator), session=evening, now=NOW)
    assert (sheet.attested_by_id, sheet.attested_at) == (world.facilitator.pk, NOW)
    with pytest.raises(ConflictError):
        attest_sheet(actor=world.actor(world.cofacilitator), session=evening, now=NOW)
    assert AttendanceSheet.objects.get(session=evening).attested_by_id == world.facilitator.pk
    with pytest.raises(NotAllowedError) as refused:
        correct(world, evening, world.ana, credited_minutes=80)
    assert refused.value.code == "sheet_signed"
    with pytest.raises(NotAllowedError):
        excuse_client(
            actor=world.actor(world.facilitator), session=evening, client=world.ben, reason="Ill", now=NOW
        )
    assert not Excuse.objects.exists()
    assert correct(world, evening, world.ana, credited_minutes=80, who=world.supervisor).version == 2


def test_late_evidence_leaves_corrected_lines_and_signed_sheets_alone(world: World, evening: Session) -> None:
    correct(world, evening, world.ben, status=Status.EXCUSED)
    sat(evening, world.ben, 0, 90)
    assert refresh_session(session_id=evening.pk, now=NOW, actor=CLOCK) == []
    attest_sheet(actor=world.actor(world.facilitator), session=evening, now=NOW)
    sat(evening, world.cleo, 0, 90)
    assert refresh_session(session_id=evening.pk, now=NOW, actor=CLOCK) == []
    assert not AttendanceRecord.objects.filter(client=world.cleo).exists()


def test_an_excuse_is_only_for_a_miss_of_somebody_expected(world: World, evening: Session) -> None:
    actor = world.actor(world.facilitator)
    for client in (world.ana, world.ben, world.cleo):
        if client == world.ben:
            correct(world, evening, world.ben, status=Status.EXCUSED)
            correct(world, evening, world.ben, status=Status.NO_SHOW)
        with pytest.raises((ConflictError, NotFoundError)):
            excuse_client(actor=actor, session=evening, client=client, reason="Ill", now=NOW)
    with pytest.raises(NotAllowedError):
        excuse_client(
            actor=world.actor(world.clinician), session=evening, client=world.ben, reason="Ill", now=NOW
        )
    assert not Excuse.objects.exists()


def test_an_excuse_ahead_of_time_comes_once(world: World) -> None:
    session = held(world.group, status="scheduled", started_at=None, ended_at=None)
    actor = world.actor(world.facilitator)
    excuse_client(actor=actor, session=session, client=world.ana, reason="Court date", now=NOW)
    with pytest.raises(ConflictError) as refused:
        excuse_client(actor=actor, session=session, client=world.ana, reason="Court date", now=NOW)
    assert refused.value.code == "already_excused"
    assert Excuse.objects.get().reason == "Court date"


def test_a_client_says_that_night_is_wrong_and_gets_an_answer(world: World, evening: Session) -> None:
    own, staff = world.actor(world.ben), world.actor(world.facilitator)
    dispute = raise_dispute(
        actor=own, session=evening, client=world.ben, text=" I was on the phone line ", now=NOW
    )
    assert dispute.answer_due_at == NOW + timedelta(days=3)
    with pytest.raises(ConflictError):
        raise_dispute(actor=own, session=evening, client=world.ben, text="Hello?", now=NOW)
    with pytest.raises(BadInputError):
        answer_dispute(actor=staff, session=evening, dispute_id=dispute.pk, answer=" ", now=NOW)
    with pytest.raises(NotAllowedError):
        answer_dispute(actor=own, session=evening, dispute_id=dispute.pk, answer="Yes", now=NOW)
    with pytest.raises(NotFoundError):
        answer_dispute(actor=staff, session=evening, dispute_id=uuid.uuid4(), answer="Yes", now=NOW)
    answer_dispute(
        actor=staff, session=evening, dispute_id=dispute.pk, answer="Corrected, thank you.", now=NOW
    )
    with pytest.raises(ConflictError):
        answer_dispute(actor=staff, session=evening, dispute_id=dispute.pk, answer="Again", now=NOW)
    stored = AttendanceDispute.objects.get()
    assert (stored.text, stored.answer, stored.answered_at) == (
        "I was on the phone line",
        "Corrected, thank you.",
        NOW,
    )


def test_nobody_disputes_for_somebody_else(world: World, evening: Session) -> None:
    for who, client in ((world.ana, world.ben), (world.cleo, world.cleo)):
        with pytest.raises(NotFoundError):
            raise_dispute(actor=world.actor(who), session=evening, client=client, text="Wrong", now=NOW)
    with pytest.raises(NotAllowedError):
        raise_dispute(
            actor=world.actor(world.facilitator), session=evening, client=world.ana, text="Wrong", now=NOW
        )
    with pytest.raises(BadInputError):
        raise_dispute(
            actor=world.actor(world.ana), session=evening, client=world.ana, text="x" * 2001, now=NOW
        )
    assert not AttendanceDispute.objects.exists()


@pytest.mark.parametrize(
    ("before", "minutes", "after"),
    [
        ({"2026-06-06": 50, "2026-06-07": 37}, 87, {"2026-06-06": 50, "2026-06-07": 37}),
        ({"2026-06-06": 50, "2026-06-07": 37}, 100, {"2026-06-06": 50, "2026-06-07": 50}),
        ({"2026-06-06": 50, "2026-06-07": 37}, 40, {"2026-06-06": 40, "2026-06-07": 0}),
        ({"2026-06-06": 0}, 12, {"2026-06-06": 12}),
    ],
)
def test_new_minutes_lie_on_the_dates_of_the_old_ones(
    before: dict[str, int], minutes: int, after: dict[str, int]
) -> None:
    assert spread(before, minutes) == after


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_are_two_versions_or_one_conflict() -> None:
    world = build_world()
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    finalised(session)
    actors = [world.actor(world.facilitator), world.actor(world.cofacilitator)]
    start, outcomes = threading.Barrier(2), []

    def work(number: int) -> None:
        scope._current.set(scope.EVERY_PROGRAM)
        try:
            start.wait(10)
            record = correct_attendance(
                actor=actors[number], session=session, client=world.ana, reason="Both at once",
                changes=Changes(credited_minutes=80 + number), now=NOW, seen_version=1,
            )  # fmt: skip
            outcomes.append(record.version)
        except ConflictError:
            outcomes.append(0)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(30)
    assert sorted(outcomes) == [0, 2]
    assert AttendanceRecord.objects.filter(client=world.ana).count() == 2
    connection.close()
