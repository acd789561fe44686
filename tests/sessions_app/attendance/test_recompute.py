"""Stored figures are proven from their evidence; a figure changed behind the services' back is found (AT-8)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.recompute import recompute
from sessions_app.attendance.services import correct_attendance, excuse_client
from sessions_app.models import Session
from tests.sessions_app.attendance.evenings import finalised, held, note, sat
from tests.worlds import World

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
    assert found == {(world.ben.pk, "versions"), (world.ana.pk, "missing")}
