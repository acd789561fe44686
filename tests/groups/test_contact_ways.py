"""The ways to a client: noted by staff, chosen by the client, and both needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from groups.models import Client, ContactWays
from groups.services.contact_ways import (
    address_of,
    channels_to,
    choose_messages,
    note_safe_ways,
    ways_of,
    why_no_texts,
)
from groups.services.programs import seen
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

SAFE = {"mail_is_safe": True, "text_is_safe": True, "call_is_safe": True, "voice_message_is_safe": False}


@pytest.fixture(autouse=True)
def texts(settings: Any, tmp_path: Path) -> None:
    settings.SMS_BACKEND, settings.SMS_FILE_PATH = "file", str(tmp_path)


@pytest.fixture
def ana(world: World) -> Client:
    world.ana.phone = "518-555-0142"
    world.ana.save()
    return world.ana


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ({}, ["mail"]),
        ({"text_is_safe": True}, ["mail", "sms"]),
        ({"text_is_safe": True, "wants_mail": False}, ["sms"]),
        ({"text_is_safe": True, "wants_text": False}, ["mail"]),
        ({"mail_is_safe": False}, []),
        ({"wants_mail": False, "wants_text": False, "text_is_safe": True}, []),
    ],
)
def test_a_message_goes_where_it_is_safe_and_wanted(
    ana: Client, ways: dict[str, bool], expected: list[str]
) -> None:
    ContactWays.objects.create(client=ana, program=ana.program, **ways)
    assert channels_to(ana) == expected
    assert address_of(ana, "sms") == ("+15185550142" if "sms" in expected else "")


@pytest.mark.parametrize(("phone", "backend"), [("555-0142", "file"), ("", "file"), ("518-555-0142", "off")])
def test_no_texts_without_a_number_or_a_service(ana: Client, settings: Any, phone: str, backend: str) -> None:
    ContactWays.objects.create(client=ana, program=ana.program, text_is_safe=True)
    ana.phone, settings.SMS_BACKEND = phone, backend
    assert channels_to(ana) == ["mail"]
    assert why_no_texts(ana)


def test_staff_note_what_is_safe_and_nobody_else(world: World, ana: Client) -> None:
    for who in (world.facilitator, world.clinician, world.ana, world.lakeside_admin):
        with pytest.raises(NotAllowedError):
            note_safe_ways(actor=world.actor(who), client=ana, values=SAFE)
    assert not ContactWays.objects.exists()
    mark = seen(ways_of(ana), tuple(SAFE))
    row = note_safe_ways(actor=world.actor(world.supervisor), client=ana, values=SAFE, mark=mark)
    assert (row.text_is_safe, row.voice_message_is_safe) == (True, False)
    assert AuditEntry.objects.filter(action="client.safe_ways_noted", client_id=ana.pk).count() == 1
    with pytest.raises(ConflictError):
        note_safe_ways(actor=world.actor(world.admin), client=ana, values=SAFE, mark=mark)


def test_the_client_chooses_and_nobody_for_them(world: World, ana: Client) -> None:
    for who in (world.ben, world.supervisor):
        with pytest.raises(NotAllowedError):
            choose_messages(actor=world.actor(who), client=ana, wants_mail=False, wants_text=False)
    row = choose_messages(actor=world.actor(ana), client=ana, wants_mail=False, wants_text=False)
    assert (row.wants_mail, row.wants_text) == (False, False)
    with pytest.raises(BadInputError):  # texts are not noted as safe
        choose_messages(
            actor=world.actor(ana), client=Client.objects.get(pk=ana.pk), wants_mail=True, wants_text=True
        )


def test_the_page_of_the_client(world: World, ana: Client, client: Browser) -> None:
    client.force_login(ana.person)
    page = client.get("/messages/").content.decode()
    assert "You have a message" in page
    assert "Nobody noted yet that texts are safe for you" in page
    assert "Never between 8:30 PM and 9:00 AM" in page
    client.post("/messages/", {})
    kept = ContactWays.objects.get()
    # The closed box says nothing about texts.
    assert (kept.wants_mail, kept.wants_text) == (False, True)
    note_safe_ways(actor=world.actor(world.supervisor), client=Client.objects.get(pk=ana.pk), values=SAFE)
    client.post("/messages/", {"wants_mail": "on"})
    kept.refresh_from_db()
    assert (kept.wants_mail, kept.wants_text) == (True, False)
    assert client.post("/messages/", {"wants_fax": "on"}).status_code == 422


def test_the_page_of_staff(world: World, ana: Client, client: Browser) -> None:
    address = f"/manage/clients/{ana.pk}/safe-ways/"
    client.force_login(world.facilitator)
    assert client.post(address, {"mail_is_safe": ""}).status_code == 403
    client.force_login(world.supervisor)
    assert client.get(address).status_code == 200
    assert client.post(address, {"text_is_safe": "on"}).status_code == 302
    kept = ContactWays.objects.get()
    assert [kept.mail_is_safe, kept.text_is_safe, kept.call_is_safe] == [False, True, False]
