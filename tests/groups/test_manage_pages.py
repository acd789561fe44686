"""The administration's pages over HTTP: what works, what is refused beside the field, what nonsense does (never a 5xx)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import (
    AgreementAcceptance,
    Client,
    EmergencyContact,
    Enrolment,
    Group,
    NoContact,
    Series,
    StaffRole,
)
from sessions_app.models import AttendancePolicy, HoursPolicy, Session
from tests.factories import COUNTABLE, MONDAY, MONDAY_START, make_client, make_series, make_session
from tests.worlds import World

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def browser(person: Any) -> Browser:
    made = Browser()
    made.force_login(getattr(person, "person", person))
    return made


@pytest.fixture
def director(world: World, noon: None) -> Browser:
    return browser(world.director)


def post(who: Browser, name: str, key: object, /, **data: object) -> HttpResponse:
    return who.post(reverse(name, args=[key]), data)


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def field_error(response: HttpResponse, name: str) -> str:
    """What stands beside a field; '' when nothing does."""
    found = re.search(rf'id="id_{name}_error">(.*?)</div>', text_of(response), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def seen_of(response: HttpResponse) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', text_of(response))
    assert found
    return found[1]


# --- looking ----------------------------------------------------------------------------------------------


def test_one_program_is_opened_and_several_are_offered(world: World, director: Browser) -> None:
    assert director.get("/manage/")["Location"] == reverse("manage_program", args=[world.program.pk])
    StaffRole.objects.create(program=world.lakeside, person=world.director, role="records")
    page = text_of(director.get("/manage/"))
    assert "Harbor Evening Program" in page
    assert "Lakeside Program" in page


@pytest.mark.parametrize(
    "name", ["manage_program", "manage_clients", "manage_groups", "manage_staff", "manage_policies"]
)
def test_the_programs_pages_open_and_are_404_for_another_program(
    world: World, director: Browser, name: str
) -> None:
    assert director.get(reverse(name, args=[world.program.pk])).status_code == 200
    assert director.get(reverse(name, args=[world.lakeside.pk])).status_code == 404
    assert director.get(reverse(name, args=[uuid.uuid4()])).status_code == 404


def test_facilitators_see_the_program_and_none_of_its_levers(world: World, noon: None) -> None:
    facilitator = browser(world.facilitator)
    page = text_of(facilitator.get(reverse("manage_program", args=[world.program.pk])))
    assert "Intensive outpatient" in page
    assert reverse("manage_settings", args=[world.program.pk]) not in page
    for name in ("manage_settings", "manage_clients", "manage_groups", "manage_staff"):
        assert facilitator.get(reverse(name, args=[world.program.pk])).status_code == 403


def test_clients_are_found_by_name_and_nobody_elses(world: World, director: Browser) -> None:
    address = reverse("manage_clients", args=[world.program.pk])
    found = text_of(director.get(address, {"q": "moreno"}))
    assert "Ana Moreno" in found
    assert "Ben Okafor" not in found
    assert "Nobody found" in text_of(director.get(address, {"q": "Levi"}))
    assert director.get(address, {"q": "a\x00b", "page": "-9"}).status_code == 200


def test_a_clients_page_tells_the_history_and_is_logged(world: World, director: Browser) -> None:
    from vio.common.models import AuditEntry

    EmergencyContact.objects.create(program=world.program, client=world.ana, name="Rosa", phone="555-0110")
    page = text_of(director.get(reverse("manage_client", args=[world.ana.pk])))
    for words in (
        "Ana Moreno",
        "Intensive outpatient",
        "9 h",
        "Evening A",
        "Rosa",
        "in a medical emergency only",
    ):
        assert words in page
    assert AuditEntry.objects.filter(action="client.viewed", client_id=world.ana.pk).count() == 1


def test_a_group_page_shows_people_and_an_unreadable_rule_does_no_harm(
    world: World, director: Browser
) -> None:
    broken = make_series(world.group, rule="FREQ=NEVER")
    assert "Ana Moreno" in text_of(director.get(reverse("manage_group", args=[world.group.pk])))
    for name in ("manage_series", "manage_series_edit"):
        response = director.get(reverse(name, args=[broken.pk]))
        assert response.status_code == 200
    assert "cannot be read" in text_of(director.get(reverse("manage_series", args=[broken.pk])))


# --- doing ------------------------------------------------------------------------------------------------


def new_client(world: World, **changes: object) -> dict[str, object]:
    return {
        "first_name": "Nia", "last_name": "Cole", "email": "nia@example.org", "phone": "555-0199",
        "level": world.program.levels.get().pk, "starts_on": "2026-04-13", "group": world.group.pk,
        "primary_clinician": world.clinician.pk, "weekly_minutes": "", "weekly_days": "", "home_state": "NY",
        **changes,
    }  # fmt: skip


def test_a_new_client_in_one_form(world: World, director: Browser) -> None:
    response = post(director, "manage_client_new", world.program.pk, **new_client(world))
    client = Client.objects.get(person__email="nia@example.org")
    assert response["Location"] == reverse("manage_client", args=[client.pk])
    assert client.enrolments.get().primary_clinician == world.clinician
    assert client.memberships.get().group == world.group
    again = post(director, "manage_client_new", world.program.pk, **new_client(world))
    assert (again.status_code, "has a chart here already" in field_error(again, "email")) == (409, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nonsense"}, "email"), ({"first_name": ""}, "first_name"), ({"starts_on": "soon"}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"), ({"weekly_minutes": "1e9"}, "weekly_minutes"),
        ({"level": "x"}, "level"), ({"home_state": "ZZ"}, "home_state"), ({"group": str(uuid.uuid4())}, "group"),
        ({"starts_on": "2024-01-01"}, "starts_on"),
    ],
)  # fmt: skip
def test_what_was_typed_stays_and_the_error_stands_beside_its_field(
    world: World, director: Browser, changes: dict[str, str], field: str
) -> None:
    before = Client.objects.count()
    response = post(director, "manage_client_new", world.program.pk, **new_client(world, **changes))
    assert response.status_code == 422
    assert field_error(response, field)
    assert 'value="Cole"' in text_of(response)
    assert Client.objects.count() == before


def test_a_group_of_another_program_cannot_be_chosen(world: World, director: Browser) -> None:
    response = post(
        director, "manage_client_new", world.program.pk, **new_client(world, group=world.lakeside_group.pk)
    )
    assert field_error(response, "group")


def test_unknown_fields_are_refused_not_ignored(world: World, director: Browser) -> None:
    response = post(director, "manage_dose", world.ana.enrolments.get().pk, starts_on="2026-04-20",
                    weekly_minutes=600, weekly_days=4, program=str(world.lakeside.pk))  # fmt: skip
    assert response.status_code == 422
    assert "fields we do not know" in text_of(response)
    assert world.ana.enrolments.get().doses.count() == 1


def test_the_second_of_two_is_told_what_is_saved_and_may_then_save(world: World, director: Browser) -> None:
    address = reverse("manage_group_edit", args=[world.group.pk])
    stale = seen_of(director.get(address))
    form = {
        "name": "Evening A", "service_type": "group_therapy", "min_size": 2, "max_size": 12, "chat_mode": "off",
        "admission": "each", "is_active": "on", "seen": stale,
    }  # fmt: skip
    assert director.post(address, {**form, "track": "Early"}).status_code == 302
    second = director.post(address, {**form, "track": "Late"})
    assert second.status_code == 409
    assert "Saved meanwhile: Early" in field_error(second, "track")
    assert 'value="Late"' in text_of(second)
    assert director.post(address, {**form, "track": "Late", "seen": seen_of(second)}).status_code == 302
    world.group.refresh_from_db()
    assert world.group.track == "Late"


def test_a_series_is_previewed_before_it_is_saved(world: World, director: Browser) -> None:
    form = {
        "title": "Evening", "service_type": "group_therapy", "days": ["MO", "TH"], "local_start": "17:30",
        "minutes": 195, "breaks": "90+15", "starts_on": "2026-04-13",
    }  # fmt: skip
    shown = post(director, "manage_series_new", world.group.pk, preview="1", **form)
    assert shown.status_code == 200
    assert text_of(shown).count("5:30") == 10
    assert not Series.objects.exists()
    assert post(director, "manage_series_new", world.group.pk, **form).status_code == 302
    series = Series.objects.get()
    assert (series.rule, series.breaks) == ("FREQ=WEEKLY;BYDAY=MO,TH", [[90, 15]])
    assert Session.objects.filter(series=series).count() == 9
    assert "every week on Monday and Thursday" in text_of(
        director.get(reverse("manage_series", args=[series.pk]))
    ).replace("Every", "every")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"days": []}, "days"), ({"rule": "FREQ=YEARLY", "days": []}, "rule"), ({"rule": "FREQ=DAILY"}, "rule"),
        ({"breaks": "tea"}, "breaks"), ({"breaks": "190+15"}, "breaks"), ({"minutes": "-1"}, "minutes"),
        ({"local_start": "25:00"}, "local_start"), ({"ends_on": "2026-04-01"}, "ends_on"), ({"days": ["XX"]}, "days"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("preview", [{}, {"preview": "1"}])
def test_a_series_that_cannot_be_is_refused(
    world: World, director: Browser, changes: dict[str, Any], field: str, preview: dict[str, str]
) -> None:
    form = {
        "title": "Evening", "service_type": "group_therapy", "days": ["MO"], "local_start": "17:30",
        "minutes": 195, "breaks": "", "starts_on": "2026-04-13", **changes, **preview,
    }  # fmt: skip
    response = post(director, "manage_series_new", world.group.pk, **form)
    assert response.status_code == 422
    assert field_error(response, field)
    assert not Series.objects.exists()


def acts(world: World) -> list[tuple[str, object, dict[str, object], Callable[[], bool]]]:
    """(address, object, what is sent, what is true afterwards) for every single form."""
    episode, series = world.ana.enrolments.get(), make_series(world.group)
    contact = EmergencyContact.objects.create(program=world.program, client=world.ana)
    newcomer = make_client(world.program)
    loose = make_client(world.program, enrolled=False)
    called_off = make_session(world.group, starts_at=MONDAY_START + 3 * DAY)
    role = world.clinician.staff_roles.get()
    level = world.program.levels.get()
    week = {"name": "Tulip", "starts_on": "2026-04-13"}
    rules = {
        "effective_from": "2026-05-01", "bridge_gap_seconds": 60, "late_after_seconds": 300,
        "left_early_seconds": 300, "no_show_below_minutes": 8, "attended_percent": 80, "attribution": "start_date",
    }  # fmt: skip
    hours = {
        "effective_from": "2026-05-01", "definition": "clock", "group_minutes": 50, "counts_as": 60,
        "from_percent": 100, "countable": COUNTABLE, "proration": "days",
    }  # fmt: skip
    program = world.program.pk
    return [
        ("manage_level_new", program, {"code": "2.5", "name": "High", "population": "adult", "weekly_minutes": 1200,
         "weekly_days": 5, "is_active": "on"}, lambda: world.program.levels.count() == 2),
        ("manage_level", level.pk, {"code": "2.1", "name": "IOP", "population": "adult", "weekly_minutes": 540,
         "weekly_days": 3, "is_active": "on"}, lambda: world.program.levels.filter(name="IOP").exists()),
        ("manage_agreement", program, {"text": "Be kind."}, lambda: world.program.agreements.count() == 2),
        ("manage_client_edit", world.ana.pk, {"privacy_name": "Annie"},
         lambda: Client.objects.get(pk=world.ana.pk).privacy_name == "Annie"),
        ("manage_enrol", loose.pk, {"level": level.pk, "starts_on": "2026-04-13"}, loose.enrolments.exists),
        ("manage_contact_new", world.ben.pk, {"name": "Bo", "phone": "1"}, world.ben.emergency_contacts.exists),
        ("manage_contact", contact.pk, {"name": "Bo", "phone": "2"},
         lambda: EmergencyContact.objects.get(pk=contact.pk).phone == "2"),
        ("manage_contact_remove", contact.pk, {}, lambda: not world.ana.emergency_contacts.exists()),
        ("manage_dose", episode.pk, {"starts_on": "2026-04-20", "weekly_minutes": 600, "weekly_days": 4},
         lambda: episode.doses.count() == 2),
        ("manage_level_step", episode.pk, {"level": level.pk, "starts_on": "2026-04-27", "reason": "Back again"},
         lambda: episode.doses.filter(level=level).exists()),
        ("manage_clinician", episode.pk, {"primary_clinician": world.supervisor.pk},
         lambda: Enrolment.objects.get(pk=episode.pk).primary_clinician == world.supervisor),
        ("manage_group_new", program, {"name": "Morning", "service_type": "skills", "min_size": 2, "max_size": 8,
         "chat_mode": "group", "admission": "each", "is_active": "on"}, lambda: Group.objects.filter(name="Morning").exists()),
        ("manage_week", program, week, lambda: Series.objects.filter(group__name="Tulip").count() == 4),
        ("manage_member_add", world.group.pk, {"client": newcomer.pk, "starts_on": "2026-04-13"},
         newcomer.memberships.exists),
        ("manage_member_end", world.ben.memberships.get().pk, {"ends_on": "2026-04-13"},
         lambda: world.ben.memberships.get().ends_on == MONDAY),
        ("manage_apart_add", world.group.pk,
         {"first": world.ana.pk, "second": world.ben.pk, "reason": "A court order"},
         NoContact.objects.filter(ended_at=None, first__in=[world.ana, world.ben]).exists),
        ("manage_leader_add", world.group.pk, {"person": world.other_facilitator.pk, "role": "facilitator",
         "starts_on": "2026-04-13", "ends_on": "2026-04-13"},
         world.group.staff.filter(person=world.other_facilitator).exists),
        ("manage_leader_end", world.group.staff.get(person=world.cofacilitator).pk, {"ends_on": "2026-04-13"},
         lambda: world.group.staff.get(person=world.cofacilitator).ends_on == MONDAY),
        ("manage_date_cancel", series.pk, {"on": "2026-04-14"},
         lambda: Series.objects.get(pk=series.pk).cancelled_dates == ["2026-04-14"]),
        ("manage_date_restore", series.pk, {"on": "2026-04-14"},
         lambda: Series.objects.get(pk=series.pk).cancelled_dates == []),
        ("manage_series_end", series.pk, {"ends_on": "2026-05-01"},
         lambda: str(Series.objects.get(pk=series.pk).ends_on) == "2026-05-01"),
        ("manage_session_new", world.other_group.pk, {"title": "Family", "service_type": "family",
         "starts_on": "2026-04-18", "local_start": "10:00", "minutes": 60}, world.other_group.sessions.exists),
        ("manage_session_cancel", called_off.pk, {},
         lambda: Session.objects.get(pk=called_off.pk).status == "cancelled"),
        ("manage_staff_new", program, {"first_name": "Kim", "email": "kim@example.org", "role": "records"},
         lambda: StaffRole.objects.filter(person__email="kim@example.org").exists()),
        ("manage_staff_role", role.pk,
         {"credentials": "LMHC", "licensed_states": "NY 2027-03-31, NJ no end", "is_on_call": "on"},
         lambda: StaffRole.objects.filter(
             pk=role.pk, licensed_states=["NJ", "NY"], licence_ends={"NY": "2027-03-31"}).exists()),
        ("manage_staff_withdraw", role.pk, {}, lambda: StaffRole.objects.get(pk=role.pk).withdrawn_at is not None),
        ("manage_enrolment_end", episode.pk, {"ends_on": "2026-04-13", "reason": "completed"},
         lambda: Enrolment.objects.get(pk=episode.pk).end_reason == "completed"),
        ("manage_attendance_policy_new", program, rules,
         lambda: AttendancePolicy.objects.filter(program=program).count() == 2),
        ("manage_hours_policy_new", program, hours, lambda: HoursPolicy.objects.filter(program=program).count() == 2),
    ]  # fmt: skip


def test_every_form_does_its_act_for_who_may_and_nothing_for_who_may_not(
    world: World, director: Browser
) -> None:
    strangers = {
        404: browser(world.lakeside_admin), 403: browser(world.facilitator),
    }  # fmt: skip
    for name, key, data, holds in acts(world):
        for status, stranger in strangers.items():
            if not holds():
                assert post(stranger, name, key, **data).status_code in {status, 403}, name
                assert not holds(), name
        assert director.get(reverse(name, args=[key])).status_code == 200, name
        response = post(director, name, key, **data)
        assert response.status_code == 302, (name, text_of(response))
        assert holds(), name
        assert director.get(response["Location"]).status_code == 200, name


# --- nonsense ---------------------------------------------------------------------------------------------

NONSENSE = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(
        ["", "0", "-1", "on", "2026-04-13", "9999-12-31", "0001-01-01", "NaN", "\x00", "=1+1", "<b>", "90+15"]
    ),
    st.uuids().map(str),
)


@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_nonsense_never_breaks_a_form(world: World, director: Browser, data: st.DataObject) -> None:
    """Ten rounds over all forms: some 300 sends, half-right and wholly wrong."""
    from django.db import transaction

    director.raise_request_exception = False
    if world.program.pk not in FORMS:
        FORMS[world.program.pk] = acts(world)  # once: every round is undone
    for name, key, right, _ in FORMS[world.program.pk]:
        wrong = data.draw(
            st.dictionaries(
                st.sampled_from([*right, "seen", "from_date", "rule", "\x00"]), NONSENSE, max_size=4
            )
        )
        with transaction.atomic():
            response = post(director, name, key, **{**right, **wrong})
            transaction.set_rollback(True)
        assert response.status_code in {200, 302, 404, 409, 422}, (name, wrong)


FORMS: dict[uuid.UUID, Any] = {}


# --- the agreement ----------------------------------------------------------------------------------------


def test_a_client_reads_accepts_and_goes_on(world: World, noon: None) -> None:
    newcomer = make_client(world.program, world.group, agreed=False)
    who = browser(newcomer)
    assert "What is said here stays here." in text_of(who.get("/agreement/?next=/week/"))
    for _ in range(2):
        done = who.post("/agreement/", {"version": "1", "next": "/sessions/x/room/"})
        assert done["Location"] == "/sessions/x/room/"
    assert AgreementAcceptance.objects.filter(client=newcomer).count() == 1
    assert "You agreed on" in text_of(who.get("/agreement/"))


@pytest.mark.parametrize("version", ["0", "2", "", "x"])
def test_another_version_than_the_one_shown_is_not_accepted(world: World, noon: None, version: str) -> None:
    newcomer = make_client(world.program, world.group, agreed=False)
    response = browser(newcomer).post("/agreement/", {"version": version})
    assert response.status_code == 409
    assert not AgreementAcceptance.objects.filter(client=newcomer).exists()


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "week"]
)
def test_the_way_on_stays_in_our_house(world: World, noon: None, target: str) -> None:
    response = browser(world.ana).post("/agreement/", {"version": "1", "next": target})
    assert response["Location"] == "/"


def test_staff_have_no_agreement_of_their_own(world: World, director: Browser) -> None:
    assert director.get("/agreement/").status_code == 403
