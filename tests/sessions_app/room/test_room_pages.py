"""The room's address and the tonight board, as each person meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Agreement, Client, EmergencyContact, GroupStaff, Person
from sessions_app.followup.rules import DETERMINED_AFTER
from sessions_app.models import GroupNote, RoomState, Session, SessionBreak
from sessions_app.room.commands import BreakStart, RoomEnd, SupportRequest
from sessions_app.room.page_values import MISSING_AFTER
from tests.factories import LONG_AGO, MONDAY_START, at_the_door, make_session
from tests.sessions_app.room.live import LiveRoom
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.models import AuditEntry

pytestmark = pytest.mark.django_db
DURING = MONDAY_START + timedelta(minutes=10)


def page(who: Person | Client, session: Session, at: datetime = DURING, **headers: str) -> tuple[int, str]:
    """Status and text of the room's page for somebody at a time."""
    with time_machine.travel(at, tick=False):
        answer = browser_of(who).get(reverse("room", args=[session.pk]), headers=headers)
    return answer.status_code, answer.content.decode()


@pytest.fixture
def session(world: World) -> Session:
    opened = make_session(world.group, status="open", opened_at=MONDAY_START - timedelta(minutes=15))
    for client in (world.ana, world.ben):
        at_the_door(opened, client, at=DURING)
    return opened


# --- who sees what ------------------------------------------------------------------------------------------


def test_a_client_gets_the_room_and_no_staff_control(world: World, session: Session) -> None:
    status, text = page(world.ana, session)
    assert status == 200
    assert "data-room" in text
    assert "data-console" not in text
    assert "Ben" not in text  # the page itself names no peer: names come over the socket, once somebody is in


def test_the_page_names_who_lets_people_in(world: World, session: Session) -> None:
    _, text = page(world.ana, session)
    assert "Facilitator S. or Second S. will let you in." in text


@pytest.mark.parametrize("who", ["facilitator", "cofacilitator"])
def test_both_facilitators_get_the_same_console(world: World, session: Session, who: str) -> None:
    status, text = page(getattr(world, who), session)
    assert status == 200
    assert 'data-act="admit-all"' in text
    assert 'data-act="end-now"' in text


def test_the_console_knows_everybody_expected_before_they_come(world: World, session: Session) -> None:
    _, text = page(world.facilitator, session)
    names = text.split('id="expected-people" type="application/json">')[1].split("</script>")[0]
    assert [person["staff_name"] for person in json.loads(names)] == ["Ana Moreno", "Ben Okafor"]


def test_an_observer_looks_on_without_controls_and_without_full_names(world: World, session: Session) -> None:
    GroupStaff.objects.filter(group=world.group, person=world.cofacilitator).update(role="observer")
    for who in (world.cofacilitator, world.supervisor):
        status, text = page(who, session)
        assert status == 200
        assert 'data-act="admit-all"' not in text
        assert 'data-act="end"' not in text
        assert "Moreno" not in text


def test_staff_of_the_program_without_a_place_in_the_room_are_refused(world: World, session: Session) -> None:
    assert page(world.clinician, session)[0] == 403
    assert page(world.records, session)[0] == 403
    assert page(world.admin, session)[0] == 403


@pytest.mark.parametrize("who", ["cleo", "dov", "lakeside_clinician", "other_facilitator"])
def test_a_room_out_of_reach_does_not_exist(world: World, session: Session, who: str) -> None:
    status, there = page(getattr(world, who), session)
    gone = Session(pk=uuid4())
    assert status == 404
    assert page(getattr(world, who), gone)[0] == 404
    assert "Evening group" not in there


