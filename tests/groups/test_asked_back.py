"""Forms and the API ask back: nothing is done, what was typed stays, the box to tick comes last, and only then it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Client, Group, GroupStaff, LevelOfCare, Membership, Series
from groups.services.apart import keep_apart
from sessions_app.services.scheduling import materialise_sessions
from tests.factories import MONDAY, make_series
from tests.worlds import World
from vio.common.actors import system_actor

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
ASKED = "Cleo Park is expected in Evening B at the same time: Apr 13"


@pytest.fixture
def both(world: World) -> Iterator[World]:
    """Both groups meet at 17:30; Cleo is in B, and so is Ana."""
    make_series(world.group)
    make_series(world.other_group)
    world.other_group.memberships.create(program=world.program, client=world.ana, starts_on=MONDAY)
    materialise_sessions(actor=SYSTEM, now=NOON)
    with time_machine.travel(NOON, tick=False):
        yield world


@pytest.fixture
def director(both: World) -> Browser:
    made = Browser()
    made.force_login(both.director)
    return made


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def box_of(response: HttpResponse) -> str:
    """The tag of the field `anyway`, and whether it is the last of the form."""
    tag = next(part for part in text_of(response).split("<input") if 'name="anyway"' in part)
    return tag.split(">", 1)[0]


def test_a_client_s_second_group_is_asked_about_on_the_page(both: World, director: Browser) -> None:
    page = reverse("manage_member_add", args=[both.group.pk])
    assert 'type="hidden"' in box_of(director.get(page))
    sent = {"client": str(both.cleo.pk), "starts_on": "2026-04-13", "ends_on": ""}
    refused = director.post(page, sent)
    assert refused.status_code == 422
    assert ASKED in text_of(refused)
    assert 'type="checkbox"' in box_of(refused)
    assert 'value="2026-04-13"' in text_of(refused)
    assert not Membership.objects.filter(group=both.group, client=both.cleo).exists()
    assert director.post(page, {**sent, "anyway": "on"}).status_code == 302
    assert Membership.objects.filter(group=both.group, client=both.cleo).exists()


def test_a_tick_that_was_sent_stays_in_sight(both: World, director: Browser) -> None:
    page = reverse("manage_member_add", args=[both.group.pk])
    sent = {"client": str(both.cleo.pk), "starts_on": "nonsense", "ends_on": "", "anyway": "on"}
    refused = director.post(page, sent)
    assert refused.status_code == 422
    assert "checked" in box_of(refused)
    assert 'type="checkbox"' in box_of(refused)


def test_kept_apart_offers_no_tick(both: World, director: Browser) -> None:
    keep_apart(actor=SYSTEM, program=both.program, pair=(both.cleo, both.ben), reason="x", now=NOON)
    sent = {"client": str(both.cleo.pk), "starts_on": "2026-04-13", "ends_on": ""}
    refused = director.post(reverse("manage_member_add", args=[both.group.pk]), sent)
    assert refused.status_code == 409
    assert "Cleo Park is kept apart from Ben Okafor" in text_of(refused)
    assert 'type="hidden"' in box_of(refused)


def test_who_leads_is_asked_about_and_refused_on_the_page(both: World, director: Browser) -> None:
    page = reverse("manage_leader_add", args=[both.group.pk])
    sent = {"person": str(both.other_facilitator.pk), "starts_on": "2026-04-13", "ends_on": ""}
    refused = director.post(page, {**sent, "role": "facilitator", "anyway": "on"})
    assert refused.status_code == 409
    assert "Nobody leads two groups at once." in text_of(refused)
    asked = director.post(page, {**sent, "role": "cofacilitator"})
    assert asked.status_code == 422
    assert director.post(page, {**sent, "role": "cofacilitator", "anyway": "on"}).status_code == 302
    assert GroupStaff.objects.get(group=both.group, person=both.other_facilitator).role == "cofacilitator"


SERIES = {
    "title": "More", "service_type": "skills", "days": ["TU"], "rule": "", "local_start": "18:00",
    "minutes": "60", "breaks": "", "starts_on": "2026-04-13", "ends_on": "",
}  # fmt: skip


def test_a_new_timetable_and_a_changed_one_are_asked_about_on_the_page(
    both: World, director: Browser
) -> None:
    both.group.series.all().update(starts_on=MONDAY, ends_on=MONDAY)
    both.group.sessions.all().delete()
    page = reverse("manage_series_new", args=[both.group.pk])
    asked = director.post(page, SERIES)
    assert asked.status_code == 422
    assert "Ana Moreno is expected in Evening B" in text_of(asked)
    assert director.post(page, {**SERIES, "local_start": "09:00"}).status_code == 302
    made = Series.objects.get(title="More")
    edit = reverse("manage_series_edit", args=[made.pk])
    asked = director.post(edit, SERIES)
    assert asked.status_code == 422
    assert 'type="checkbox"' in box_of(asked)
    assert director.post(edit, {**SERIES, "anyway": "on"}).status_code == 302
    made.refresh_from_db()
    assert made.local_start == time(18, 0)


def test_a_new_client_is_added_whole_or_not_at_all(both: World, director: Browser) -> None:
    level = LevelOfCare.objects.get(program=both.program)
    sent = {
        "first_name": "Nia", "last_name": "Wood", "email": "nia@example.org", "phone": "", "privacy_name": "",
        "home_state": "NJ", "level": str(level.pk), "starts_on": "2026-04-13", "weekly_minutes": "",
        "weekly_days": "", "primary_clinician": "", "group": str(both.group.pk),
    }  # fmt: skip
    page = reverse("manage_client_new", args=[both.program.pk])
    asked = director.post(page, sent)
    assert asked.status_code == 422
    assert "Nobody who leads is licensed in NJ" in text_of(asked)
    assert not Client.objects.filter(person__email="nia@example.org").exists()
    assert director.post(page, {**sent, "anyway": "on"}).status_code == 302
    assert Client.objects.get(person__email="nia@example.org").memberships.get().group == both.group


# --- the API ----------------------------------------------------------------------------------------------


def send(who: Browser, path: str, **body: Any) -> HttpResponse:
    return who.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_the_api_asks_beside_the_field(both: World, director: Browser) -> None:
    path = f"/groups/{both.group.pk}/members"
    given = {"client_id": str(both.cleo.pk), "starts_on": "2026-04-13"}
    asked = send(director, path, **given)
    assert asked.status_code == 422
    assert ASKED in json.loads(asked.content)["fields"]["anyway"]
    assert send(director, path, **given, anyway="yes").status_code == 422
    assert send(director, path, **given, anyway=True).status_code == 201
    leader = {"person_id": str(both.other_facilitator.pk), "starts_on": "2026-04-13"}
    refused = send(director, f"/groups/{both.group.pk}/leaders", **leader, anyway=True)
    assert (refused.status_code, json.loads(refused.content)["code"]) == (409, "leads_twice")
    series = {
        "title": "More", "rule": "FREQ=WEEKLY;BYDAY=TU", "local_start": "18:00", "minutes": 60,
        "starts_on": "2026-04-13",
    }  # fmt: skip
    third = Group.objects.create(program=both.program, name="Evening C")
    third.memberships.create(program=both.program, client=both.ana, starts_on=MONDAY)
    asked = send(director, f"/groups/{third.pk}/series", **series)
    assert "Ana Moreno" in json.loads(asked.content)["fields"]["anyway"]
    assert send(director, f"/groups/{third.pk}/series", **series, anyway=True).status_code == 201


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "ana", "lakeside_admin"])
def test_who_may_not_is_told_nothing_of_anybody(both: World, who: str) -> None:
    browser = Browser()
    person = getattr(both, who)
    browser.force_login(getattr(person, "person", person))
    given = {"client_id": str(both.cleo.pk), "starts_on": "2026-04-13"}
    refused = send(browser, f"/groups/{both.group.pk}/members", **given)
    assert refused.status_code in {403, 404}
    assert b"Cleo" not in refused.content
