"""The pages of imports: upload, look, decide, take back; what was typed is kept, and strangers find nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from sessions_app.attendance.imports.rules.lines import MOST_BYTES
from sessions_app.attendance.records import latest
from sessions_app.models import AttendanceImport, Session
from tests.factories import MONDAY_START, make_session
from tests.sessions_app.attendance.evenings import MINUTE, finalised, held, sat
from tests.sessions_app.attendance.imports.samples import as_json, at, jitsi_room, occupant, us, zoom_csv
from tests.signed_in import browser_of
from tests.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(world: World) -> Session:
    session = held(world.group)
    sat(session, world.ana, 0, 20)
    return finalised(session)


def send(browser: Browser, session: Session, raw: bytes = b"", **data: object) -> object:
    file = {"log": SimpleUploadedFile("participants.csv", raw)} if raw else {}
    return browser.post(reverse("attendance_imports", args=[session.pk]), {"vendor": "zoom", **file, **data})


def minutes(session: Session) -> dict[str, int]:
    rows = latest(session).select_related("client__person")
    return {row.client.person.first_name: row.credited_minutes for row in rows}


def test_from_file_to_sheet_and_back(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    sheet = browser.get(reverse("session_attendance", args=[evening.pk])).content.decode()
    assert reverse("attendance_imports", args=[evening.pk]) in sheet
    rows = [
        ("Ana", world.ana.person.email, us(0), us(90), "No"),
        ("Ben Okafor", "", us(0), us(85), "No"),
        ("x", "", "?", "", ""),
    ]
    sent = send(browser, evening, zoom_csv(*rows))
    row = AttendanceImport.objects.get()
    address = reverse("attendance_import", args=[evening.pk, row.pk])
    assert (sent.status_code, sent["Location"]) == (302, address)  # type: ignore[attr-defined, index]
    page = browser.get(address).content.decode()
    for words in (
        "Known for certain",
        "by their e-mail address",
        "Who is this?",
        "proves nothing",
        "Line 4",
        "bad_time",
        "90 min",
    ):
        assert words in page
    (field,) = [name for name in page.split('"') if name.startswith("who-")][:1]
    open_one = browser.post(address, {})
    assert (open_one.status_code, b"Say who this is" in open_one.content) == (422, True)
    assert minutes(evening) == {"Ana": 20, "Ben": 0}
    done = browser.post(address, {field: str(world.ben.pk)})
    assert (done.status_code, minutes(evening)) == (302, {"Ana": 90, "Ben": 85})
    decided = browser.get(address).content.decode()
    assert "Ben Okafor" in decided
    assert "Counted" in decided
    withdraw = reverse("attendance_import_withdraw", args=[evening.pk, row.pk])
    assert browser.post(withdraw, {"reason": ""}).status_code == 422
    assert browser.post(withdraw, {"reason": "Another evening."}).status_code == 302
    assert minutes(evening) == {"Ana": 20, "Ben": 0}
    again = browser.get(address).content.decode()
    assert "Another evening." in again
    assert "Taken back" in again
    assert browser.get(reverse("attendance_imports", args=[evening.pk])).status_code == 200


def test_a_refused_log_keeps_what_was_typed(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    for data, words in (
        ({"text": "Just my words, no table"}, "Just my words"),
        ({"text": "Some words", "timezone": "Mars/Base"}, "Mars/Base"),
        ({}, "Choose a file or paste"),
        ({"vendor": "other", "text": "x"}, "Select a valid choice"),
    ):
        answer = send(browser, evening, **data)
        assert (answer.status_code, words in answer.content.decode()) == (422, True)  # type: ignore[attr-defined]
    both = send(browser, evening, zoom_csv(), text="and words")
    assert "not both" in both.content.decode()  # type: ignore[attr-defined]
    for size in (MOST_BYTES + 1, 3 * MOST_BYTES):
        answer = send(browser, evening, b"x" * size)
        assert (answer.status_code, "900 kB" in answer.content.decode()) == (422, True)  # type: ignore[attr-defined]
    assert not AttendanceImport.objects.exists()


def test_names_in_a_log_are_text_and_nothing_else(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    raw = zoom_csv(("=cmd()<script>x</script>", "", us(0), us(9), "No"), ("<b>y</b>", "", "?", "", ""))
    page = browser.get(send(browser, evening, raw)["Location"]).content.decode()  # type: ignore[index]
    assert "&lt;script&gt;" in page
    assert "<script>x" not in page
    assert "<b>y" not in page


def test_the_time_zone_and_the_order_of_dates_are_asked_for(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    west = (MONDAY_START - timedelta(hours=7)).strftime("%d/%m/%Y %H:%M:%S")
    text = f"Name,User Email,Join Time,Leave Time\nA,{world.ana.person.email},{west},"
    send(browser, evening, text=text, timezone="America/Los_Angeles", day_first="on")
    row = AttendanceImport.objects.get()
    page = browser.get(reverse("attendance_import", args=[evening.pk, row.pk])).content.decode()
    assert at(0).isoformat() in page
    assert "Never left" in page
    name = next(word for word in page.split('"') if word.startswith("end-"))
    browser.post(reverse("attendance_import", args=[evening.pk, row.pk]), {name: "on"})
    assert minutes(evening)["Ana"] == 90


def test_a_group_that_met_elsewhere_is_asked_when(world: World) -> None:
    session = finalised(make_session(world.group, status="ended", ended_at=MONDAY_START + 120 * MINUTE))
    browser = browser_of(world.facilitator)
    raw = as_json(jitsi_room(occupant("x", 0, 90, id=str(world.ana.person_id))))
    address = send(browser, session, raw, vendor="jitsi")["Location"]  # type: ignore[index]
    assert "The room was never started" in browser.get(address).content.decode()
    wrong = browser.post(address, {"held_from": "19:00", "held_to": "17:30"})
    assert (wrong.status_code, b"after the start" in wrong.content) == (422, True)
    assert browser.post(address, {"held_from": "17:30", "held_to": "18:30"}).status_code == 302
    assert minutes(session) == {"Ana": 60, "Ben": 0}


def test_thrown_away_and_not_counted_yet_and_signed(world: World, evening: Session) -> None:
    browser = browser_of(world.facilitator)
    address = send(browser, evening, zoom_csv(("A", "", us(0), us(9), "No")))["Location"]  # type: ignore[index]
    assert browser.post(f"{address}discard/").status_code == 302
    assert "nothing of it was kept" in browser.get(address).content.decode()
    live = held(world.group, starts_at=MONDAY_START + timedelta(days=1), status="live", ended_at=None)
    assert "not counted yet" in browser.get(reverse("attendance_imports", args=[live.pk])).content.decode()
    assert send(browser, live, zoom_csv(("A", "", us(0), us(9), "No"))).status_code == 422  # type: ignore[attr-defined]
    browser.post(reverse("attendance_attest", args=[evening.pk]))
    assert (
        "The sheet is signed"
        in browser.get(reverse("attendance_imports", args=[evening.pk])).content.decode()
    )


def test_an_admin_imports_and_sees_who_is_who_and_how_many_but_nobodys_minutes(
    world: World, evening: Session
) -> None:
    browser = browser_of(world.admin)
    assert browser.get(reverse("session_attendance", args=[evening.pk])).status_code == 403
    raw = zoom_csv(("Ana", world.ana.person.email, us(0), us(90), "No"), ("B", "", us(0), us(85), "No"))
    address = send(browser, evening, raw)["Location"]  # type: ignore[index]
    page = browser.get(address).content.decode()
    assert "Known for certain" in page
    assert "What these would change" not in page
    assert "20 min" not in page
    assert f'href="{reverse("session_attendance", args=[evening.pk])}"' not in page
    (field,) = [name for name in page.split('"') if name.startswith("who-")][:1]
    done = browser.post(address, {field: str(world.ben.pk)})
    assert (done.status_code, done["Location"]) == (302, address)
    assert minutes(evening) == {"Ana": 90, "Ben": 85}
    decided = browser.get(address).content.decode()
    assert "It became the presence of 2 clients." in decided
    for hidden in ("Ana", "Ben", "5:30 PM to"):
        assert hidden not in decided.split("What became of it")[1]
    api = browser.get(f"/api/v1/sessions/{evening.pk}/attendance/imports/{address.split('/')[-2]}").json()
    assert (api["status"], api["entries"]) == ("accepted", [])
    for closed in ("attendance", f"attendance/{world.ana.pk}", "notes"):
        assert browser.get(f"/api/v1/sessions/{evening.pk}/{closed}").status_code == 403, closed
    withdraw = reverse("attendance_import_withdraw", args=[evening.pk, AttendanceImport.objects.get().pk])
    assert browser.post(withdraw, {"reason": "Another evening."})["Location"] == address
    assert minutes(evening) == {"Ana": 20, "Ben": 0}


def test_the_sessions_of_a_group_lead_an_admin_there(world: World, evening: Session) -> None:
    page = reverse("manage_group_sessions", args=[world.group.pk])
    with time_machine.travel(MONDAY_START + timedelta(days=1), tick=False):
        found = browser_of(world.admin).get(page).content.decode()
    assert reverse("attendance_imports", args=[evening.pk]) in found


def test_a_signed_sheet_takes_no_log_of_an_admin(world: World, evening: Session) -> None:
    browser_of(world.facilitator).post(reverse("attendance_attest", args=[evening.pk]))
    browser = browser_of(world.admin)
    assert "signed" in browser.get(reverse("attendance_imports", args=[evening.pk])).content.decode()
    refused = send(browser, evening, zoom_csv(("A", "", us(0), us(9), "No")))
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert not AttendanceImport.objects.exists()


def test_strangers_find_no_page(world: World, evening: Session) -> None:
    address = reverse("attendance_imports", args=[evening.pk])
    row_address = send(browser_of(world.facilitator), evening, zoom_csv(("A", "", us(0), us(9), "No")))[
        "Location"
    ]  # type: ignore[index]
    for who, status in (
        ("other_facilitator", 404),
        ("lakeside_admin", 404),
        ("records", 403),
        ("clinician", 403),
        ("ana", 403),
    ):
        browser = browser_of(getattr(world, who))
        assert browser.get(address).status_code == status, who
        assert browser.get(row_address).status_code == status, who
        assert browser.post(f"{row_address}discard/").status_code == status, who
