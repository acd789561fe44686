"""Keys change while everything stays readable; a run that is killed goes on where it was (DP-2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from typer.testing import CliRunner

from groups.factors import unseal_secret
from groups.models import Client
from sessions_app.models import AttendanceRecord, ClientNote, RoomEvent
from sessions_app.room import log
from tests.sessions_app.attendance.evenings import finalised, held
from tests.worlds import World
from vio.cli import operations
from vio.common import key_rotation, sealed
from vio.embedded.errors import StackError

NOW = datetime(2026, 4, 14, tzinfo=UTC)


@pytest.fixture
def sealed_rows(world: World) -> World:
    """Sealed text in ordinary, append-only, signed and raw columns, all under the first key."""
    world.ana.phone = "555-0177"
    world.ana.save()
    session = finalised(held(world.group))
    record = AttendanceRecord.objects.get(client=world.ana)
    AttendanceRecord.objects.bulk_create(
        [
            AttendanceRecord(
                program=world.program, session=session, client=world.ana, version=2, local_date=record.local_date,
                credited_seconds=0, credited_minutes=0, scheduled_minutes=90, delivered_minutes=90, status="excused",
                policy=record.policy, source="corrected", reason="Hospital", recorded_at=NOW,
            )
        ]
    )  # fmt: skip
    ClientNote.objects.create(
        program=world.program, session=session, client=world.ana, author=world.facilitator, created_at=NOW,
        changed_at=NOW, due_at=NOW, signed_at=NOW, signed_by=world.facilitator, plan="Call on Friday",
    )  # fmt: skip
    RoomEvent.objects.create(
        session=session, program=world.program, audience="room", number=1, kind="chat.sent", at=NOW,
        body=log.seal(session.pk, "room", 1, '{"text": "hello"}'),
    )  # fmt: skip
    return world


@pytest.fixture
def two_keys(sealed_rows: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows are there under the old key; the settings have a new one that was promoted."""
    keyset = key_rotation.promoted(key_rotation.with_new_key(settings.FIELD_KEYS))
    monkeypatch.setattr(settings, "FIELD_KEYS", keyset)


def apps_enrolled() -> int:
    """How many people of the world have an authenticator app."""
    return Authenticator.objects.filter(type=Authenticator.Type.TOTP).count()


def read_all(world: World) -> tuple[str, ...]:
    event = RoomEvent.objects.get()
    return (
        Client.objects.get(pk=world.ana.pk).phone,
        AttendanceRecord.objects.get(source="corrected").reason,
        ClientNote.objects.get().plan,
        sealed.unseal(bytes(event.body), place=log.place(event.session_id, event.audience, event.number)),
    )


PLAIN = ("555-0177", "Hospital", "Call on Friday", '{"text": "hello"}')


def test_every_sealed_column_is_known() -> None:
    found = {one.label: set(one.columns) for one in key_rotation.sealed_models()}
    assert found["sessions_app.roomevent"] == {"body"}
    assert found["sessions_app.clientnote"] == {"participation", "response", "risk", "goal", "plan"}
    assert {"groups.client", "sessions_app.attendancerecord", "sessions_app.attendancedispute"} <= set(found)


