"""The administration's pages over HTTP: what works, what is refused beside the field, what nonsense does (never a 5xx)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.models import (
    Client,
    EmergencyContact,
    Series,
    StaffRole,
)
from sessions_app.models import Session
from tests.factories import make_series
from tests.groups.managing import director, field_error, noon, post, seen_of, text_of
from tests.signed_in import browser_of
from tests.worlds import World

__all__ = ["director", "noon"]


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
    facilitator = browser_of(world.facilitator)
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
