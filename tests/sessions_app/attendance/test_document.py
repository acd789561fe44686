"""The sheet on paper says what a reviewer asks for, and text from people stays text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.models import GroupStaff, Person, StaffRole
from sessions_app.attendance import selectors
from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.document import leaders, sheet_data, sheet_pdf
from sessions_app.attendance.services import attest_sheet, correct_attendance
from sessions_app.models import EvidenceSeal, Session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World
from vio.common.disclosure import NOTICE
from vio.common.models import AuditEntry

pytestmark = pytest.mark.usefixtures("the_same_evening")

NOW = datetime(2026, 4, 14, 2, 0, tzinfo=UTC)


@pytest.fixture
def evening(world: World) -> Session:
    session = held(world.group)
    sat(session, world.ana, 3, 70)
    return finalised(session)


@pytest.fixture
def browse() -> Callable[[Person], Browser]:
    """A browser in which somebody is signed in."""

    def signed_in(person: Person) -> Browser:
        browser = Browser()
        browser.force_login(person)
        return browser

    return signed_in


def data(session: Session) -> dict[str, Any]:
    page = selectors.sheet_page(session)
    assert page is not None
    return sheet_data(page, printed_at=NOW)


def test_it_tells_who_when_how_long_by_whom_and_from_what(world: World, evening: Session) -> None:
    StaffRole.objects.filter(person=world.facilitator).update(credentials="LMHC")
    found = data(evening)
    head = dict(found["head"])
    assert head["Date of service"] == "Monday, April 13, 2026"
    assert head["Planned"] == "5:30 PM to 7:00 PM (America/New_York)"
    assert head["Held"] == "5:30 PM to 7:00 PM"
    assert head["Service"] == "group therapy"
    assert head["Clients present"].startswith("1 ")
    assert f"{world.facilitator.full_name}, LMHC" in head["Led by"]
    ana, ben = found["lines"]
    assert ana == ["Ana Moreno", "5:33 PM", "6:40 PM", "67", "90", "Partly", "1", "Left early"]
    assert ben[1:6] == ["-", "-", "0", "90", "Missed"]
    assert found["signature"] == ""
    assert EvidenceSeal.objects.get().head in found["proof"]
    assert found["notice"] == NOTICE


def test_a_correction_stands_there_with_its_author_and_reason_and_the_signature_with_its_time(
    world: World, evening: Session
) -> None:
    actor = world.actor(world.facilitator)
    correct_attendance(
        actor=actor, session=evening, client=world.ana, changes=Changes(credited_minutes=60),
        reason="Audio only until 6:50", now=NOW,
    )  # fmt: skip
    attest_sheet(actor=actor, session=evening, now=NOW)
    found = data(evening)
    name = world.facilitator.full_name
    assert found["remarks"][-1] == (
        f"Ana Moreno: 67 minutes corrected to 60 by {name}. Reason: Audio only until 6:50"
    )
    assert found["signature"] == f"{name}, LCSW, Mon, Apr 13, 10:00 PM"


def test_a_substitute_of_that_evening_led_it_and_nobody_else(world: World, evening: Session) -> None:
    GroupStaff.objects.filter(group=world.group).update(ends_on=evening.local_date.replace(day=1))
    world.group.staff.create(
        program=world.program, person=world.other_facilitator, role="facilitator",
        starts_on=evening.local_date, ends_on=evening.local_date,
    )  # fmt: skip
    assert leaders(evening) == [f"{world.other_facilitator.full_name}, LCSW"]


def test_markup_in_a_name_or_a_reason_is_printed_as_it_was_typed(world: World, evening: Session) -> None:
    reason = '#read("/etc/passwd") *bold* $x^2$ \\ ] #panic("no")'
    correct_attendance(
        actor=world.actor(world.facilitator), session=evening, client=world.ana,
        changes=Changes(credited_minutes=60), reason=reason, now=NOW,
    )  # fmt: skip
    page = selectors.sheet_page(evening)
    assert page is not None
    content = sheet_pdf(page, printed_at=NOW)
    assert content.startswith(b"%PDF-")
    if (reader := shutil.which("pdftotext")) is not None:
        text = subprocess.run(
            [reader, "-layout", "-", "-"], input=content, capture_output=True, check=True
        ).stdout
        assert b'#read("/etc/passwd")' in text


def test_the_file_is_for_who_may_see_attendance_and_each_copy_is_on_record(
    world: World, evening: Session, browse: Callable[[Person], Browser]
) -> None:
    address = reverse("attendance_pdf", args=[evening.pk])
    answer = browse(world.records).get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="attendance-2026-04-13.pdf"'
    entry = AuditEntry.objects.get(action="attendance.exported")
    assert (entry.actor_id, entry.details) == (world.records.pk, {"as": "pdf", "clients": 2})
    for stranger in (world.other_facilitator, world.lakeside_clinician):
        assert browse(stranger).get(address).status_code == 404
    assert browse(world.ana.person).get(address).status_code == 403
    assert Browser().get(address).status_code == 302
    assert AuditEntry.objects.filter(action="attendance.exported").count() == 1


def test_before_it_is_counted_there_is_no_file(world: World, browse: Callable[[Person], Browser]) -> None:
    session = held(world.group)
    assert browse(world.facilitator).get(reverse("attendance_pdf", args=[session.pk])).status_code == 409