def test_all_rows_read_before_between_and_after(sealed_rows: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings.FIELD_KEYS
    monkeypatch.setattr(settings, "FIELD_KEYS", key_rotation.with_new_key(before))
    assert key_rotation.outdated() == {}
    assert read_all(sealed_rows) == PLAIN
    monkeypatch.setattr(settings, "FIELD_KEYS", key_rotation.promoted(settings.FIELD_KEYS))
    assert set(key_rotation.outdated()) == {
        "groups.client", "sessions_app.attendancerecord", "sessions_app.clientnote", "sessions_app.roomevent",
        "mfa.authenticator",
    }  # fmt: skip
    assert read_all(sealed_rows) == PLAIN
    done = key_rotation.reseal_all()
    assert (sum(done.rows.values()), done.unreadable) == (4 + apps_enrolled(), [])
    assert read_all(sealed_rows) == PLAIN
    assert key_rotation.outdated() == {}
    assert set(key_rotation.keys_in_use()) == {sealed.primary_key_id()}
    monkeypatch.setattr(
        settings, "FIELD_KEYS", key_rotation.retired(settings.FIELD_KEYS, key_rotation.keys_in_use())
    )
    assert len(json.loads(settings.FIELD_KEYS)["key"]) == 1
    assert read_all(sealed_rows) == PLAIN


@pytest.mark.usefixtures("two_keys")
def test_a_run_that_is_killed_goes_on_where_it_was(sealed_rows: World) -> None:
    class KilledError(Exception):
        pass

    def killed(label: str, rows: int) -> None:
        if label == "sessions_app.attendancerecord":
            raise KilledError

    with pytest.raises(KilledError):
        key_rotation.reseal_all(killed, batch=1)
    assert read_all(sealed_rows) == PLAIN
    left = key_rotation.outdated()
    assert "groups.client" not in left
    assert "sessions_app.roomevent" in left
    assert sum(key_rotation.reseal_all(batch=1).rows.values()) == sum(left.values())
    assert read_all(sealed_rows) == PLAIN
    assert key_rotation.reseal_all().rows == {}


@pytest.mark.usefixtures("two_keys")
def test_a_row_that_no_key_opens_is_told_and_stops_nothing(sealed_rows: World) -> None:
    broken = RoomEvent.objects.get()
    RoomEvent.objects.filter(pk=broken.pk).update(body=bytes(broken.body)[:-1] + b"?")
    done = key_rotation.reseal_all()
    assert done.unreadable == [f"sessions_app.roomevent {broken.pk}"]
    assert key_rotation.outdated() == {"sessions_app.roomevent": 1}
    assert sum(done.rows.values()) == 3 + apps_enrolled()


@pytest.mark.usefixtures("two_keys")
def test_the_application_is_the_application_again_afterwards(sealed_rows: World) -> None:
    key_rotation.reseal_all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("vio_app",)


def test_a_key_in_use_is_never_retired(sealed_rows: World) -> None:
    both = key_rotation.promoted(key_rotation.with_new_key(settings.FIELD_KEYS))
    assert json.loads(key_rotation.retired(both, key_rotation.keys_in_use())) == json.loads(both)


@pytest.mark.usefixtures("two_keys")
def test_the_command_reseals_and_says_what_is_left(sealed_rows: World) -> None:
    told = CliRunner().invoke(operations.app, ["rotate-keys"])
    assert told.exit_code == 0, told.output
    assert f"sealed {4 + apps_enrolled()} rows again, 0 left" in told.output
    again = json.loads(CliRunner().invoke(operations.app, ["rotate-keys", "--json"]).output)
    assert again == {"resealed": {}, "unreadable": [], "left": {}}


def test_the_command_changes_the_file_step_by_step(
    sealed_rows: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(settings.FIELD_KEYS)
    monkeypatch.setenv("VIO_FIELD_KEYS_FILE", str(file))
    first = json.loads(file.read_text())["primaryKeyId"]
    run = CliRunner().invoke
    assert isinstance(run(operations.app, ["rotate-keys", "--promote"]).exception, StackError)
    assert "2 keys" in run(operations.app, ["rotate-keys", "--add"]).output
    assert json.loads(file.read_text())["primaryKeyId"] == first
    assert run(operations.app, ["rotate-keys", "--promote"]).exit_code == 0
    assert json.loads(file.read_text())["primaryKeyId"] != first
    assert "2 keys" in run(operations.app, ["rotate-keys", "--retire"]).output  # the first still seals rows
    monkeypatch.setattr(settings, "FIELD_KEYS", file.read_text())
    assert run(operations.app, ["rotate-keys"]).exit_code == 0
    assert "1 keys" in run(operations.app, ["rotate-keys", "--retire"]).output
    assert isinstance(run(operations.app, ["rotate-keys", "--add", "--retire"]).exception, StackError)
    monkeypatch.delenv("VIO_FIELD_KEYS_FILE")
    assert isinstance(run(operations.app, ["rotate-keys", "--add"]).exception, StackError)


def test_the_secrets_of_authenticator_apps_change_their_key_too(
    sealed_rows: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = unseal_secret(app_of(sealed_rows).data["secret"])
    old = sealed.primary_key_id()
    monkeypatch.setattr(
        settings, "FIELD_KEYS", key_rotation.promoted(key_rotation.with_new_key(settings.FIELD_KEYS))
    )
    assert key_rotation.outdated()["mfa.authenticator"] > 1
    assert key_rotation.keys_in_use()[old] > 0
    key_rotation.reseal_all(batch=2)
    assert "mfa.authenticator" not in key_rotation.outdated()
    assert key_rotation.keys_in_use()[old] == 0
    assert unseal_secret(app_of(sealed_rows).data["secret"]) == secret


def app_of(world: World) -> Authenticator:
    return Authenticator.objects.get(user=world.clinician, type=Authenticator.Type.TOTP)
