"""Stored figures are proven from their evidence; a figure changed behind the services' back is found (AT-8)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.recompute import recompute
from sessions_app.attendance.seals import START, Row, head_of
from sessions_app.attendance.services import correct_attendance, excuse_client
from sessions_app.attendance.services.finalising import refresh_session
from sessions_app.models import EvidenceSeal, PresenceEvidence, Session
from tests.sessions_app.attendance.evenings import CLOCK, finalised, held, note, sat
from tests.worlds import World
from vio.common.models import AuditEntry

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


def tamper(statement: str, *values: object) -> None:
    """A change by somebody with the database owner's rights."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL ROLE vio_app")


def evenings(world: World) -> list[Session]:
    first = held(world.group)
    sat(first, world.ana, 3, 70)
    second = held(world.other_group, minutes=60)
    sat(second, world.cleo, 0, 60, cause="server")
    called_off = held(world.group, starts_at=datetime(2026, 4, 14, 21, 30, tzinfo=UTC), status="cancelled")
    sessions = [finalised(s) for s in (first, second, called_off)]
    actor = world.actor(world.facilitator)
    excuse_client(actor=actor, session=first, client=world.ben, reason="Ill", now=NOW)
    correct_attendance(
        actor=actor, session=first, client=world.ana, changes=Changes(credited_minutes=60), reason="Audio lost",
        now=NOW,
    )  # fmt: skip
    return sessions


def test_every_stored_figure_follows_from_its_evidence(world: World) -> None:
    evenings(world)
    report = recompute()
    assert (report.sessions, report.records, report.differences) == (3, 7, ())


def test_a_tampered_figure_is_found(world: World) -> None:
    _, second, _ = evenings(world)
    tamper(
        "UPDATE sessions_app_attendancerecord SET credited_minutes = 45, credited_seconds = 2700 WHERE client_id = %s",
        world.cleo.pk,
    )
    found = {(d.session_id, d.client_id, d.what) for d in recompute().differences}
    assert found == {
        (second.pk, world.cleo.pk, "credited_minutes"),
        (second.pk, world.cleo.pk, "credited_seconds"),
    }


def test_a_tampered_correction_is_found_by_its_audit_entry(world: World) -> None:
    evenings(world)
    tamper("UPDATE sessions_app_attendancerecord SET credited_minutes = 90 WHERE source = 'corrected'")
    assert [d.what for d in recompute().differences] == ["correction"]


def test_removed_versions_and_added_evidence_are_found(world: World) -> None:
    first, second, _ = evenings(world)
    tamper(
        "DELETE FROM sessions_app_attendancerecord WHERE client_id = %s AND session_id = %s AND version = 1",
        world.ben.pk, first.pk,
    )  # fmt: skip
    sat(second, world.ana, 0, 60)
    note(second, world.cleo, "opened", second.starts_at, connection=first.pk)
    found = {(d.client_id, d.what) for d in recompute().differences}
    assert found == {(world.ben.pk, "versions"), (world.ana.pk, "missing"), (None, "evidence")}


# --- the chain over the evidence ----------------------------------------------------------------------------


def sealed_wrong() -> list[tuple[str, str]]:
    return [(d.stored, d.found) for d in recompute().differences if d.what == "evidence"]


def test_evidence_that_was_moved_removed_or_added_is_found(world: World) -> None:
    first, second, _ = evenings(world)
    rows = PresenceEvidence.objects.filter(session=first).count()
    assert sealed_wrong() == []
    tamper(
        "UPDATE sessions_app_presenceevidence SET at = at + interval '1 second' WHERE session_id = %s AND kind = 'opened'",
        first.pk,
    )
    ((before, after),) = sealed_wrong()
    assert len(before) == len(after) == 16
    assert before != after
    tamper("DELETE FROM sessions_app_presenceevidence WHERE session_id = %s AND kind = 'opened'", first.pk)
    assert sealed_wrong() == [(f"{rows} rows", f"{rows - 1} rows")]
    note(second, world.cleo, "seen", second.starts_at, connection=first.pk)
    assert len(sealed_wrong()) == 2


def test_a_seal_that_was_removed_is_found(world: World) -> None:
    evening = held(world.group)
    sat(evening, world.ana, 0, 60)
    finalised(evening)
    sat(evening, world.ben, 0, 30)
    refresh_session(session_id=evening.pk, now=NOW, actor=CLOCK)
    assert list(EvidenceSeal.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert recompute().differences == ()
    tamper("DELETE FROM sessions_app_evidenceseal WHERE number = 1")
    assert len(sealed_wrong()) == 1
    tamper("DELETE FROM sessions_app_evidenceseal")
    assert sealed_wrong() == [("no seal", "attendance was computed")]


def test_computing_again_from_the_same_evidence_seals_nothing_new(world: World) -> None:
    evening = held(world.group)
    sat(evening, world.ana, 0, 60)
    finalised(evening)
    refresh_session(session_id=evening.pk, now=NOW, actor=CLOCK)
    assert EvidenceSeal.objects.count() == 1


def test_the_audit_trail_holds_each_head(world: World) -> None:
    evening = held(world.group)
    sat(evening, world.ana, 0, 60)
    finalised(evening)
    entry = AuditEntry.objects.get(action="attendance.finalised")
    sealed = EvidenceSeal.objects.get()
    assert (entry.details["evidence_rows"], entry.details["evidence_head"]) == (sealed.rows, sealed.head)


def test_the_head_follows_from_every_part_of_every_row_in_order() -> None:
    at = datetime(2026, 4, 13, 21, 30, tzinfo=UTC)
    one: Row = (UUID(int=1), UUID(int=2), "opened", "", at)
    two: Row = (UUID(int=1), UUID(int=2), "closed", "left", at)
    heads = {
        head_of(START, rows)
        for rows in ([], [one], [two], [one, two], [two, one], [one, (*two[:3], "dropped", at)], [one, one])
    }
    heads.add(head_of("1" * 64, [one, two]))
    assert len(heads) == 8
    # The first link, written out: who checks it elsewhere needs no code of ours.
    line = f"{START}|{UUID(int=1)}|{UUID(int=2)}|opened||2026-04-13T21:30:00+00:00"
    assert head_of(START, [one]) == hashlib.sha256(line.encode()).hexdigest()
