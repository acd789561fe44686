"""What a proof names exists, belongs together and stays (docs/decisions/0023)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from groups.models import Client, Person
from sessions_app.models import PresenceEvidence, Session
from sessions_app.room import statements
from sessions_app.room.presence import Proof, write_proofs, write_what_is_accepted
from sessions_app.room.rows import EvidenceRow
from tests.factories import make_session
from tests.worlds import World, build_world
from vio.common.scope import every_program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return build_world()


@pytest.fixture
def session(world: World) -> Session:
    return make_session(world.group, starts_at=timezone.now())


def proof_of(session: Session, client: Client) -> Proof:
    return Proof(session.pk, session.program_id, client.person_id, client.pk, uuid4(), timezone.now())


WRONG: dict[str, Callable[[World], dict[str, UUID]]] = {
    "a person who does not exist": lambda world: {"person_id": uuid4()},
    "a client who does not exist": lambda world: {"client_id": uuid4()},
    "a program that does not exist": lambda world: {"program_id": uuid4()},
    "a session that does not exist": lambda world: {"session_id": uuid4()},
    "somebody else's chart": lambda world: {"person_id": world.ben.person_id},
    "a chart of another program": lambda world: {
        "client_id": world.dov.pk,
        "person_id": world.dov.person_id,
    },
    "a session of another program": lambda world: {"program_id": world.lakeside.pk},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_one_wrong_proof_keeps_its_whole_statement_out(world: World, session: Session, wrong: str) -> None:
    fine = [proof_of(session, world.ana), proof_of(session, world.ben)]
    bad = proof_of(session, world.ana)._replace(**WRONG[wrong](world))
    with pytest.raises(IntegrityError):
        write_proofs([*fine, bad])
    assert not PresenceEvidence.objects.exists()
    write_proofs(fine)
    assert PresenceEvidence.objects.count() == 2


@pytest.mark.parametrize("wrong", WRONG)
def test_a_refused_proof_keeps_back_no_other(
    world: World, session: Session, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    fine = [proof_of(session, client) for client in (world.ana, world.ben) * 4]
    bad = [proof_of(session, world.ana)._replace(**WRONG[wrong](world)) for _ in range(2)]
    write_what_is_accepted([*fine[:3], bad[0], *fine[3:], bad[1]])
    assert set(PresenceEvidence.objects.values_list("connection", flat=True)) == {p.connection for p in fine}
    told = [str(record.msg) for record in caplog.records if "room.proof_refused" in str(record.msg)]
    assert len(told) == 2
    assert all(str(proof.connection) in line for proof, line in zip(bad, told, strict=True))


def test_trouble_that_is_no_refusal_drops_nothing(
    world: World, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is out of reach for a statement: whoever wrote hears so and tries all of it again."""
    proofs = [proof_of(session, world.ana), proof_of(session, world.ben)]
    with monkeypatch.context() as broken:
        broken.setattr(statements, "_PROVE", "SELECT FROM nowhere")
        with pytest.raises(ProgrammingError):
            write_what_is_accepted(proofs)
    assert not PresenceEvidence.objects.exists()
    write_what_is_accepted(proofs)
    assert PresenceEvidence.objects.count() == 2


def test_staff_have_no_chart(world: World, session: Session) -> None:
    write_proofs([proof_of(session, world.ana)._replace(person_id=world.facilitator.pk, client_id=None)])
    assert PresenceEvidence.objects.get().person_id == world.facilitator.pk


def test_a_row_of_its_own_is_held_as_well(world: World, session: Session) -> None:
    values = proof_of(session, world.ana)._asdict() | {"person_id": uuid4(), "kind": "seen"}
    with pytest.raises(IntegrityError):
        PresenceEvidence.objects.create(**values)


def test_whom_a_proof_names_is_never_deleted(world: World) -> None:
    for table in (Client, Person):
        with pytest.raises(DatabaseError, match="Cannot delete"):
            table.objects.all()._raw_delete("default")
    assert Client.objects.filter(pk=world.ana.pk).exists()


def test_a_session_with_proofs_is_not_deleted_and_one_without_is(world: World, session: Session) -> None:
    write_proofs([proof_of(session, world.ana)])
    with pytest.raises(IntegrityError):
        delete(session, world.ana)
    empty = make_session(world.group, starts_at=timezone.now() + timedelta(days=1))
    delete(empty, world.ana)
    assert [left.pk for left in Session.objects.filter(pk__in=[session.pk, empty.pk])] == [session.pk]


def test_whoever_is_first_wins(world: World, session: Session) -> None:
    """A proof and the deletion of its session at the same instant: one waits for the other, and is refused."""
    for first, second in ((write, delete), (delete, write)):
        evening = make_session(world.group, starts_at=timezone.now())
        done = threading.Event()
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                first(evening, world.ana)
                late = other.submit(alone, second, evening, world.ana, done)
                assert not done.wait(0.5), "it did not wait"
            with pytest.raises(IntegrityError):
                late.result(timeout=20)
        there = Session.objects.filter(pk=evening.pk).exists()
        assert there == PresenceEvidence.objects.filter(session_id=evening.pk).exists() == (first is write)


def write(session: Session, client: Client) -> None:
    statements.prove([EvidenceRow(*proof_of(session, client)[:5], "seen", "", timezone.now())])


def delete(session: Session, client: Client) -> None:
    Session.objects.filter(pk=session.pk)._raw_delete("default")


def alone(
    act: Callable[[Session, Client], None], session: Session, client: Client, done: threading.Event
) -> None:
    """In a connection of its own."""
    try:
        with every_program():
            act(session, client)
    finally:
        done.set()
        connection.close()


def test_whom_a_proof_names_stays_who_it_is(world: World, session: Session) -> None:
    changes = [
        lambda: Client.objects.filter(pk=world.ana.pk).update(person=world.facilitator),
        lambda: Client.objects.filter(pk=world.ana.pk).update(program=world.lakeside),
        lambda: Person.objects.filter(pk=world.clinician.pk).update(id=uuid4()),
        lambda: Client.objects.filter(pk=world.ana.pk).update(id=uuid4()),
        lambda: Session.objects.filter(pk=session.pk).update(program=world.lakeside),
        lambda: Session.objects.filter(pk=session.pk).update(id=uuid4()),
    ]
    for change in changes:
        with pytest.raises(DatabaseError, match="Cannot update"):
            change()


def test_everything_else_about_them_may_change(world: World, session: Session) -> None:
    world.ana.privacy_name = "Annie"
    world.ana.save()
    session.ends_at += timedelta(minutes=5)
    session.save()
    world.facilitator.first_name = "Frances"
    world.facilitator.save()
    assert Client.objects.get(pk=world.ana.pk).privacy_name == "Annie"
