"""The notes pages, as people use them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Person
from sessions_app.models import ClientNote, GroupNote, Session
from sessions_app.notes import services
from tests.sessions_app.notes.evenings import LATER, ended_session
from tests.worlds import World
from vio.common.models import AuditEntry


@pytest.fixture
def session(world: World) -> Session:
    session = ended_session(world)
    services.open_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    return session


def signed_in(person: Person) -> Browser:
    browser = Browser(raise_request_exception=True)
    browser.force_login(person)
    return browser


def typed(world: World, act: str, **changes: str) -> dict[str, str]:
    ana = str(world.ana.pk)
    given = {
        "act": act, "group-note_version": "1", "group-topic": "Urges", "group-intervention": "Surfing", "group-process": "",
        "group-plan": "", f"{ana}-note_version": "1", f"{ana}-participation": "Spoke", f"{ana}-response": "Calm",
        f"{ana}-risk": "", f"{ana}-goal": "", f"{ana}-plan": "Practise",
    }  # fmt: skip
    return {**given, **changes}


def address(session: Session) -> str:
    return reverse("session_notes", args=[session.pk])


def test_a_facilitator_types_once_and_saves(world: World, session: Session) -> None:
    answer = signed_in(world.facilitator).post(address(session), typed(world, "save"), follow=True)
    assert answer.status_code == 200
    assert b"Saved as a draft" in answer.content
    assert (GroupNote.objects.get().topic, ClientNote.objects.get().plan) == ("Urges", "Practise")


def test_signing_asks_who_it_is_and_keeps_what_was_typed(world: World, session: Session) -> None:
    answer = signed_in(world.facilitator).post(address(session), typed(world, "sign"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/confirm/")
    assert ClientNote.objects.get().plan == "Practise"
    assert ClientNote.objects.get().signed_at is None


def test_a_stale_page_is_told_and_keeps_what_was_typed(world: World, session: Session) -> None:
    browser = signed_in(world.facilitator)
    browser.post(address(session), typed(world, "save"))
    answer = browser.post(address(session), typed(world, "save", **{"group-topic": "My long thought"}))
    assert answer.status_code == 409
    assert b"My long thought" in answer.content
    assert GroupNote.objects.get().topic == "Urges"


def test_too_long_a_text_is_answered_beside_the_field(world: World, session: Session) -> None:
    answer = signed_in(world.facilitator).post(
        address(session), typed(world, "save", **{"group-topic": "x" * 8001})
    )
    assert answer.status_code == 422
    assert b"x" * 8001 in answer.content
    assert GroupNote.objects.get().topic == ""


def test_every_look_at_a_chart_is_recorded(world: World, session: Session) -> None:
    signed_in(world.facilitator).get(address(session))
    seen = AuditEntry.objects.filter(action="note.viewed", actor_id=world.facilitator.pk)
    assert set(seen.values_list("client_id", flat=True)) == {None, world.ana.pk}


@pytest.mark.parametrize(
    ("who", "status"),
    [("facilitator", 200), ("cofacilitator", 200), ("clinician", 200), ("supervisor", 200),
     ("other_facilitator", 404), ("lakeside_clinician", 404), ("ana", 403), ("records", 403), ("admin", 403)],
)  # fmt: skip
def test_who_may_read_the_notes_of_a_session(world: World, session: Session, who: str, status: int) -> None:
    somebody = getattr(world, who)
    browser = signed_in(somebody if isinstance(somebody, Person) else somebody.person)
    assert browser.get(address(session)).status_code == status
    assert browser.get(reverse("session_notes", args=[uuid4()])).status_code == (
        403 if status == 403 else 404
    )


def test_the_list_shows_open_notes_until_they_are_signed(world: World, session: Session) -> None:
    browser = signed_in(world.facilitator)
    assert b"Overdue" in browser.get(reverse("notes")).content
    actor = world.actor(world.facilitator)
    browser.post(address(session), typed(world, "save"))
    services.sign_notes(actor=actor, session=session, now=LATER)
    assert b"All notes are signed" in browser.get(reverse("notes")).content


def test_an_addendum_through_the_page(world: World, session: Session) -> None:
    browser = signed_in(world.facilitator)
    browser.post(address(session), typed(world, "save"))
    services.sign_notes(actor=world.actor(world.facilitator), session=session, now=LATER)
    note = ClientNote.objects.get()
    where = reverse("note_addendum", args=[session.pk, note.pk])
    assert browser.post(where, {"text": ""}).status_code == 422
    answer = browser.post(where, {"text": "One more thing."}, follow=True)
    assert b"One more thing." in answer.content
    assert signed_in(world.other_facilitator).post(where, {"text": "x"}).status_code == 404
    assert note.addenda.count() == 1
