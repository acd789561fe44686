"""The pages of targets, payers, trying a policy and the second signature: no barrier, nothing sticks out, they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from groups.models import Enrolment
from groups.selectors import today_of
from sessions_app.hours.tasks import compute_weeks
from sessions_app.models import Authorisation, Coverage, HoursPolicy, Payer, ProposedCorrection, Session
from tests.browser.visitors import PageFor
from tests.factories import make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@dataclass
class Office:
    """A world with a payer whose units run low, a late correction that waits, and a client who came mid-week."""

    world: World
    session: Session


@pytest.fixture
def office(home: World) -> Office:
    now = timezone.now()
    today = today_of(home.program, now)
    HoursPolicy.objects.filter(program=home.program).update(proration="scheduled")
    session = held(home.group, starts_at=now - timedelta(days=5))
    sat(session, home.ana, 0, 90)
    finalised(session)
    Enrolment.objects.filter(client=home.ben).update(starts_on=today)
    make_session(home.group, starts_at=now + timedelta(hours=3))
    payer = Payer.objects.create(program=home.program, name="Northern Health", code="H0015", rule="unit15")
    coverage = Coverage.objects.create(
        program=home.program, client=home.ana, payer=payer, starts_on=today - timedelta(days=30)
    )
    Authorisation.objects.create(
        program=home.program, client=home.ana, coverage=coverage, number="A-2291", units=9,
        starts_on=today - timedelta(days=30), ends_on=today + timedelta(days=30), recorded_at=now,
    )  # fmt: skip
    ProposedCorrection.objects.create(
        program=home.program, session=session, client=home.ana, base_version=1, credited_minutes=60,
        reason="Left for work at half past six.", proposed_by=home.facilitator, proposed_at=now,
    )  # fmt: skip
    compute_weeks()
    return Office(home, session)


async def test_the_pages_hold_up_at_a_desk_and_on_a_phone(
    office: Office, page_for: PageFor, shots: Path
) -> None:
    world = office.world
    pages = {
        "board": "/hours/",
        "running out": "/hours/authorisations/",
        "authorisations": f"/hours/clients/{world.ana.pk}/authorisations/",
        "goal": f"/hours/clients/{world.ben.pk}/target/",
        "payers": f"/manage/{world.program.pk}/payers/",
        "new payer": f"/manage/{world.program.pk}/payers/new/",
        "second signature": "/attendance/second-signature/",
        "sheet": f"/sessions/{office.session.pk}/attendance/",
        "line": f"/sessions/{office.session.pk}/attendance/{world.ana.pk}/",
    }
    for device in ("desktop", "phone"):
        visitor = await page_for(world.director, device)  # type: ignore[arg-type]  # both are devices
        for name, path in pages.items():
            await visitor.goes(path)
            await visitor.finds_no_barrier(f"{name} on a {device}")
            await visitor.shows_everything(f"{name} on a {device}")
            await visitor.shot(f"payers {name} {device}", shots, full=True)


async def test_a_late_correction_is_declined_with_words_and_then_nothing_waits(
    office: Office, page_for: PageFor
) -> None:
    supervisor = await page_for(office.world.supervisor, "desktop")
    await supervisor.goes("/attendance/second-signature/")
    await supervisor.presses("Decline")
    await supervisor.sees("Please say why.")
    supervisor.complaints.clear()  # the browser's own word about a page that answered 422
    await supervisor.page.get_by_label("Why not, if you decline").fill("The log is clear.")
    await supervisor.presses("Decline")
    await supervisor.sees("Nothing waits")


async def test_a_policy_is_tried_on_past_weeks_and_the_form_keeps_what_was_typed(
    office: Office, page_for: PageFor, shots: Path
) -> None:
    director = await page_for(office.world.director, "phone")
    await director.goes(f"/manage/{office.world.program.pk}/policies/hours/new/")
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    await director.page.get_by_label("From", exact=True).fill(day)
    await director.page.get_by_label("The weekly minimum").select_option("none")
    await director.presses("Try it on those weeks")
    await director.sees("Nothing was saved")
    assert await director.page.get_by_label("From", exact=True).input_value() == day
    await director.finds_no_barrier("a tried policy")
    await director.shows_everything("a tried policy")
    await director.shot("payers tried policy phone", shots, full=True)
