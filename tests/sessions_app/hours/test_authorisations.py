"""Authorisations: used from the ledger, planned from the timetable, warned once; pages, refusals, other programs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.models import Client
from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.services import correct_attendance
from sessions_app.followup.payers import watch_authorisations
from sessions_app.hours import paying
from sessions_app.hours.authorisations import CHUNK, Row, client_rows, running_out
from sessions_app.models import Authorisation, Coverage, Flag, Payer
from tests.factories import MONDAY_START, make_session
from tests.sessions_app.attendance.evenings import CLOCK, finalised, held, sat
from tests.sessions_app.hours.programs import TUESDAY
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry, Delivery

pytestmark = pytest.mark.usefixtures("tuesday")

FIRST, LAST = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def payer(world: World) -> Payer:
    return paying.add_payer(
        actor=world.actor(world.director), program=world.program,
        values={"name": "Northern Health", "code": "H0015", "rule": "unit15", "warn_units": 6},
    )  # fmt: skip


def authorise(world: World, payer: Payer, units: int, *, client: Client | None = None) -> Authorisation:
    actor, who = world.actor(world.supervisor), client or world.ana
    coverage = Coverage.objects.filter(client=who, payer=payer).first() or paying.cover_client(
        actor=actor, client=who, payer=payer, starts_on=FIRST, member_number="M-77"
    )
    return paying.add_authorisation(
        actor=actor, coverage=coverage, units=units, starts_on=FIRST, ends_on=LAST, now=TUESDAY, number="A-1"
    )


def evening(world: World, minutes: int = 180) -> None:
    """Monday was held with Ana; Wednesday and Thursday are to come."""
    monday = held(world.group, minutes=180)
    sat(monday, world.ana, 0, minutes)
    finalised(monday)
    for days in (2, 3):
        make_session(world.group, starts_at=MONDAY_START + timedelta(days=days), minutes=180)


def row(world: World) -> Row:
    (found,) = client_rows(world.ana, now=TUESDAY)
    return found


def test_used_comes_from_the_ledger_and_planned_from_the_timetable(world: World, payer: Payer) -> None:
    evening(world)
    authorise(world, payer, 30)
    at = row(world).standing
    assert (at.used, at.left, at.planned, at.short) == (12, 18, 24, 6)
    assert at.runs_out_on == date(2026, 4, 16)
    assert row(world).state == "running"


def test_a_correction_gives_units_back(world: World, payer: Payer) -> None:
    evening(world)
    authorise(world, payer, 30)
    session = world.group.sessions.order_by("starts_at")[0]
    correct_attendance(
        actor=world.actor(world.facilitator), session=session, client=world.ana,
        changes=Changes(credited_minutes=60), reason="Left after an hour.", now=TUESDAY,
    )  # fmt: skip
    assert row(world).standing.used == 4


def test_units_outside_the_dates_the_coverage_or_the_code_are_not_used(world: World, payer: Payer) -> None:
    evening(world)
    found = authorise(world, payer, 30)
    paying.end_coverage(
        actor=world.actor(world.supervisor), coverage=found.coverage, ends_on=date(2026, 4, 12)
    )
    assert (row(world).standing.used, row(world).standing.planned) == (0, 0)
    Coverage.objects.update(ends_on=None)
    Payer.objects.update(service_types=["individual"])
    assert row(world).standing.used == 0


def test_the_clinician_hears_once_of_the_last_units_and_again_only_after_more(
    world: World, payer: Payer
) -> None:
    evening(world)
    found = authorise(world, payer, 18)
    assert row(world).state == "low"
    assert [watch_authorisations(actor=CLOCK, now=TUESDAY) for _ in range(3)] == [1, 0, 0]
    flag = Flag.objects.get(kind="authorisation_low")
    assert (flag.client_id, flag.subject, flag.withdrawn_at) == (world.ana.pk, found.pk, None)
    message = Delivery.objects.get(key__startswith=f"flag:{flag.pk}")
    assert message.recipient_id == world.clinician.pk
    assert "Northern" not in message.path
    paying.change_authorisation(
        actor=world.actor(world.supervisor), authorisation=found, units=100, ends_on=LAST
    )
    assert watch_authorisations(actor=CLOCK, now=TUESDAY) == 0
    assert Flag.objects.get(kind="authorisation_low").withdrawn_because == "no_longer_true"
    found.refresh_from_db()
    paying.change_authorisation(
        actor=world.actor(world.supervisor), authorisation=found, units=14, ends_on=LAST
    )
    assert watch_authorisations(actor=CLOCK, now=TUESDAY) == 1


def test_the_list_shows_who_runs_out_and_nobody_of_another_program(world: World, payer: Payer) -> None:
    evening(world)
    authorise(world, payer, 30)
    authorise(world, payer, 500, client=world.ben)
    actor = world.actor(world.clinician)
    assert [r.authorisation.client_id for r in running_out(actor, world.program, now=TUESDAY)] == [
        world.ana.pk
    ]
    everybody = running_out(actor, world.program, now=TUESDAY, all_of_them=True)
    assert len(everybody) == 2
    assert running_out(world.actor(world.lakeside_clinician), world.program, now=TUESDAY) == []


def many(world: World, payer: Payer, count: int) -> list[Authorisation]:
    """That many authorisations of Ben of 0 to 9 units each, besides one of Ana."""
    authorise(world, payer, 30)
    coverage = authorise(world, payer, 1, client=world.ben).coverage
    return Authorisation.objects.bulk_create(
        Authorisation(
            program=world.program, coverage=coverage, client=world.ben, units=1 + n % 9, starts_on=FIRST,
            ends_on=LAST, recorded_at=TUESDAY,
        )
        for n in range(count)
    )  # fmt: skip


def test_nobody_is_passed_over_in_a_long_list(world: World, payer: Payer) -> None:
    evening(world)
    many(world, payer, CHUNK + 5)
    found = running_out(world.actor(world.clinician), world.program, now=TUESDAY)
    assert len(found) == CHUNK + 7
    keys = [(row.standing.runs_out_on or date.max, row.standing.left) for row in found]
    assert keys == sorted(keys)


def test_the_page_and_the_api_show_it_in_pages(world: World, payer: Payer, client: Browser) -> None:
    evening(world)
    many(world, payer, 83)
    client.force_login(world.records)
    page = reverse("authorisations")
    sizes = [len(client.get(page, {"page": n}).context["rows"]) for n in (1, 2, 3, 4)]
    assert sizes == [40, 40, 5, 5]  # a page beyond the last is the last
    first = client.get(page).content.decode()
    assert "Page 1 of 3" in first
    assert "Later" in first
    assert client.get(page, {"all": "1"}).context["page"].paginator.count == 85
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = client.get("/api/v1/authorisations", {"limit": 30, "offset": offset}).json()
        seen += [one["id"] for one in answer["items"]]
        offset = answer["next_offset"]
    assert len(seen) == len(set(seen)) == answer["total"] == 85
    assert client.get("/api/v1/authorisations", {"all": "true"}).json()["total"] == 85
    assert client.get("/api/v1/authorisations", {"limit": 500}).status_code == 422
    client.force_login(world.facilitator)
    assert client.get(page).status_code == client.get("/api/v1/authorisations").status_code == 403


def test_the_list_asks_the_same_number_of_questions_at_any_size(world: World, payer: Payer) -> None:
    evening(world)
    authorise(world, payer, 13)
    with CaptureQueriesContext(connection) as one:
        running_out(world.actor(world.clinician), world.program, now=TUESDAY)
    for client in (world.ben, world.cleo):
        authorise(world, payer, 5, client=client)
    with CaptureQueriesContext(connection) as three:
        assert len(running_out(world.actor(world.clinician), world.program, now=TUESDAY)) == 3
    assert len(three) == len(one)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"units": 0}, "units"),
        ({"ends_on": FIRST - timedelta(days=1)}, "ends_on"),
        ({"starts_on": FIRST - timedelta(days=1)}, "starts_on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    world: World, payer: Payer, given: dict[str, object], field: str
) -> None:
    coverage = authorise(world, payer, 30).coverage
    values = {"units": 30, "starts_on": FIRST, "ends_on": LAST, **given}
    with pytest.raises(BadInputError) as refused:
        paying.add_authorisation(
            actor=world.actor(world.supervisor), coverage=coverage, now=TUESDAY,
            **values,  # type: ignore[arg-type]  # a table of keywords
        )  # fmt: skip
    assert set(refused.value.fields) == {field}
    assert Authorisation.objects.count() == 1


def test_rights_names_and_versions_are_held(world: World, payer: Payer) -> None:
    found = authorise(world, payer, 30)
    with pytest.raises(NotAllowedError):
        paying.add_payer(actor=world.actor(world.supervisor), program=world.program, values={})
    with pytest.raises(NotAllowedError):
        authorise(world, payer, 3, client=world.dov)
    for who in (world.clinician, world.facilitator, world.ana):
        with pytest.raises(NotAllowedError):
            paying.change_authorisation(actor=world.actor(who), authorisation=found, units=1, ends_on=LAST)
    with pytest.raises(ConflictError):
        paying.change_authorisation(
            actor=world.actor(world.supervisor), authorisation=found, units=1, ends_on=LAST, seen_version=2
        )
    with pytest.raises(ConflictError):
        paying.add_payer(
            actor=world.actor(world.director), program=world.program,
            values={"name": "Northern Health", "rule": "unit15"},
        )  # fmt: skip
    with pytest.raises(ConflictError):
        paying.cover_client(
            actor=world.actor(world.supervisor), client=world.ana, payer=payer, starts_on=LAST
        )
    assert "A-1" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_the_pages_show_change_and_refuse(world: World, payer: Payer) -> None:
    evening(world)
    desk = browser_of(world.director)
    made = desk.post(
        reverse("coverage_new", args=[world.ana.pk]),
        {
            "payer": str(payer.pk),
            "starts_on": "2026-04-01",
            "ends_on": "",
            "member_number": "M-1",
            "seen": "",
        },
    )
    assert made.status_code == 302
    coverage = Coverage.objects.get()
    address = reverse("authorisation_new", args=[coverage.pk])
    typed = {"units": "18", "starts_on": "2026-03-01", "ends_on": "2026-04-30", "number": "A-9", "seen": ""}
    refused = desk.post(address, typed)
    assert refused.status_code == 422
    assert "does not cover all of these days" in refused.content.decode()
    assert 'value="A-9"' in refused.content.decode()
    assert desk.post(address, {**typed, "starts_on": "2026-04-01"}).status_code == 302
    page = browser_of(world.clinician).get(reverse("client_authorisations", args=[world.ana.pk]))
    assert "Last units" in page.content.decode()
    assert "A-9" in page.content.decode()
    assert reverse("coverage_new", args=[world.ana.pk]) not in page.content.decode()
    listed = browser_of(world.records).get(reverse("authorisations"))
    assert "Ana Moreno" in listed.content.decode()
    assert "A-9" not in listed.content.decode()
    found = Authorisation.objects.get()
    change = reverse("authorisation_change", args=[found.pk])
    assert desk.post(change, {"units": "40", "ends_on": "2026-04-30", "seen": "1"}).status_code == 302
    assert desk.post(change, {"units": "50", "ends_on": "2026-04-30", "seen": "1"}).status_code == 409
    assert browser_of(world.lakeside_admin).get(change).status_code == 404
    assert browser_of(world.clinician).get(change).status_code == 403
    assert browser_of(world.facilitator).get(reverse("authorisations")).status_code == 403
    payers = desk.get(reverse("manage_payers", args=[world.program.pk]))
    assert "15-minute units" in payers.content.decode()
