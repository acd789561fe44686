"""Ending a substitute's place asks what a substitute asks: who leads by then, where else, and licensed where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.models import StaffRole
from sessions_app.models import Session, SessionStaff
from sessions_app.staffing.services import add_session_staff, end_session_staff
from tests.factories import MONDAY_START, make_session
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.models import AuditEntry

SYSTEM = system_actor("test")
SHORTLY = MONDAY_START - timedelta(minutes=5)


@pytest.fixture
def place(world: World) -> SessionStaff:
    """The other group's facilitator leads tonight, alone licensed where Ana lives."""
    world.group.staff.filter(person=world.cofacilitator).delete()
    StaffRole.objects.update(licensed_states=["NY"])
    world.other_facilitator.staff_roles.update(licensed_states=["NJ", "NY"])
    type(world.ana).objects.filter(pk=world.ana.pk).update(home_state="NJ")
    return add_session_staff(
        actor=SYSTEM, session=make_session(world.group), person=world.other_facilitator, role="facilitator",
        stands_in_for=world.facilitator, now=SHORTLY,
    )  # fmt: skip


def end(place: SessionStaff, *, anyway: bool | None = False) -> None:
    end_session_staff(actor=SYSTEM, place=place, now=SHORTLY, anyway=anyway)


def still_leads(place: SessionStaff) -> bool:
    place.refresh_from_db()
    return place.ended_at is None


def test_nobody_licensed_is_asked_about_and_a_refusal_takes_all_of_it_back(place: SessionStaff) -> None:
    with pytest.raises(BadInputError) as asked:
        end(place)
    assert "Nobody who leads is licensed in NJ" in asked.value.fields["anyway"]
    assert still_leads(place)
    assert not AuditEntry.objects.filter(action="session.staff_ended").exists()
    end(place, anyway=True)
    assert not still_leads(place)


def test_a_script_is_not_asked(place: SessionStaff) -> None:
    end(place, anyway=None)
    assert not still_leads(place)


def test_somebody_else_who_leads_and_is_licensed_is_enough(world: World, place: SessionStaff) -> None:
    world.supervisor.staff_roles.update(licensed_states=["NJ"])
    add_session_staff(
        actor=SYSTEM, session=place.session, person=world.supervisor, role="cofacilitator", now=SHORTLY
    )
    end(place)
    assert not still_leads(place)


def test_one_who_only_looks_on_is_not(world: World, place: SessionStaff) -> None:
    world.supervisor.staff_roles.update(licensed_states=["NJ"])
    add_session_staff(
        actor=SYSTEM, session=place.session, person=world.supervisor, role="observer", now=SHORTLY
    )
    with pytest.raises(BadInputError):
        end(place)


@pytest.mark.parametrize(("role", "kind"), [("facilitator", ConflictError), ("cofacilitator", BadInputError)])
def test_whoever_comes_back_may_lead_elsewhere_by_now(
    world: World, place: SessionStaff, role: str, kind: type[ConflictError | BadInputError]
) -> None:
    type(world.ana).objects.update(home_state="")
    world.other_group.staff.create(
        program=world.program, person=world.facilitator, role=role, starts_on=MONDAY_START.date()
    )
    make_session(world.other_group)
    with pytest.raises(kind) as refused:
        end(place)
    assert refused.value.code == ("leads_twice" if kind is ConflictError else "bad_input")
    assert still_leads(place)


def test_a_session_that_is_over_is_not_asked_about(place: SessionStaff) -> None:
    Session.objects.filter(pk=place.session_id).update(
        status="ended", started_at=MONDAY_START, ended_at=MONDAY_START + timedelta(hours=1)
    )
    end(place)
    assert not still_leads(place)


@time_machine.travel(datetime(2026, 4, 13, 21, 25, tzinfo=UTC), tick=False)
def test_the_page_asks_and_takes_a_tick(world: World, place: SessionStaff) -> None:
    page = reverse("manage_session_staff_end", args=[place.pk])
    who = browser_of(world.supervisor)
    assert b'type="checkbox"' not in who.get(page).content
    asked = who.post(page)
    assert asked.status_code == 422
    assert b"Nobody who leads is licensed in NJ" in asked.content
    assert b'type="checkbox"' in asked.content
    assert still_leads(place)
    assert who.post(page, {"anyway": "on"}).status_code == 302
    assert not still_leads(place)


@time_machine.travel(datetime(2026, 4, 13, 21, 25, tzinfo=UTC), tick=False)
def test_the_api_asks_beside_the_field_with_a_body_and_without_one(world: World, place: SessionStaff) -> None:
    path = f"/api/v1/session-staff/{place.pk}/end"
    who = browser_of(world.supervisor)
    for asked in (
        who.generic("POST", path, content_type=""),
        who.post(path, {}, content_type="application/json"),
        who.post(path, {"anyway": False}, content_type="application/json"),
    ):
        assert asked.status_code == 422, asked.content
        assert "licensed in NJ" in asked.json()["fields"]["anyway"]
    assert still_leads(place)
    done = who.post(path, {"anyway": True}, content_type="application/json")
    assert (done.status_code, done.json()["ended_at"] is not None) == (200, True)
