"""`vio explain`, `recompute` and `verify-audit`: what they say, and that they fail when something is wrong."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client as Browser
from typer.testing import CliRunner

from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.imports.rules.lines import Vendor
from sessions_app.attendance.imports.rules.zoom_csv import Written
from sessions_app.attendance.imports.services import start_import
from sessions_app.attendance.services import correct_attendance
from sessions_app.models import AttendanceImport, ProposedCorrection, Session
from tests.factories import MONDAY_START
from tests.sessions_app.attendance.evenings import MINUTE, finalised, held, sat
from tests.sessions_app.attendance.imports.samples import NEW_YORK, as_json, jitsi_room, occupant
from tests.worlds import World
from vio.cli import explain, operations
from vio.embedded.errors import StackError

run = CliRunner().invoke


def as_owner(*statements: str) -> None:
    """What somebody with the rights of the owner can do to the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE; SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin; SET LOCAL ROLE vio_app")


@pytest.fixture
def evening(world: World) -> Session:
    session = held(world.group)
    sat(session, world.ana, 0, 30, cause="server")
    sat(session, world.ana, 45, 90)
    finalised(session)
    correct_attendance(
        actor=world.actor(world.facilitator), session=session, client=world.ana, reason="A secret reason",
        changes=Changes(credited_minutes=88), now=session.ends_at + 5 * MINUTE,
    )  # fmt: skip
    return session


def test_a_figure_is_explained_in_words(world: World, evening: Session) -> None:
    told = run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk)])
    assert told.exit_code == 0, told.output
    for words in (
        "88 minutes credited, attended (version 2, corrected)",
        "R2  The countable time was 21:30:00 to 23:00:00 (90 minutes)",
        "21:30:00 to 22:00:00, 22:15:00 to 23:00:00: 4500 s, floored once to 75 minutes",
        "Away 22:00:00 to 22:15:00: server",
        "R14 Version 1: 75 minutes, attended, computed",
    ):
        assert words in told.output
    assert "secret" not in told.output
    assert "Moreno" not in told.output


def test_a_figure_is_explained_as_json(world: World, evening: Session) -> None:
    told = json.loads(run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk), "--json"]).output)
    assert told["computed"]["seconds"] == 4500
    assert told["policy"]["attended_percent"] == 80
    assert [v["minutes"] for v in told["versions"]] == [75, 88]
    assert len(told["evidence"]) == evening.evidence.count()
    assert told["gaps"][0]["cause"] == "server"


def test_what_waits_to_be_decided_about_is_named(world: World, evening: Session) -> None:
    words = run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk)]).output
    assert "Waits" not in words
    now = MONDAY_START + timedelta(hours=3)
    row = start_import(
        actor=world.actor(world.facilitator), session=evening, vendor=Vendor.JITSI, written=Written(NEW_YORK),
        raw=as_json(jitsi_room(occupant("B", 10, 90, id=str(world.ben.person_id)))), now=now,
    )  # fmt: skip
    proposed = ProposedCorrection.objects.create(
        program=world.program, session=evening, client=world.ana, base_version=1, status="excused",
        reason="Said on the phone.", proposed_by=world.facilitator, proposed_at=now,
    )  # fmt: skip
    told = run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk)]).output
    assert (
        f"a log of jitsi with {row.lines} lines (0 not used), import {row.pk}. Nothing of it counts." in told
    )
    assert "Waits for a second signature since 2026-04-14 00:30: a correction of version 1." in told
    assert "Said on the phone" not in told
    as_data = json.loads(
        run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk), "--json"]).output
    )
    assert [one["id"] for one in as_data["waiting"]["imports"]] == [str(row.pk)]
    assert [one["id"] for one in as_data["waiting"]["corrections"]] == [str(proposed.pk)]
    browser = Browser()
    browser.force_login(world.facilitator)
    path = f"/api/v1/sessions/{evening.pk}/attendance/{world.ana.pk}"
    (found,) = browser.get(path).json()["open_imports"]
    assert (found["id"], found["status"]) == (str(row.pk), "draft")
    AttendanceImport.objects.update(status="discarded", content="")
    ProposedCorrection.objects.update(state="declined", decided_at=now, decided_by=world.supervisor)
    assert "Waits" not in run(explain.app, ["attendance", str(evening.pk), str(world.ana.pk)]).output
    assert browser.get(path).json()["open_imports"] == []


