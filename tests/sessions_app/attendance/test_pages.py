"""The attendance pages as people use them, with who may not beside who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions_app.attendance.records import latest
from sessions_app.models import AttendanceDispute, AttendanceRecord, AttendanceSheet, Excuse, Session
from tests.factories import MONDAY_START, make_client
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.models import AuditEntry

pytestmark = pytest.mark.usefixtures("the_same_evening")


@pytest.fixture
def evening(world: World) -> Session:
    """Ana was there with a gap that our system caused, Ben came late, Cleo was not expected."""
    session = held(world.group)
    sat(session, world.ana, 0, 30, cause="server")
    sat(session, world.ana, 45, 90)
    sat(session, world.ben, 20, 90, cause="dropped")
    sat(session, world.cleo, 0, 90)
    return finalised(session)


def sheet(session: Session) -> str:
    return reverse("session_attendance", args=[session.pk])


def line(session: Session, client: object, name: str = "attendance_line") -> str:
    return reverse(name, args=[session.pk, client.pk])  # type: ignore[attr-defined]


def test_the_sheet_is_filled_and_shows_every_minute(world: World, evening: Session) -> None:
    page = browser_of(world.facilitator).get(sheet(evening))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "Ana Moreno",
        "75 of 90",
        "Technical",
        "Ben Okafor",
        "70 of 90",
        "Late",
        "Cleo Park",
        "Unexpected",
    ):
        assert words in text
    assert "our system broke the connection" in text
    assert "6:00 PM to 6:14 PM" in text  # back in the lobby a minute before being let in
    assert "Sign the sheet" in text
    assert AuditEntry.objects.filter(action="attendance.viewed", subject_id=str(evening.pk)).count() == 1


@pytest.mark.parametrize(
    "who", ["facilitator", "cofacilitator", "clinician", "supervisor", "director", "records"]
)
def test_who_sees_the_sheet(world: World, evening: Session, who: str) -> None:
    assert browser_of(getattr(world, who)).get(sheet(evening)).status_code == 200


def test_only_who_may_read_notes_is_shown_the_way_to_them(world: World, evening: Session) -> None:
    way = reverse("session_notes", args=[evening.pk])
    assert way in browser_of(world.facilitator).get(sheet(evening)).content.decode()
    records = browser_of(world.records)
    assert way not in records.get(sheet(evening)).content.decode()
    assert records.get(way).status_code == 403


def test_a_group_that_ran_too_short_says_why_it_counts_as_called_off(world: World) -> None:
    short = held(world.group, ended_at=MONDAY_START + timedelta(minutes=2))
    sat(short, world.ana, 0, 1.2)
    page = browser_of(world.facilitator).get(line(finalised(short), world.ana)).content.decode()
    assert "Why 1 minute<" in page
    assert "the group ran too short" in page


@pytest.mark.parametrize(
    ("who", "status"),
    [("other_facilitator", 404), ("lakeside_clinician", 404), ("admin", 403), ("ana", 403)],
)
def test_who_does_not_see_the_sheet(world: World, evening: Session, who: str, status: int) -> None:
    person = getattr(world, who)
    page = browser_of(getattr(person, "person", person)).get(sheet(evening))
    assert page.status_code == status
    assert "Okafor" not in page.content.decode()


def test_reading_is_not_correcting(world: World, evening: Session) -> None:
    reader = browser_of(world.clinician)
    assert "Sign the sheet" not in reader.get(sheet(evening)).content.decode()
    assert reader.get(line(evening, world.ana)).status_code == 403
    assert reader.post(reverse("attendance_attest", args=[evening.pk])).status_code == 403
    stranger = browser_of(world.other_facilitator)
    for url in (
        line(evening, world.ana),
        line(evening, world.ana, "attendance_excuse"),
        reverse("attendance_attest", args=[evening.pk]),
    ):
        assert stranger.post(url, {"reason": "x"}).status_code == 404
    assert AttendanceSheet.objects.get().attested_at is None
    assert AttendanceRecord.objects.filter(version=2).count() == 0


def test_a_line_is_corrected_on_its_page(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    page = browser.get(line(evening, world.ana))
    assert "Why 75 minutes" in page.content.decode()
    answer = browser.post(
        line(evening, world.ana),
        {"credited_minutes": "90", "first_at": "17:30:00", "last_at": "19:00:00", "reason": "Our outage", "seen_version": "1"},
    )  # fmt: skip
    assert answer.status_code == 302
    record = latest(evening).get(client=world.ana)
    assert (record.credited_minutes, record.version, record.reason) == (90, 2, "Our outage")
    assert record.first_at == evening.starts_at  # untouched fields keep their seconds
    text = browser.get(line(evening, world.ana)).content.decode()
    assert "Corrected by" in text
    assert "Our outage" in text
    assert "Version 1, computed" in text


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"reason": ""}, "This field is required"),
        ({"credited_minutes": "many"}, "whole number"),
        ({"credited_minutes": "95"}, "From 0 to 90 minutes"),
        ({"last_at": "19:30:00"}, "outside the time the group ran"),
        ({"first_at": "25:99"}, "valid time"),
        ({"status": "no_show"}, "was there"),
        ({"status": "asleep"}, "Select a valid choice"),
        ({"seen_version": "7"}, "has changed since you opened it"),
        ({"credited_minutes": "75"}, "Nothing is different"),
    ],
)
def test_a_refused_correction_keeps_what_was_typed(
    world: World, evening: Session, sent: dict[str, str], words: str
) -> None:
    typed = {
        "credited_minutes": "74", "first_at": "17:30:00", "last_at": "19:00:00", "reason": "Typed with care",
        "seen_version": "1", **sent,
    }  # fmt: skip
    page = browser_of(world.facilitator).post(line(evening, world.ana), typed)
    text = page.content.decode()
    assert page.status_code == 422
    assert words in text
    assert typed["reason"] in text
    assert f'value="{typed["credited_minutes"]}"' in text
    assert latest(evening).get(client=world.ana).version == 1


def test_signing_locks_and_says_who(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    sign = reverse("attendance_attest", args=[evening.pk])
    assert browser.get(sign).status_code == 405
    assert browser.post(sign).status_code == 302
    assert "Signed by Facilitator Staff" in browser.get(sheet(evening)).content.decode()
    assert browser.post(sign).status_code == 409
    assert "The sheet is signed" in browser.get(line(evening, world.ana)).content.decode()
    typed = {
        "credited_minutes": "60",
        "reason": "Later",
        "seen_version": "1",
        "first_at": "17:30:00",
        "last_at": "19:00:00",
    }
    assert browser.post(line(evening, world.ana), typed).status_code == 422
    assert browser_of(world.supervisor).post(line(evening, world.ana), typed).status_code == 302
    assert latest(evening).get(client=world.ana).credited_minutes == 60


def test_an_absence_is_excused_before_and_after(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    ahead = held(
        world.group, starts_at=evening.starts_at + timedelta(days=1), status="scheduled", started_at=None, ended_at=None
    )  # fmt: skip
    page = browser.get(sheet(ahead))
    assert "Not counted yet" in page.content.decode()
    assert "Ana Moreno" in page.content.decode()
    excuse = line(ahead, world.ana, "attendance_excuse")
    assert browser.post(excuse, {"reason": " "}).status_code == 422
    assert browser.post(excuse, {"reason": "Court date"}).status_code == 302
    assert Excuse.objects.get().client == world.ana
    again = browser.post(excuse, {"reason": "Court date"})
    assert again.status_code == 422
    assert "excused already" in again.content.decode()
    there = browser.post(line(evening, world.ben, "attendance_excuse"), {"reason": "Ill"})
    assert "Only a missed session" in there.content.decode()
    nobody = make_client(world.program, first_name="Nora")
    assert browser.post(line(ahead, nobody, "attendance_excuse"), {"reason": "Ill"}).status_code == 404
    assert browser.get(line(ahead, nobody)).status_code == 404


def test_the_client_reads_what_was_counted_and_why(world: World, evening: Session) -> None:
    page = browser_of(world.ana.person).get(reverse("session_mine", args=[evening.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert "You were here 1 h 15 min." in text
    assert "From 6:00 PM to 6:15 PM our system broke your connection. That was our fault." in text
    assert "Tell us if that is wrong" in text
    for other in ("Okafor", "Ben", "Park", "Cleo"):
        assert other not in text


def test_only_ones_own_evening(world: World, evening: Session) -> None:
    mine = reverse("session_mine", args=[evening.pk])
    for person, status in (
        (world.dov.person, 404),
        (world.facilitator, 403),
        (make_client(world.program, world.other_group).person, 404),
    ):
        assert browser_of(person).get(mine).status_code == status
        assert browser_of(person).post(mine, {"text": "Wrong"}).status_code == status
    assert not AttendanceDispute.objects.exists()
    assert Browser().get(mine).status_code == 302


def test_before_it_is_counted_the_client_is_told_so(world: World) -> None:
    session = held(world.group)
    page = browser_of(world.ana.person).get(reverse("session_mine", args=[session.pk]))
    assert "Not counted yet" in page.content.decode()


def test_that_night_is_wrong_from_word_to_answer(world: World, evening: Session) -> None:
    own, staff = browser_of(world.ana.person), browser_of(world.facilitator)
    mine = reverse("session_mine", args=[evening.pk])
    empty = own.post(mine, {"text": "  "})
    assert empty.status_code == 422
    assert own.post(mine, {"text": "I was there <b>all</b> the time"}).status_code == 302
    assert "You get an answer here by" in own.get(mine).content.decode()
    twice = own.post(mine, {"text": "Hello, still waiting"})
    assert "told us about this session already" in twice.content.decode()
    assert "Client says wrong" in staff.get(sheet(evening)).content.decode()
    page = staff.get(line(evening, world.ana)).content.decode()
    assert "I was there &lt;b&gt;all&lt;/b&gt; the time" in page
    dispute = AttendanceDispute.objects.get()
    answer = reverse("attendance_answer", args=[evening.pk, world.ana.pk, dispute.pk])
    assert staff.post(answer, {"answer": ""}).status_code == 422
    assert browser_of(world.other_facilitator).post(answer, {"answer": "No"}).status_code == 404
    assert staff.post(answer, {"answer": "You were. We corrected it."}).status_code == 302
    assert "We corrected it" in own.get(mine).content.decode()
    assert staff.post(answer, {"answer": "Again"}).status_code == 422


def test_a_big_group_costs_no_more_queries(world: World, evening: Session) -> None:
    big = held(world.group, starts_at=evening.starts_at + timedelta(days=1))
    for number in range(12):
        sat(big, make_client(world.program, world.group, first_name=f"C{number}"), 0, 80)
    finalised(big)
    browser = browser_of(world.facilitator)
    browser.get(sheet(evening))
    counts = []
    for session in (evening, big):
        with CaptureQueriesContext(connection) as seen:
            browser.get(sheet(session))
        counts.append(len([q for q in seen if "set_config" not in q["sql"]]))
    assert counts[0] == counts[1]
