"""The walls under everything: scope, audit chain, sealed fields, signed notes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import tink
from django.db import DatabaseError, connection, transaction

from groups.models import Client, Person
from sessions_app.models import GroupNote
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common import audit, sealed
from vio.common.actors import system_actor
from vio.common.models import AuditEntry
from vio.common.scope import _current, scope


def test_without_a_scope_the_application_reads_no_row(world: World) -> None:
    assert Client.objects.count() == 4
    with scope([]):
        assert _current.get() == ""
        assert Client.objects.count() == 0
        assert Person.objects.count() > 0  # people are accounts; charts are what is walled


def test_a_scope_shows_one_program_and_refuses_rows_of_another(world: World) -> None:
    with scope([world.program.pk]):
        assert set(Client.objects.values_list("pk", flat=True)) == {world.ana.pk, world.ben.pk, world.cleo.pk}
        with pytest.raises(DatabaseError), transaction.atomic():
            Client.objects.create(program=world.lakeside, person=world.facilitator)
    assert Client.objects.count() == 4


def test_the_application_is_not_the_owner(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("vio_app",)


def test_the_audit_trail_is_numbered_and_chained(world: World) -> None:
    for act in ("note.viewed", "note.signed", "note.viewed"):
        audit.record(
            actor=system_actor("test"), action=act, program_id=world.program.pk, client_id=world.ana.pk
        )
    rows = list(AuditEntry.objects.filter(program_id=world.program.pk).order_by("number"))
    assert [r.number for r in rows] == [1, 2, 3]
    assert rows[1].previous_hash == rows[0].hash
    assert list(audit.verify()) == []


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE common_auditentry SET action='x'",
        "DELETE FROM common_auditentry",
        "TRUNCATE common_auditentry",
    ],
)
def test_the_application_cannot_change_the_audit_trail(world: World, attack: str) -> None:
    audit.record(actor=system_actor("test"), action="a.b", program_id=world.program.pk)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        ("UPDATE common_auditentry SET reason='x' WHERE number = 2", "hash"),
        ("DELETE FROM common_auditentry WHERE number = 2", "number"),
    ],
)
def test_an_owner_who_tampers_is_found(world: World, attack: str, found: str) -> None:
    for _ in range(3):
        audit.record(actor=system_actor("test"), action="a.b", program_id=world.program.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            f"RESET ROLE; SET session_replication_role = replica; {attack};"
            "SET session_replication_role = DEFAULT; SET ROLE vio_app"
        )
    assert [p.what for p in audit.verify()] == [found]


def test_sealed_text_reads_back_and_a_dump_shows_none_of_it(world: World) -> None:
    world.ana.phone = "555-0142"
    world.ana.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM groups_client WHERE id = %s", [world.ana.pk])
        stored = bytes(cursor.fetchone()[0])
    assert b"555" not in stored
    assert sealed.key_id_of(stored) == sealed.primary_key_id()
    assert Client.objects.get(pk=world.ana.pk).phone == "555-0142"
    assert Client.objects.get(pk=world.ben.pk).phone == ""


def test_a_sealed_value_moved_to_another_row_does_not_open(world: World) -> None:
    world.ana.phone = "555-0142"
    world.ana.save()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE groups_client SET phone = (SELECT phone FROM groups_client WHERE id=%s) WHERE id=%s",
            [world.ana.pk, world.ben.pk],
        )
    with pytest.raises(tink.TinkError):
        _ = Client.objects.get(pk=world.ben.pk).phone


def test_plain_text_cannot_reach_a_sealed_column_by_update(world: World) -> None:
    with pytest.raises(TypeError):
        Client.objects.filter(pk=world.ana.pk).update(phone="555-0142")


def test_a_signed_note_never_changes(world: World) -> None:
    session = make_session(world.group)
    note = GroupNote.objects.create(
        program=world.program,
        session=session,
        author=world.facilitator,
        topic="Cravings",
        created_at=MONDAY_START,
        changed_at=MONDAY_START,
        due_at=MONDAY_START + timedelta(hours=24),
    )
    note.topic = "Cravings and triggers"
    note.signed_at = MONDAY_START
    note.save()
    note.topic = "Something else"
    with pytest.raises(DatabaseError), transaction.atomic():
        note.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        note.delete()
    assert GroupNote.objects.get().topic == "Cravings and triggers"