def test_a_client_learns_of_no_log_that_waits(world: World, evening: Session) -> None:
    browser = Browser()
    browser.force_login(world.ana.person)
    answer = browser.get(f"/api/v1/my/sessions/{evening.pk}/attendance")
    assert answer.status_code == 200
    assert "open_imports" not in answer.json()


def test_a_week_is_explained(world: World, evening: Session) -> None:
    told = run(explain.app, ["hours", str(world.ana.pk), "2026-04-15"])
    assert "88 minutes (1.47 h) on 1 days, week 2026-04-12 to 2026-04-18" in told.output
    assert "1 hour = 60 minutes by the clock" in told.output
    assert "STORED DIFFERENTLY" not in told.output
    figures = json.loads(run(explain.app, ["hours", str(world.ana.pk), "2026-04-15", "--json"]).output)
    assert (figures["minutes"], figures["stored_minutes"], figures["prescribed_minutes"]) == (88, 88, 540)
    assert figures["sessions"][0]["counted"] == 88


def test_what_cannot_be_explained_is_said(world: World, evening: Session) -> None:
    for arguments in (
        ["attendance", str(evening.pk), str(world.cleo.pk)],
        ["attendance", str(uuid.uuid4()), str(world.ana.pk)],
        ["hours", str(uuid.uuid4()), "2026-04-15"],
        ["hours", str(world.ana.pk), "2020-04-15"],
    ):
        failed = run(explain.app, arguments)
        assert isinstance(failed.exception, StackError)
    for arguments in (["attendance", "x", "y"], ["hours", str(world.ana.pk), "monday"]):
        assert run(explain.app, arguments).exit_code == 2


def test_recompute_finds_nothing_and_then_what_was_changed(world: World, evening: Session) -> None:
    clean = run(operations.app, ["recompute"])
    assert (clean.exit_code, clean.output.splitlines()[-1]) == (0, "0 differences")
    assert "checked 1 sessions, 3 attendance records, 2 weeks" in clean.output
    as_owner("UPDATE sessions_app_attendancerecord SET credited_seconds = 5400 WHERE source = 'computed'")
    dirty = run(operations.app, ["recompute", "--json"])
    found = json.loads(dirty.output)["differences"]
    assert dirty.exit_code == 1
    assert {one["kind"] for one in found} == {"attendance", "evidence"}
    assert run(operations.app, ["recompute", "--week", "2026-04-13"]).exit_code == 1
    assert run(operations.app, ["recompute", "--week", "2026-06-13"]).exit_code == 0
    assert run(operations.app, ["recompute", "--week", "soon"]).exit_code == 2


def test_verify_audit_sees_change_removal_and_what_was_cut_off(
    world: World, evening: Session, tmp_path: Path
) -> None:
    heads = tmp_path / "heads.json"
    clean = run(operations.app, ["verify-audit", "--publish", str(heads)])
    assert clean.exit_code == 0, clean.output
    assert "0 problems" in clean.output
    assert run(operations.app, ["verify-audit", "--heads", str(heads)]).exit_code == 0
    as_owner(
        "DELETE FROM common_auditentry a WHERE number = (SELECT max(number) FROM common_auditentry b"
        " WHERE b.program_id = a.program_id)"
    )
    assert run(operations.app, ["verify-audit"]).exit_code == 0  # a chain cut at its end looks whole
    cut = run(operations.app, ["verify-audit", "--heads", str(heads), "--json"])
    assert cut.exit_code == 1
    assert json.loads(cut.output)["problems"][0]["what"] == "cut off or replaced"
    as_owner("UPDATE common_auditentry SET action = 'nothing.happened' WHERE number = 1")
    assert run(operations.app, ["verify-audit"]).exit_code == 1
    heads.write_text("[]")
    assert isinstance(run(operations.app, ["verify-audit", "--heads", str(heads)]).exception, StackError)
