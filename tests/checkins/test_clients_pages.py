"""The list of clients and one client's page: each part only for who may see it, the view on record."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from groups.models import EmergencyContact, Enrolment, Person, PrescribedDose
from sessions_app.models import AttendancePolicy, AttendanceRecord, WeekHours
from tests.checkins.answers import NOW, red_alert, send, send_days
from tests.checkins.test_client_pages import text
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.models import AuditEntry


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


def attend(world: World, days_ago: int, minutes: int, status: str) -> AttendanceRecord:
    start = MONDAY_START - timedelta(days=days_ago)
    session = make_session(world.group, starts_at=start, status="ended", title="Skills evening")
    return AttendanceRecord.objects.create(
        program=world.program, session=session, client=world.ana, version=1, local_date=session.local_date,
        credited_seconds=minutes * 60, credited_minutes=minutes, scheduled_minutes=90, delivered_minutes=90,
        status=status, policy=AttendancePolicy.objects.get(program=world.program), source="computed",
        recorded_at=NOW,
    )  # fmt: skip


@pytest.fixture
def chart(world: World) -> World:
    """Ana with two weeks behind her."""
    send_days(world, world.ana, [2, 3, 4, 5])
    red_alert(world, world.ana, now=NOW - timedelta(hours=1))
    send(world, world.ana, note="A note from Ana.")
    attend(world, 3, 90, "attended")
    attend(world, 5, 0, "no_show")
    WeekHours.objects.create(
        program=world.program, client=world.ana, week=date(2026, 4, 5), minutes=450, prescribed_minutes=540,
        forecast="cannot_reach", computed_at=NOW,
    )  # fmt: skip
    EmergencyContact.objects.create(
        program=world.program,
        client=world.ana,
        name="Rosa",
        relation="sister",
        phone="555-0199",
        consent_given=True,
    )
    enrolment = Enrolment.objects.get(client=world.ana)
    PrescribedDose.objects.create(
        program=world.program, enrolment=enrolment, starts_on=date(2026, 4, 6), weekly_minutes=360
    )
    return world


def page_for(browser: Browser, world: World, who: str) -> Any:
    browser.force_login(getattr(world, who))
    return browser.get(f"/clients/{world.ana.pk}/")


def test_everything_on_one_axis_for_a_clinician(chart: World, client: Browser) -> None:
    page = page_for(client, chart, "clinician")
    shown = text(page)
    for words in (
        "Ana Moreno", "2.1 Intensive outpatient", "6 h a week", "Clinician Staff", "Evening A", "Rosa, sister",
        "Consent given", "Skills evening: 90 of 90 minutes", "Skills evening: 0 of 90 minutes",
        "Alert, 1 reason, open", "7 h 30 min", "A note from Ana.",
    ):  # fmt: skip
        assert words in shown, words
    body = page.content.decode()
    for drawn in ("mark-in", "mark-miss", "mark-alert", "line-mood", "9 h to 6 h"):
        assert drawn in body, drawn


def test_a_facilitator_sees_check_ins_but_no_hours_board(chart: World, client: Browser) -> None:
    shown = text(page_for(client, chart, "facilitator"))
    assert "A note from Ana." in shown
    assert "Hours by week" not in shown


@pytest.mark.parametrize("who", ["records", "admin"])
def test_who_keeps_records_sees_no_answers(chart: World, client: Browser, who: str) -> None:
    page = page_for(client, chart, who)
    assert page.status_code == 200
    shown = text(page)
    for words in ("A note from Ana.", "Rosa", "555-0199", "Alert,", "Last check-ins"):
        assert words not in shown
    assert b"trend-plot" not in page.content
    assert ("90 of 90 minutes" in shown) == (who == "records")


@pytest.mark.parametrize("who", ["other_facilitator", "lakeside_clinician", "lakeside_admin"])
def test_out_of_reach_is_not_there(chart: World, client: Browser, who: str) -> None:
    assert page_for(client, chart, who).status_code == 404
    assert client.get(f"/clients/{uuid.uuid4()}/").status_code == 404
    assert not AuditEntry.objects.filter(action="client.viewed").exists()


def test_a_client_has_no_such_page_not_even_their_own(chart: World, client: Browser) -> None:
    client.force_login(chart.ana.person)
    assert client.get(f"/clients/{chart.ana.pk}/").status_code == 403
    assert client.get("/clients/").status_code == 403


def test_staff_who_are_clients_too_do_not_open_their_own_chart(chart: World, client: Browser) -> None:
    Person.objects.get(pk=chart.clinician.pk).clients.create(program=chart.program)
    client.force_login(chart.clinician)
    own = chart.clinician.clients.get()
    assert client.get(f"/clients/{own.pk}/").status_code == 404
    assert "Clinician Staff" not in text(client.get("/clients/"))


def test_the_view_is_on_record(chart: World, client: Browser) -> None:
    page_for(client, chart, "clinician")
    entry = AuditEntry.objects.get(action="client.viewed")
    assert (entry.actor_id, entry.client_id) == (chart.clinician.pk, chart.ana.pk)


def test_a_bounded_number_of_queries(
    chart: World, client: Browser, django_assert_max_num_queries: Any
) -> None:
    for days in range(6, 30):
        attend(chart, days, 90, "attended")
    client.force_login(chart.clinician)
    with django_assert_max_num_queries(50):
        client.get(f"/clients/{chart.ana.pk}/")


# --- the list ------------------------------------------------------------------------------------------------


def names(page: Any) -> list[str]:
    shown = text(page)
    return [name for name in ("Ana Moreno", "Ben Okafor", "Cleo Park", "Dov Levi") if name in shown]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("clinician", ["Ana Moreno", "Ben Okafor", "Cleo Park"]),
        ("admin", ["Ana Moreno", "Ben Okafor", "Cleo Park"]),
        ("facilitator", ["Ana Moreno", "Ben Okafor"]),
        ("other_facilitator", ["Cleo Park"]),
        ("lakeside_clinician", ["Dov Levi"]),
    ],
)
def test_everybody_sees_the_clients_in_reach(
    world: World, client: Browser, who: str, expected: list[str]
) -> None:
    client.force_login(getattr(world, who))
    assert names(client.get("/clients/")) == expected
    assert names(client.post("/clients/", {"q": ""})) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ana", ["Ana Moreno"]),
        ("OKA ben", ["Ben Okafor"]),
        ("o", ["Ana Moreno", "Ben Okafor", "Cleo Park"]),
        ("dov", []),
        ("%", []),
    ],
)
def test_searching_by_name(world: World, client: Browser, query: str, expected: list[str]) -> None:
    client.force_login(world.clinician)
    assert names(client.post("/clients/", {"q": query})) == expected
    part = client.post("/clients/", {"q": query}, HTTP_HX_REQUEST="true")
    assert names(part) == expected
    assert b"<html" not in part.content


def test_no_name_in_an_address(world: World, client: Browser) -> None:
    client.force_login(world.clinician)
    assert names(client.get("/clients/?q=ana")) == ["Ana Moreno", "Ben Okafor", "Cleo Park"]


def test_the_worst_open_alert_only_for_who_may_see_it(world: World, client: Browser) -> None:
    red_alert(world, world.ana)
    client.force_login(world.clinician)
    assert "Red: safety" in text(client.get("/clients/"))
    client.force_login(world.admin)
    assert "Red: safety" not in text(client.get("/clients/"))


def test_empty_and_not_found_are_different_screens(world: World, client: Browser) -> None:
    client.force_login(world.clinician)
    assert "Nobody by that name" in text(client.post("/clients/", {"q": "zebra"}))
    world.lakeside_group.memberships.all().delete()
    facilitator = world.lakeside_group.staff.get().person
    client.force_login(facilitator)
    assert "No clients here yet" in text(client.get("/clients/"))


def test_a_year_of_history_is_not_twelve_weeks(world: World, client: Browser) -> None:
    attend(world, 100, 90, "attended")
    client.force_login(world.clinician)
    assert "Skills evening" not in text(client.get(f"/clients/{world.ana.pk}/"))
    assert datetime(2026, 4, 13, tzinfo=UTC) - timedelta(days=100) < MONDAY_START
