"""Evidence becomes attendance once: who gets a record, with which status, whoever tries."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from sessions_app.attendance.due import due_for_finalising, with_late_evidence
from sessions_app.attendance.records import latest
from sessions_app.attendance.services import excuse_client, finalise_session, refresh_session
from sessions_app.attendance.tasks import finalise_due
from sessions_app.models import AttendancePolicy, AttendanceRecord, AttendanceSheet, SessionBreak
from sessions_app.signals import attendance_changed, session_ended
from tests.factories import MONDAY, make_client, make_session
from tests.sessions_app.attendance.evenings import CLOCK, MINUTE, finalised, held, note, sat
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import ConflictError, NotAllowedError
from vio.common.models import AuditEntry

LATER = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


def record_of(session, client) -> AttendanceRecord:
    return latest(session).get(client=client)


def test_everybody_expected_gets_a_record_and_the_sheet_counts_who_stayed(world: World) -> None:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    assert finalise_session(session_id=session.pk, now=LATER, actor=CLOCK)
    ana, ben = record_of(session, world.ana), record_of(session, world.ben)
    assert (ana.status, ana.credited_minutes, ana.flags, ana.by_date) == (
        "attended",
        90,
        [],
        {"2026-04-13": 90},
    )
    assert (ana.first_at, ana.last_at) == (session.starts_at, session.ends_at)
    assert (ben.status, ben.credited_seconds, ben.first_at) == ("no_show", 0, None)
    sheet = AttendanceSheet.objects.get(session=session)
    assert (sheet.group_size, sheet.size_flag, sheet.evidence_rows) == (
        1,
        True,
        12,
    )  # one alone is no group (R13)
    assert not AttendanceRecord.objects.filter(client=world.cleo).exists()
    entry = AuditEntry.objects.get(action="attendance.finalised")
    assert entry.details.items() >= {"clients": 2, "group_size": 1, "policy_version": 1}.items()


def test_a_second_run_changes_nothing(world: World) -> None:
    session = finalised(held(world.group))
    before = list(AttendanceRecord.objects.values_list("pk", flat=True).order_by("pk"))
    assert not finalise_session(session_id=session.pk, now=LATER, actor=CLOCK)
    assert list(AttendanceRecord.objects.values_list("pk", flat=True).order_by("pk")) == before


def test_a_running_session_an_unknown_one_and_a_person_are_refused(world: World) -> None:
    running = make_session(world.group, status="live", started_at=datetime(2026, 4, 13, 21, 30, tzinfo=UTC))
    assert not finalise_session(session_id=running.pk, now=LATER, actor=CLOCK)
    assert not finalise_session(session_id=uuid.uuid4(), now=LATER, actor=CLOCK)
    over = held(world.group, starts_at=datetime(2026, 4, 14, 21, 30, tzinfo=UTC))
    with pytest.raises(NotAllowedError):
        finalise_session(session_id=over.pk, now=LATER, actor=world.actor(world.facilitator))
    assert not AttendanceRecord.objects.exists()


def test_late_early_partial_brief_and_technical_are_told_apart(world: World) -> None:
    session = held(world.group)
    late = make_client(world.program, world.group, first_name="Lou")
    dropped = make_client(world.program, world.group, first_name="Dee")
    sat(session, world.ana, 6, 60)  # 54 of 90 minutes, late and early
    sat(session, world.ben, 0, 5)  # brief contact
    sat(session, late, 10, 90)  # 80 of 90 is enough
    sat(session, dropped, 0, 40, cause="server")
    sat(session, dropped, 50, 90)
    finalised(session)
    assert (record_of(session, world.ana).status, record_of(session, world.ana).flags) == (
        "partial",
        ["late", "left_early"],
    )
    assert (record_of(session, world.ben).status, record_of(session, world.ben).flags) == (
        "no_show",
        ["brief_contact"],
    )
    assert (record_of(session, late).status, record_of(session, late).flags) == ("attended", ["late"])
    assert (record_of(session, dropped).credited_minutes, record_of(session, dropped).flags) == (
        80,
        ["technical"],
    )


def test_two_devices_count_once_and_lobby_and_overrun_do_not_count(world: World) -> None:
    session = held(world.group, ended_at=datetime(2026, 4, 13, 23, 10, tzinfo=UTC))  # ten minutes over
    sat(session, world.ana, -5, 60)
    sat(session, world.ana, 40, 100)
    waiting = uuid.uuid4()
    note(session, world.ben, "opened", session.starts_at, connection=waiting)
    note(session, world.ben, "seen", session.ends_at, connection=waiting)
    finalised(session)
    assert record_of(session, world.ana).credited_minutes == 90
    assert record_of(session, world.ben).credited_seconds == 0


def test_breaks_as_taken_shorten_the_window_and_breaks_as_planned_the_schedule(world: World) -> None:
    session = held(world.group, minutes=195)
    SessionBreak.objects.create(
        program=world.program, session=session,
        planned_start=session.starts_at + 90 * MINUTE, planned_end=session.starts_at + 105 * MINUTE,
        taken_start=session.starts_at + 92 * MINUTE, taken_end=session.starts_at + 112 * MINUTE,
    )  # fmt: skip
    sat(session, world.ana, 0, 195)
    record = record_of(finalised(session), world.ana)
    assert (record.scheduled_minutes, record.delivered_minutes, record.credited_minutes) == (180, 175, 175)


def test_somebody_unexpected_gets_their_minutes_and_cannot_be_missed(world: World) -> None:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    sat(session, world.cleo, 0, 90)
    visitor = make_client(world.program, first_name="Vic")
    note(session, visitor, "opened", session.starts_at, connection=uuid.uuid4())
    finalised(session)
    assert (record_of(session, world.cleo).status, record_of(session, world.cleo).flags) == (
        "attended",
        ["unexpected"],
    )
    assert (record_of(session, visitor).status, record_of(session, visitor).flags) == (
        "excused",
        ["unexpected"],
    )


def test_twins_by_name_stay_apart(world: World) -> None:
    session = held(world.group)
    twin = make_client(world.program, world.group, first_name="Ana", last_name="Moreno")
    sat(session, world.ana, 0, 90)
    sat(session, twin, 0, 30)
    finalised(session)
    assert [record_of(session, c).credited_minutes for c in (world.ana, twin)] == [90, 30]


def test_a_session_called_off_credits_nobody_and_blames_nobody(world: World) -> None:
    session = held(world.group, status="cancelled", cancelled_at=LATER)
    sat(session, world.ana, 0, 40)
    heard: list[object] = []
    session_ended.connect(heard.append, weak=False, dispatch_uid="t")
    try:
        finalised(session)
    finally:
        session_ended.disconnect(dispatch_uid="t")
    assert {r.status for r in latest(session)} == {"cancelled"}
    assert {r.credited_seconds for r in latest(session)} == {0}
    assert session.evidence.exists()  # C3: the evidence stays


def test_a_session_nobody_started_or_that_stopped_at_once_is_called_off(world: World) -> None:
    never = held(world.group, started_at=None)
    short = held(
        world.group, starts_at=datetime(2026, 4, 14, 21, 30, tzinfo=UTC),
        ended_at=datetime(2026, 4, 14, 21, 37, 59, tzinfo=UTC),
    )  # fmt: skip
    sat(short, world.ana, 0, 7)
    for session in (never, short):
        assert {r.status for r in latest(finalised(session))} == {"cancelled"}


def test_the_policy_in_force_on_the_date_is_kept_with_the_record(world: World) -> None:
    newer = AttendancePolicy.objects.create(
        program=world.program, version=2, effective_from=MONDAY, late_after_seconds=600
    )
    AttendancePolicy.objects.create(
        program=world.program, version=3, effective_from=MONDAY + timedelta(days=1), late_after_seconds=0
    )
    session = held(world.group)
    sat(session, world.ana, 8, 90)
    record = record_of(finalised(session), world.ana)
    assert (record.policy_id, record.flags) == (newer.pk, [])


def test_an_excuse_before_the_session_makes_the_absence_excused(world: World) -> None:
    session = held(world.group)
    excuse_client(
        actor=world.actor(world.facilitator), session=session, client=world.ana, reason="Surgery", now=LATER
    )
    excuse_client(
        actor=world.actor(world.facilitator), session=session, client=world.ben, reason="Surgery", now=LATER
    )
    sat(session, world.ben, 0, 90)
    finalised(session)
    assert [record_of(session, c).status for c in (world.ana, world.ben)] == ["excused", "attended"]


def test_an_excuse_afterwards_is_a_new_version_and_comes_once(world: World) -> None:
    session = finalised(held(world.group))
    actor = world.actor(world.facilitator)
    excuse_client(actor=actor, session=session, client=world.ana, reason="Hospital", now=LATER)
    assert [r.status for r in AttendanceRecord.objects.filter(client=world.ana).order_by("version")] == [
        "no_show",
        "excused",
    ]
    for client, code in ((world.ana, "nothing_to_excuse"),):
        with pytest.raises(ConflictError) as refused:
            excuse_client(actor=actor, session=session, client=client, reason="Again", now=LATER)
        assert refused.value.code == code
    assert AttendanceRecord.objects.filter(client=world.ana).count() == 2


def test_late_evidence_gives_a_new_version_only_where_figures_differ(world: World) -> None:
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    finalised(session)
    assert with_late_evidence(LATER) == []
    sat(session, world.ben, 0, 90)
    assert with_late_evidence(session.finalised_at + MINUTE) == [session.pk]
    changed = refresh_session(session_id=session.pk, now=LATER, actor=CLOCK)
    assert changed == [world.ben.pk]
    assert (record_of(session, world.ben).version, record_of(session, world.ben).status) == (2, "attended")
    assert record_of(session, world.ana).version == 1
    assert with_late_evidence(session.finalised_at + MINUTE) == []
    assert refresh_session(session_id=session.pk, now=LATER, actor=CLOCK) == []


def test_a_change_of_membership_rewrites_no_past_roster(world: World) -> None:
    session = finalised(held(world.group))
    world.group.memberships.filter(client=world.ana).update(ends_on=MONDAY - timedelta(days=1))
    make_client(world.program, world.group, first_name="New")
    assert refresh_session(session_id=session.pk, now=LATER, actor=CLOCK) == []


def test_news_goes_out_inside_the_transaction_and_after_it(
    world: World, django_capture_on_commit_callbacks
) -> None:
    session = held(world.group)
    inside: list[dict[str, object]] = []
    after: list[dict[str, object]] = []

    def changed(sender: object, **facts: object) -> None:
        inside.append(facts)

    def ended(sender: object, **facts: object) -> None:
        after.append(facts)

    attendance_changed.connect(changed)
    session_ended.connect(ended)
    with django_capture_on_commit_callbacks(execute=True):
        finalised(session)
        assert after == []
    assert inside[0]["cause"] == "finalised"
    assert inside[0]["local_dates"] == [MONDAY]
    assert after[0]["session_id"] == session.pk


def test_due_work_is_found_in_the_database(world: World) -> None:
    session = held(world.group)
    assert session.ended_at is not None
    cancelled = make_session(
        world.group, starts_at=datetime(2026, 4, 14, 21, 30, tzinfo=UTC), status="cancelled"
    )
    assert due_for_finalising(session.ended_at + timedelta(seconds=9)) == []
    assert due_for_finalising(session.ended_at + timedelta(seconds=10)) == [session.pk]
    assert due_for_finalising(cancelled.ends_at) == [session.pk, cancelled.pk]
    finalise_due()
    assert due_for_finalising(cancelled.ends_at) == []
    finalise_due()
    assert AttendanceRecord.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_version_each() -> None:
    world = build_world()
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    start, done = threading.Barrier(4), []

    def worker() -> None:
        scope._current.set(scope.EVERY_PROGRAM)
        try:
            start.wait(10)
            done.append(finalise_session(session_id=session.pk, now=LATER, actor=CLOCK))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(30)
    assert sorted(done) == [False, False, False, True]
    assert AttendanceRecord.objects.filter(session=session).count() == 2
    assert AttendanceSheet.objects.count() == 1
    connection.close()
