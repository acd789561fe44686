"""The page at the door, and where what was said there is seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from groups.models import AgreementAcceptance, Client, EmergencyContact, Person
from sessions_app.models import DoorConfirmation, Session, TechCheck
from sessions_app.room.commands import RoomEnd
from tests.factories import MONDAY_START, at_the_door, make_session
from tests.sessions_app.room.live import LiveRoom, person_of
from tests.worlds import World

pytestmark = pytest.mark.django_db
DURING = MONDAY_START + timedelta(minutes=10)
SAID = {
    "address": "12 Elm St", "city": "Albany", "state": "NY", "contact_name": "Rosa Moreno", "contact_phone": "518-555-0102",
    "contact_relation": "mother", "privacy_name": "", "join": "picture",
}  # fmt: skip


@pytest.fixture
def session(world: World) -> Session:
    return make_session(world.group, status="open", opened_at=MONDAY_START - timedelta(minutes=15))


def ask(
    who: Person | Client, name: str, session: Session, *, at: Any = DURING, **headers: str
) -> HttpResponse:
    browser = Browser()
    browser.force_login(person_of(who))
    with time_machine.travel(at, tick=False):
        return browser.get(reverse(name, args=[session.pk]), headers=headers)


def send(who: Person | Client, session: Session, *, at: Any = DURING, **values: str) -> HttpResponse:
    browser = Browser()
    browser.force_login(person_of(who))
    with time_machine.travel(at, tick=False):
        return browser.post(reverse("door", args=[session.pk]), {**SAID, **values})


class TestWay:
    def test_the_room_leads_to_the_door_and_the_door_to_the_room(
        self, world: World, session: Session
    ) -> None:
        before = ask(world.ana, "room", session)
        assert (before.status_code, before["Location"]) == (302, reverse("door", args=[session.pk]))
        sent = send(world.ana, session)
        assert (sent.status_code, sent["Location"]) == (302, reverse("room", args=[session.pk]))
        assert ask(world.ana, "room", session).status_code == 200

    def test_who_comes_back_is_not_asked_again(self, world: World, session: Session) -> None:
        send(world.ana, session)
        later = ask(world.ana, "room", session, at=DURING + timedelta(minutes=50))
        assert later.status_code == 200

    def test_another_evening_asks_again_with_everything_filled_in(
        self, world: World, session: Session
    ) -> None:
        send(world.ana, session)
        tomorrow = make_session(world.group, starts_at=MONDAY_START + timedelta(days=1), status="open")
        at = DURING + timedelta(days=1)
        assert ask(world.ana, "room", tomorrow, at=at).status_code == 302
        text = ask(world.ana, "door", tomorrow, at=at).content.decode()
        assert "Is this right tonight?" in text
        assert "12 Elm St, Albany, NY" in text
        assert "This is right, join" in text
        assert 'value="518-555-0102"' in text

    def test_a_page_that_waited_for_the_door_is_reloaded_not_swapped(
        self, world: World, session: Session
    ) -> None:
        answer = ask(world.ana, "room", session, **{"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")

    def test_the_agreement_comes_first(self, world: World, session: Session) -> None:
        world.program.agreements.create(version=2, text="New.", published_at=MONDAY_START)
        answer = ask(world.ana, "door", session)
        assert answer["Location"].startswith(reverse("agreement"))
        assert AgreementAcceptance.objects.filter(client=world.ana).count() == 1

    def test_before_and_after_the_room_page_says_how_it_is(self, world: World) -> None:
        tomorrow = make_session(world.group, starts_at=MONDAY_START + timedelta(days=1))
        assert ask(world.ana, "door", tomorrow)["Location"] == reverse("room", args=[tomorrow.pk])
        over = make_session(world.group, status="ended", ended_at=MONDAY_START)
        assert ask(world.ana, "door", over)["Location"] == reverse("room", args=[over.pk])

    def test_an_early_client_can_get_ready(self, world: World) -> None:
        session = make_session(world.group)
        early = MONDAY_START - timedelta(minutes=40)
        assert (
            reverse("door", args=[session.pk]) in ask(world.ana, "room", session, at=early).content.decode()
        )
        assert send(world.ana, session, at=early).status_code == 302
        assert "You said where you are tonight" in ask(world.ana, "room", session, at=early).content.decode()
        long_before = ask(world.ben, "room", session, at=MONDAY_START - timedelta(hours=3)).content.decode()
        assert reverse("door", args=[session.pk]) not in long_before


class TestWho:
    def test_a_client_of_another_group_finds_nothing(self, world: World, session: Session) -> None:
        assert ask(world.cleo, "door", session).status_code == 404
        assert send(world.cleo, session).status_code == 404
        assert send(world.dov, session).status_code == 404
        assert not DoorConfirmation.objects.exists()

    @pytest.mark.parametrize("who", ["facilitator", "supervisor", "clinician", "admin"])
    def test_staff_have_no_door_page(self, world: World, session: Session, who: str) -> None:
        assert ask(getattr(world, who), "door", session).status_code == 403
        assert send(getattr(world, who), session).status_code == 403

    def test_staff_need_not_say_where_they_are(self, world: World, session: Session) -> None:
        assert ask(world.facilitator, "room", session).status_code == 200


class TestForm:
    def test_what_is_wrong_is_said_beside_its_field_and_the_rest_is_kept(
        self, world: World, session: Session
    ) -> None:
        answer = send(world.ana, session, city="", contact_phone="nope")
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "Please look at" in text
        assert "12 Elm St" in text
        assert 'value="nope"' in text
        assert not DoorConfirmation.objects.exists()

    def test_a_refused_name_keeps_everything_else_unsaid(self, world: World, session: Session) -> None:
        answer = send(world.ana, session, privacy_name="Ben O.")
        assert answer.status_code == 422
        assert "Choose another" in answer.content.decode()
        assert not DoorConfirmation.objects.exists()

    def test_name_sound_and_device_are_kept_with_it(self, world: World, session: Session) -> None:
        send(
            world.ana, session, join="sound", privacy_name="River", camera="problem", microphone="ok",
            round_trip_ms="73",
        )  # fmt: skip
        world.ana.refresh_from_db()
        row, check = DoorConfirmation.objects.get(), TechCheck.objects.get()
        assert (world.ana.peer_name, row.sound_only) == ("River", True)
        assert (check.camera, check.microphone, check.speaker, check.round_trip_ms) == (
            "problem",
            "ok",
            "skipped",
            73,
        )
        assert "data-sound-only" in ask(world.ana, "room", session).content.decode()

    def test_skipping_the_check_stores_none(self, world: World, session: Session) -> None:
        send(world.ana, session)
        assert not TechCheck.objects.exists()

    @pytest.mark.parametrize("value", ["broken", "Logitech HD", "ok; DROP"])
    def test_a_check_is_one_of_three_words(self, world: World, session: Session, value: str) -> None:
        assert send(world.ana, session, camera=value).status_code == 422
        assert not TechCheck.objects.exists()

    def test_the_chart_fills_the_first_evening_in(self, world: World, session: Session) -> None:
        EmergencyContact.objects.create(
            program=world.program, client=world.ana, name="Uncle Vic", relation="uncle", phone="518-555-0144"
        )
        Client.objects.filter(pk=world.ana.pk).update(home_state="NJ")
        text = ask(world.ana, "door", session).content.decode()
        assert "Uncle Vic" in text
        assert '<option value="NJ" selected>' in text
        assert "Where are you tonight?" in text


class TestStaff:
    def sheet(self, world: World, session: Session, who: Person | Client) -> HttpResponse:
        browser = Browser()
        browser.force_login(person_of(who))
        return browser.get(reverse("room_person", args=[session.pk, world.ana.person_id]))

    def test_the_sheet_begins_with_where_the_client_is_tonight(self, world: World, session: Session) -> None:
        assert "Not confirmed yet" in self.sheet(world, session, world.facilitator).content.decode()
        send(world.ana, session, state="NJ")
        text = self.sheet(world, session, world.facilitator).content.decode()
        assert text.index("12 Elm St, Albany, NJ") < text.index("Phone")
        assert "Confirmed at" in text
        assert "5:40" in text
        assert "Nobody who leads tonight is licensed in NJ" in text
        assert "Rosa Moreno, mother" in text

    def test_nobody_but_its_staff_reads_it(self, world: World, session: Session) -> None:
        send(world.ana, session)
        for who, status in ((world.ben, 403), (world.other_facilitator, 404), (world.clinician, 403)):
            answer = self.sheet(world, session, who)
            assert (answer.status_code, b"12 Elm St" in answer.content) == (status, False)


class TestFallback:
    def write(self, world: World) -> None:
        world.group.fallback_phone, world.group.fallback_code = "518-555-0190", "4417#"
        world.group.save()

    @pytest.mark.parametrize(("who", "name"), [("ana", "room"), ("ana", "door"), ("facilitator", "room")])
    def test_it_stands_in_the_page_before_it_is_needed(
        self, world: World, session: Session, who: str, name: str
    ) -> None:
        self.write(world)
        if name == "room":
            at_the_door(session, world.ana, at=DURING)
        text = ask(getattr(world, who), name, session).content.decode()
        assert 'href="tel:5185550190"' in text
        assert "4417#" in text

    @pytest.mark.parametrize(("who", "address"), [("ana", "/"), ("facilitator", "/tonight/")])
    def test_home_and_board_show_it(self, world: World, session: Session, who: str, address: str) -> None:
        self.write(world)
        browser = Browser()
        browser.force_login(person_of(getattr(world, who)))
        with time_machine.travel(DURING, tick=False):
            assert "518-555-0190" in browser.get(address).content.decode()
            other = Browser()
            other.force_login(world.cleo.person)
            assert "518-555-0190" not in other.get("/").content.decode()

    def test_one_evening_can_have_its_own(self, world: World, session: Session) -> None:
        browser = Browser()
        browser.force_login(world.supervisor)
        address = reverse("manage_session_fallback", args=[session.pk])
        sent = browser.post(
            address, {"fallback_link": "https://meet.example/door", "fallback_phone": "", "fallback_code": ""}
        )
        assert sent.status_code == 302
        assert "https://meet.example/door" in ask(world.ana, "door", session).content.decode()
        refused = browser.post(
            address, {"fallback_link": "ftp://x", "fallback_phone": "", "fallback_code": ""}
        )
        assert (refused.status_code, b"ftp://x" in refused.content) == (422, True)
        plain = Browser()
        plain.force_login(world.facilitator)
        assert plain.get(address).status_code == 403

    def test_after_the_end_there_is_no_door(self, world: World) -> None:
        room = LiveRoom(world).running_with(world.ana)
        room.ok(world.facilitator, RoomEnd(id=uuid4()))
        assert ask(world.ana, "door", room.session, at=room.now)["Location"] == reverse(
            "room", args=[room.session.pk]
        )
