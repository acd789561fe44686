"""Notes: drafted from attendance, saved without losing text, signed once and for good, added to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sessions_app.models import ClientNote, GroupNote, Session
from sessions_app.notes import content, services
from sessions_app.notes.receivers import mark_for_addendum
from sessions_app.notes.services import Draft, EveningDraft
from sessions_app.notes.tasks import remind_of_due_notes
from sessions_app.signals import session_ended
from tests.sessions_app.notes.evenings import ENDED, LATER, add_record, ended_session
from tests.worlds import World
from vio.common.errors import (
    BadInputError,
    ConflictError,
    FreshSignInNeededError,
    NotAllowedError,
    NotFoundError,
)
from vio.common.models import AuditEntry, Delivery

GROUP = {"topic": "Urges", "intervention": "Urge surfing practice", "process": "", "plan": ""}
ANA = {
    "participation": "Spoke twice",
    "response": "Calmer after",
    "risk": "",
    "goal": "",
    "plan": "Practise daily",
}


@pytest.fixture
def session(world: World) -> Session:
    return ended_session(world)


def drafted(world: World, session: Session) -> ClientNote:
    services.open_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    return ClientNote.objects.get(session=session)


def filled(
    world: World, session: Session, *, ana: dict[str, str] | None = None, group: dict[str, str] | None = None
) -> ClientNote:
    services.open_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    note = ClientNote.objects.get(session=session, client=world.ana)
    draft = EveningDraft(group=Draft(1, group or GROUP), clients={world.ana.pk: Draft(1, ana or ANA)})
    services.save_drafts(actor=world.actor(world.facilitator), session=session, drafts=draft, now=LATER)
    note.refresh_from_db()
    return note


def test_drafts_are_for_those_who_were_there_with_times_and_minutes_filled_in(
    world: World, session: Session
) -> None:
    note = drafted(world, session)
    assert (note.client_id, note.minutes, note.started_at) == (world.ana.pk, 90, session.starts_at)
    assert note.due_at == ENDED + timedelta(hours=24)
    assert GroupNote.objects.get(session=session).participant_count == 1


def test_opening_again_makes_nothing_twice(world: World, session: Session) -> None:
    drafted(world, session)
    drafted(world, session)
    assert (GroupNote.objects.count(), ClientNote.objects.count()) == (1, 1)


def test_drafts_appear_by_themselves_when_the_session_has_ended(world: World, session: Session) -> None:
    session_ended.send(sender=None, session_id=session.pk, program_id=session.program_id, now=LATER)
    assert ClientNote.objects.get().author_id == world.facilitator.pk


@pytest.mark.parametrize("who", ["ana", "records", "admin"])
def test_who_may_not_write_notes(world: World, session: Session, who: str) -> None:
    with pytest.raises(NotAllowedError):
        services.open_notes(actor=world.actor(getattr(world, who)), session=session, now=LATER)
    assert not GroupNote.objects.exists()


def test_saving_over_somebody_elses_change_is_refused_and_stores_nothing(
    world: World, session: Session
) -> None:
    filled(world, session)
    stale = EveningDraft(
        group=Draft(1, {**GROUP, "topic": "Mine"}), clients={world.ana.pk: Draft(2, {**ANA, "goal": "x"})}
    )
    with pytest.raises(ConflictError):
        services.save_drafts(actor=world.actor(world.cofacilitator), session=session, drafts=stale, now=LATER)
    assert GroupNote.objects.get().topic == "Urges"
    assert ClientNote.objects.get().goal == ""


def test_a_note_for_somebody_without_one_is_not_found(world: World, session: Session) -> None:
    drafted(world, session)
    with pytest.raises(NotFoundError):
        services.save_drafts(
            actor=world.actor(world.facilitator), session=session,
            drafts=EveningDraft(clients={world.cleo.pk: Draft(1, ANA)}), now=LATER,
        )  # fmt: skip


def test_signing_signs_all_once_with_a_hash_that_holds(world: World, session: Session) -> None:
    filled(world, session)
    actor = world.actor(world.facilitator)
    assert services.sign_notes(actor=actor, session=session, now=LATER) == 2
    assert services.sign_notes(actor=actor, session=session, now=LATER + timedelta(minutes=1)) == 0
    note = ClientNote.objects.get()
    assert (note.signed_at, note.signer_name, note.late_entry) == (LATER, "Facilitator Staff, LCSW", False)
    assert content.is_intact(note)
    note.plan = "Something else"
    assert not content.is_intact(note)
    assert AuditEntry.objects.filter(action="note.signed").count() == 1


def test_a_note_signed_after_its_due_time_is_a_late_entry(world: World, session: Session) -> None:
    filled(world, session)
    services.sign_notes(
        actor=world.actor(world.facilitator), session=session, now=ENDED + timedelta(hours=24, seconds=1)
    )
    assert ClientNote.objects.get().late_entry


def test_signing_needs_a_fresh_sign_in(world: World, session: Session) -> None:
    filled(world, session)
    with pytest.raises(FreshSignInNeededError):
        services.sign_notes(actor=world.actor(world.facilitator, fresh=False), session=session, now=LATER)
    assert not ClientNote.objects.exclude(signed_at=None).exists()


def test_signing_waits_for_the_attendance(world: World) -> None:
    session = ended_session(world, finalised=None)
    filled(world, session)
    with pytest.raises(ConflictError):
        services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)


def test_an_incomplete_note_is_not_signed_and_says_where(world: World, session: Session) -> None:
    filled(world, session, ana={**ANA, "response": " "})
    with pytest.raises(BadInputError) as refused:
        services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    assert set(refused.value.fields) == {f"{world.ana.pk}.response"}
    assert not GroupNote.objects.exclude(signed_at=None).exists()


def test_another_clients_name_blocks_the_signature(world: World, session: Session) -> None:
    add_record(session, world.ben, status="attended", minutes=60, version=2)
    note = filled(world, session, ana={**ANA, "response": "Ana answered BEN's story"})
    assert note.client_id == world.ana.pk
    ben = EveningDraft(clients={world.ben.pk: Draft(1, ANA)})
    services.save_drafts(actor=world.actor(world.facilitator), session=session, drafts=ben, now=LATER)
    with pytest.raises(BadInputError) as refused:
        services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    assert list(refused.value.fields) == [f"{world.ana.pk}.response"]
    assert "BEN" in refused.value.fields[f"{world.ana.pk}.response"]


def test_the_group_note_names_nobody(world: World, session: Session) -> None:
    filled(world, session, group={**GROUP, "process": "Ana led the exercise"})
    with pytest.raises(BadInputError) as refused:
        services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    assert list(refused.value.fields) == ["group.process"]


def test_after_signing_only_an_addendum(world: World, session: Session) -> None:
    note = filled(world, session)
    actor = world.actor(world.facilitator)
    services.sign_notes(actor=actor, session=session, now=LATER)
    note.refresh_from_db()
    change = EveningDraft(clients={world.ana.pk: Draft(note.version, {**ANA, "plan": "x"})})
    with pytest.raises(ConflictError):
        services.save_drafts(actor=actor, session=session, drafts=change, now=LATER)
    mark_for_addendum(None, session_id=session.pk, client_ids=[world.ana.pk])
    note.refresh_from_db()
    assert note.needs_addendum
    addendum = services.add_addendum(actor=actor, note=note, text="Minutes corrected to 85.", now=LATER)
    note.refresh_from_db()
    assert (addendum.author_name, note.needs_addendum, note.plan) == (
        "Facilitator Staff, LCSW",
        False,
        "Practise daily",
    )


@pytest.mark.parametrize(("text", "field"), [("", "text"), ("   ", "text")])
def test_an_addendum_needs_words(world: World, session: Session, text: str, field: str) -> None:
    note = filled(world, session)
    services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    note.refresh_from_db()
    with pytest.raises(BadInputError) as refused:
        services.add_addendum(actor=world.actor(world.facilitator), note=note, text=text, now=LATER)
    assert field in refused.value.fields


def test_a_draft_takes_no_addendum(world: World, session: Session) -> None:
    note = filled(world, session)
    with pytest.raises(ConflictError):
        services.add_addendum(actor=world.actor(world.facilitator), note=note, text="x", now=LATER)


def test_reminders_come_once_before_and_once_after_the_due_time(world: World, session: Session) -> None:
    drafted(world, session)
    assert remind_of_due_notes(now=ENDED + timedelta(hours=19, minutes=59)) == 0
    for _ in range(3):
        remind_of_due_notes(now=ENDED + timedelta(hours=20))
    assert [d.kind for d in Delivery.objects.all()] == ["note_due"]
    remind_of_due_notes(now=ENDED + timedelta(hours=25))
    assert sorted(Delivery.objects.values_list("kind", flat=True)) == ["note_due", "note_overdue"]


def test_signed_notes_are_not_reminded_of(world: World, session: Session) -> None:
    filled(world, session)
    services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    assert remind_of_due_notes(now=ENDED + timedelta(hours=25)) == 0