def test_nobody_signed_in_is_sent_to_sign_in(world: World, session: Session) -> None:
    answer = Browser().get(reverse("room", args=[session.pk]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_the_agreement_comes_first_and_leads_back(world: World, session: Session) -> None:
    Agreement.objects.create(program=world.program, version=2, text="New", published_at=MONDAY_START)
    with time_machine.travel(DURING, tick=False):
        answer = browser_of(world.ana).get(reverse("room", args=[session.pk]))
    assert answer.status_code == 302
    assert answer["Location"] == f"/agreement/?next=%2Fsessions%2F{session.pk}%2Froom%2F"


# --- how far the evening is ---------------------------------------------------------------------------------


def test_before_the_door_opens_a_client_waits_with_a_countdown(world: World) -> None:
    session = make_session(world.group)
    early = MONDAY_START - timedelta(minutes=16)
    status, text = page(world.ana, session, early)
    assert status == 200
    assert "The room opens" in text
    assert f'data-until="{(MONDAY_START - timedelta(minutes=15)).isoformat()}"' in text
    assert "data-room" not in text


def test_a_facilitator_may_come_early_to_open_the_lobby(world: World) -> None:
    status, text = page(world.facilitator, make_session(world.group), MONDAY_START - timedelta(hours=1))
    assert status == 200
    assert 'data-act="open"' in text


def test_who_waits_for_the_door_is_told_when_it_is_open(world: World) -> None:
    session = make_session(world.group)
    early = MONDAY_START - timedelta(minutes=16)
    browser = browser_of(world.ana)
    asking = {"HX-Request": "true", "X-Background": "1"}
    with time_machine.travel(early, tick=False):
        still = browser.get(reverse("room", args=[session.pk]), headers=asking)
    with time_machine.travel(early + timedelta(minutes=1), tick=False):
        now = browser.get(reverse("room", args=[session.pk]), headers=asking)
    assert "HX-Refresh" not in still.headers
    assert now.headers["HX-Refresh"] == "true"


def test_asking_by_itself_does_not_keep_a_login_awake(world: World, session: Session) -> None:
    browser = browser_of(world.ana)
    with time_machine.travel(DURING, tick=False):
        browser.get(reverse("room", args=[session.pk]))
    seen = browser.session["vio_seen"]
    with time_machine.travel(DURING + timedelta(minutes=5), tick=False):
        browser.get(reverse("room", args=[session.pk]), headers={"X-Background": "1"})
    assert browser.session["vio_seen"] == seen


@pytest.mark.parametrize(
    ("fields", "words", "state"),
    [
        ({"status": "ended", "ended_at": DURING}, "is over", "ended"),
        ({"status": "cancelled", "cancelled_at": DURING}, "was called off", "cancelled"),
    ],
)
def test_afterwards_the_address_says_so(
    world: World, fields: dict[str, object], words: str, state: str
) -> None:
    session = make_session(world.group, **fields)
    for who in (world.ana, world.facilitator):
        with time_machine.travel(DURING, tick=False):
            answer = browser_of(who).get(reverse("room", args=[session.pk]))
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert answer.headers["X-Room"] == state


def test_a_room_nobody_ever_opened_is_closed_after_its_hour(world: World) -> None:
    _, text = page(world.ana, make_session(world.group), MONDAY_START + timedelta(hours=5))
    assert "The room is closed" in text


def test_after_the_end_facilitators_are_led_to_their_notes(world: World) -> None:
    session = make_session(world.group, status="ended", ended_at=DURING)
    _, staff = page(world.facilitator, session)
    _, client = page(world.ana, session)
    assert reverse("session_notes", args=[session.pk]) in staff
    assert reverse("session_notes", args=[session.pk]) not in client


def test_looking_opens_nothing(world: World) -> None:
    session = make_session(world.group)
    for who in (world.ana, world.facilitator):
        page(who, session)
    session.refresh_from_db()
    assert session.status == "scheduled"
    assert not RoomState.objects.filter(pk=session.pk).exists()


def test_the_plan_of_the_evening_reaches_the_script(world: World, session: Session) -> None:
    planned = (MONDAY_START + timedelta(minutes=40), MONDAY_START + timedelta(minutes=50))
    taken = (MONDAY_START + timedelta(minutes=5), None)
    SessionBreak.objects.create(
        program=world.program, session=session, planned_start=planned[0], planned_end=planned[1]
    )
    SessionBreak.objects.create(program=world.program, session=session, taken_start=taken[0])
    _, text = page(world.facilitator, session)
    assert "2026-04-13T22:10:00+00:00&quot;, &quot;2026-04-13T22:20:00+00:00" in text
    assert 'data-taken="[[&quot;2026-04-13T21:35:00+00:00&quot;, null]]"' in text
    assert f'data-missing="{(MONDAY_START + timedelta(minutes=15)).isoformat()}"' in text


def test_missing_means_the_same_here_as_in_the_follow_up() -> None:
    assert MISSING_AFTER == DETERMINED_AFTER


# --- the sheet behind a name --------------------------------------------------------------------------------


def sheet(who: Person, session: Session, about: Client) -> tuple[int, str]:
    answer = browser_of(who).get(reverse("room_person", args=[session.pk, about.person_id]))
    return answer.status_code, answer.content.decode()


def test_a_facilitator_sees_whom_to_call_and_the_look_is_recorded(world: World, session: Session) -> None:
    world.ana.phone = "555-0101"
    world.ana.save()
    EmergencyContact.objects.create(
        program=world.program, client=world.ana, name="Rosa Moreno", relation="mother", phone="555-0102"
    )
    status, text = sheet(world.facilitator, session, world.ana)
    assert status == 200
    assert "555-0101" in text
    assert "Rosa Moreno, mother" in text
    assert "only in a medical emergency" in text
    entry = AuditEntry.objects.get(action="client.safety_viewed")
    assert (entry.actor_id, entry.client_id) == (world.facilitator.pk, world.ana.pk)


def test_a_sheet_is_only_for_clients_of_tonight(world: World, session: Session) -> None:
    assert sheet(world.facilitator, session, world.cleo)[0] == 404
    assert not AuditEntry.objects.filter(action="client.safety_viewed").exists()


def test_who_does_not_host_sees_no_sheet(world: World, session: Session) -> None:
    address = reverse("room_person", args=[session.pk, world.ana.person_id])
    assert browser_of(world.ben).get(address).status_code == 403
    assert browser_of(world.clinician).get(address).status_code == 403
    assert browser_of(world.other_facilitator).get(address).status_code == 404
    assert not AuditEntry.objects.filter(action="client.safety_viewed").exists()


# --- the note beside the room -------------------------------------------------------------------------------


def write(who: Person | Client, session: Session, version: str = "0", **texts: str) -> tuple[int, str]:
    given = {"group-note_version": version, **{f"group-{name}": text for name, text in texts.items()}}
    answer = browser_of(who).post(reverse("room_note", args=[session.pk]), given)
    return answer.status_code, answer.content.decode()


def test_the_first_words_begin_the_note_and_later_ones_carry_it_on(world: World, session: Session) -> None:
    status, text = write(world.facilitator, session, topic="Urges", intervention="Surfing")
    assert (status, "Saved" in text) == (200, True)
    version = GroupNote.objects.get(session=session).version
    assert f'value="{version}"' in text
    write(world.facilitator, session, str(version), topic="Urges and sleep", intervention="Surfing")
    assert GroupNote.objects.get(session=session).topic == "Urges and sleep"


def test_looking_at_the_note_makes_none(world: World, session: Session) -> None:
    answer = browser_of(world.facilitator).get(reverse("room_note", args=[session.pk]))
    assert answer.status_code == 200
    assert not GroupNote.objects.exists()


def test_two_facilitators_never_overwrite_each_other(world: World, session: Session) -> None:
    write(world.facilitator, session, topic="Mine", intervention="")
    status, text = write(world.cofacilitator, session, "1", topic="Yours", intervention="")
    assert status == 409
    assert "Not saved" in text
    assert GroupNote.objects.get(session=session).topic == "Mine"


def test_too_long_a_text_is_refused_and_stores_nothing(world: World, session: Session) -> None:
    status, text = write(world.facilitator, session, topic="x" * 8001, intervention="")
    assert (status, "Not saved" in text) == (422, True)
    assert GroupNote.objects.get(session=session).topic == ""


def test_clients_and_strangers_write_no_note(world: World, session: Session) -> None:
    assert write(world.ana, session, topic="x")[0] == 403
    assert write(world.other_facilitator, session, topic="x")[0] == 404
    assert not GroupNote.objects.exists()


def test_a_signed_note_is_shown_as_signed(world: World, session: Session) -> None:
    write(world.facilitator, session, topic="Urges", intervention="Surfing")
    GroupNote.objects.update(signed_at=datetime(2026, 4, 14, tzinfo=UTC))
    answer = browser_of(world.facilitator).get(reverse("room_note", args=[session.pk]))
    assert "is signed" in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_the_live_room_and_its_end_are_told_by_the_same_address(world: World) -> None:
    room = LiveRoom(world).running_with(world.ana)
    at_the_door(room.session, world.ana, at=room.now)
    room.arrives(world.ben)
    room.ok(world.ana, SupportRequest(id=uuid4()))
    room.ok(world.facilitator, BreakStart(id=uuid4()))
    assert page(world.ana, room.session, room.now)[0] == 200
    room.ok(world.facilitator, RoomEnd(id=uuid4()))
    _, text = page(world.ana, room.session, room.now)
    assert "is over" in text


def test_a_place_that_ended_yesterday_opens_no_console(world: World, session: Session) -> None:
    GroupStaff.objects.filter(group=world.group, person=world.facilitator).update(
        starts_on=LONG_AGO, ends_on=session.local_date - timedelta(days=1)
    )
    assert page(world.facilitator, session)[0] == 404
