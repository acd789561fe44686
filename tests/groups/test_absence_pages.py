"""Pages of absences: one's own, those of the staff, what is refused beside its field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Absence, Person
from tests.worlds import World

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FORM = {"starts_on": "2026-04-17", "starts_time": "17:00", "ends_on": "2026-04-20", "ends_time": "09:00"}


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def browser(person: Person) -> Browser:
    made = Browser()
    made.force_login(person)
    return made


def post(by: Person, name: str, key: object, **data: str) -> HttpResponse:
    return browser(by).post(reverse(name, args=[key]), data)


def page(by: Person, name: str, key: object) -> str:
    return browser(by).get(reverse(name, args=[key])).content.decode()


def away(world: World, person: Person, *, start: datetime = NOON + DAY) -> Absence:
    return Absence.objects.create(
        program=world.program, person=person, cover=world.supervisor, starts_at=start, ends_at=start + DAY,
        recorded_by=person, recorded_at=NOON,
    )  # fmt: skip


def test_a_clinician_says_when_they_are_away_in_the_programs_zone(world: World) -> None:
    answer = post(world.clinician, "absence_new", world.program.pk, **FORM, cover=str(world.supervisor.pk))
    assert answer.status_code == 302
    row = Absence.objects.get()
    assert (row.person, row.cover) == (world.clinician, world.supervisor)
    assert row.starts_at == datetime(2026, 4, 17, 21, 0, tzinfo=UTC)
    assert row.ends_at == datetime(2026, 4, 20, 13, 0, tzinfo=UTC)
    shown = page(world.clinician, "absences", world.program.pk)
    assert "Fri, Apr 17" in shown
    assert "9:00 AM" in shown
    assert "Supervisor Staff" in shown


def test_only_who_manages_the_staff_chooses_the_person(world: World) -> None:
    given = {**FORM, "person": str(world.clinician.pk)}
    assert post(world.facilitator, "absence_new", world.program.pk, **given).status_code == 422
    assert not Absence.objects.exists()
    assert post(world.director, "absence_new", world.program.pk, **given).status_code == 302
    assert Absence.objects.get().person == world.clinician


def test_a_refusal_stands_beside_its_date_and_keeps_what_was_typed(world: World) -> None:
    wrong = {**FORM, "ends_on": "2026-04-16"}
    answer = post(world.clinician, "absence_new", world.program.pk, **wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "The end must come after the start." in text
    assert 'value="2026-04-16"' in text
    assert post(world.clinician, "absence_new", world.program.pk, **FORM).status_code == 302
    again = post(world.clinician, "absence_new", world.program.pk, **FORM)
    assert again.status_code == 409
    assert "away already in that time" in again.content.decode()


def test_everybody_sees_their_own_and_who_manages_the_staff_sees_all(world: World) -> None:
    away(world, world.clinician)
    assert "Clinician Staff" in page(world.director, "absences", world.program.pk)
    assert "Nobody is away" in page(world.facilitator, "absences", world.program.pk)
    answer = browser(world.lakeside_admin).get(reverse("absences", args=[world.program.pk]))
    assert answer.status_code == 404
    assert browser(world.ana.person).get(reverse("absences", args=[world.program.pk])).status_code == 403


def test_one_that_has_begun_can_only_end_at_another_time(world: World) -> None:
    row = away(world, world.clinician, start=NOON - timedelta(seconds=30))
    assert 'name="starts_on"' not in page(world.clinician, "absence", row.pk)
    later = {"ends_on": "2026-04-25", "ends_time": "09:00", "cover": ""}
    assert post(world.clinician, "absence", row.pk, **later).status_code == 302
    row.refresh_from_db()
    assert (row.starts_at, row.cover) == (NOON - timedelta(seconds=30), None)
    assert row.ends_at == datetime(2026, 4, 25, 13, 0, tzinfo=UTC)
    assert post(world.supervisor, "absence", row.pk, **later).status_code == 404


def test_end_it(world: World) -> None:
    row = away(world, world.clinician, start=NOON - DAY / 2)
    assert post(world.facilitator, "absence_end", row.pk).status_code == 404
    assert post(world.director, "absence_end", row.pk).status_code == 302
    row.refresh_from_db()
    assert row.ends_at == NOON
    assert post(world.director, "absence_end", row.pk).status_code == 409


def test_the_way_there_from_ones_own_page(world: World) -> None:
    link = reverse("absences", args=[world.program.pk])
    assert link in browser(world.clinician).get(reverse("mfa_index")).content.decode()
    assert link not in browser(world.ana.person).get(reverse("mfa_index")).content.decode()
    assert link in page(world.director, "manage_staff", world.program.pk)
