"""An entry of the audit trail is chained by the commit of its act: never lost, never left over, and last of all locks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from groups.models import Client, EmergencyContact, Group
from tests.waiting import somebody_waits
from tests.worlds import World, build_world
from vio.common import audit
from vio.common.actors import system_actor
from vio.common.models import AuditDraft, AuditEntry
from vio.common.scope import every_program, scope

PATIENCE = 20.0
commits = pytest.mark.django_db(transaction=True)


def note(action: str, program_id: UUID | None) -> None:
    """One entry by the house."""
    audit.record(actor=system_actor("test"), action=action, program_id=program_id)


def chained(program_id: UUID | None) -> list[str]:
    """The acts of a chain, in its order."""
    rows = AuditEntry.objects.filter(program_id=program_id).order_by("number")
    return list(rows.values_list("action", flat=True))


def undone(program_id: UUID) -> None:
    """An act that records something and then fails, in an atomic block of its own."""
    with transaction.atomic():
        note("a.undone", program_id)
        raise ZeroDivisionError


@pytest.fixture
def open_world(transactional_db: None) -> World:
    return build_world()


@commits
def test_an_entry_is_there_with_the_commit_and_not_before(open_world: World) -> None:
    program = open_world.program.pk
    with transaction.atomic():
        note("a.first", program)
        with transaction.atomic():
            note("a.second", program)
        assert chained(program) == []
    assert chained(program) == ["a.first", "a.second"]
    note("a.alone", program)  # a statement by itself is a transaction by itself
    assert chained(program) == ["a.first", "a.second", "a.alone"]
    assert not AuditDraft.objects.exists()


@commits
def test_what_is_rolled_back_was_not_done_and_is_not_on_record(open_world: World) -> None:
    program = open_world.program.pk
    with transaction.atomic():
        note("a.kept", program)
        with pytest.raises(ZeroDivisionError):
            undone(program)
        note("a.after", program)
    with pytest.raises(ZeroDivisionError):
        undone(program)
    assert chained(program) == ["a.kept", "a.after"]
    assert not AuditDraft.objects.exists()


@commits
def test_a_savepoint_undone_may_have_held_the_first_entry_or_the_only_one(open_world: World) -> None:
    program = open_world.program.pk
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            undone(program)
        Group.objects.filter(pk=open_world.group.pk).update(chat_mode="off")
    assert chained(program) == []
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError):
            undone(program)
        note("a.only", program)
    assert chained(program) == ["a.only"]


@commits
def test_the_programs_in_view_by_then_do_not_matter(open_world: World) -> None:
    with scope([]), transaction.atomic():
        for program in (open_world.program, open_world.lakeside):
            with scope({program.pk}):
                note("a.done", program.pk)
        note("a.signed_in", None)
    assert [chained(p.pk) for p in (open_world.program, open_world.lakeside)] == [["a.done"]] * 2
    assert chained(None) == ["a.signed_in"]


def test_an_entry_of_a_program_out_of_view_is_refused(world: World) -> None:
    with scope({world.lakeside.pk}), pytest.raises(DatabaseError), transaction.atomic():
        note("a.done", world.program.pk)
    assert chained(world.program.pk) == []


@pytest.mark.parametrize(
    "attack",
    [
        "INSERT INTO common_auditentry (program_id, number, action) VALUES (NULL, 1, 'a.forged')",
        "DELETE FROM common_auditdraft",
        "UPDATE common_auditdraft SET action = 'a.other'",
        "TRUNCATE common_auditdraft",
        "ALTER TABLE common_auditdraft DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION vio_chain_drafts() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    ],
)
def test_the_application_comes_by_neither_the_trail_nor_the_drafts(world: World, attack: str) -> None:
    note("a.done", world.program.pk)
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
    assert chained(world.program.pk) == ["a.done"]


@commits
def test_programs_are_locked_in_one_order_and_each_keeps_the_order_of_its_acts(open_world: World) -> None:
    low, high = sorted([open_world.program.pk, open_world.lakeside.pk])
    with transaction.atomic():
        for action, program in [("a.one", high), ("a.two", None), ("a.three", low), ("a.four", high)]:
            note(action, program)
    entries = AuditEntry.objects.filter(action__startswith="a.").order_by("at")
    assert list(entries.values_list("program_id", "action")) == [
        (None, "a.two"), (low, "a.three"), (high, "a.one"), (high, "a.four"),
    ]  # fmt: skip


@contextmanager
def elsewhere(*, until: threading.Event) -> Iterator[None]:
    """For threads: every program in view; the connection is closed behind them, and whoever waits goes on."""
    try:
        with every_program():
            yield
    finally:
        until.set()
        connections.close_all()


@commits
def test_an_act_that_cannot_be_recorded_is_not_done(open_world: World) -> None:
    program, held, done = open_world.program, threading.Event(), threading.Event()

    def hold_the_chain() -> None:
        with elsewhere(until=held), transaction.atomic():
            note("a.other", program.pk)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS chain_drafts IMMEDIATE")
            held.set()
            assert done.wait(PATIENCE)

    @transaction.atomic
    def rename() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        Group.objects.filter(pk=open_world.group.pk).update(name="Renamed")
        note("a.renamed", program.pk)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(hold_the_chain)
        assert held.wait(PATIENCE)
        try:
            with pytest.raises(OperationalError, match="lock timeout"):
                rename()
        finally:
            done.set()
        other.result(PATIENCE)
    assert chained(program.pk) == ["a.other"]
    assert not Group.objects.filter(name="Renamed").exists()


@commits
def test_the_chain_is_free_while_an_act_waits_for_what_its_foreign_keys_name(open_world: World) -> None:
    """Foreign keys are checked by the commit too, and wait for who locks what they name."""
    program, ana = open_world.program.pk, open_world.ana
    held, waits = threading.Event(), threading.Event()

    def refers_to_ana() -> None:
        with elsewhere(until=waits):
            assert held.wait(PATIENCE)
            with transaction.atomic():
                note("a.first", program)
                EmergencyContact.objects.create(program_id=program, client_id=ana.pk, name="R", phone="1")
                waits.set()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(refers_to_ana)
        with transaction.atomic():
            Client.objects.select_for_update().get(pk=ana.pk)
            held.set()
            assert waits.wait(PATIENCE)
            while not somebody_waits():
                assert not other.done()
            note("a.second", program)
        other.result(PATIENCE)
    assert chained(program) == ["a.second", "a.first"]
