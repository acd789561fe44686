"""Every page somebody works with, with a life behind it: no barrier by day and night, nothing sticks out on a phone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from checkins.models import Alert
from checkins.services.checkins import submit_checkin
from groups.models import Client, Person
from sessions_app.followup import misses
from sessions_app.hours.tasks import compute_weeks
from sessions_app.models import FollowUp, Session
from sessions_app.notes import services as notes
from tests.browser.visitors import PageFor
from tests.factories import make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World
from vio.common.actors import system_actor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SYSTEM = system_actor("test")


@dataclass
class Life:
    """A world with a held evening, a week of check-ins, an alert, a missed group and open notes."""

    world: World
    session: Session
    alert: Alert
    follow_up: FollowUp


@pytest.fixture
def life(home: World) -> Life:
    """Ana came yesterday and struggles today; Ben did not come."""
    now = timezone.now()
    for days in range(6, 0, -1):
        check_in(home, home.ana, mood=7, urge=2, days_ago=days)
    check_in(home, home.ana, mood=2, urge=8, days_ago=0)
    session = held(home.group, starts_at=now - timedelta(days=1))
    sat(session, home.ana, 0, 40)
    sat(session, home.ana, 52, 90)
    finalised(session)
    notes.open_notes(actor=home.actor(home.facilitator), session=session, now=now)
    misses.raise_missed(actor=SYSTEM, now=now)
    make_session(home.group, starts_at=now + timedelta(hours=3))
    compute_weeks()
    return Life(home, session, Alert.objects.get(client=home.ana), FollowUp.objects.get(client=home.ben))


def check_in(world: World, client: Client, *, mood: int, urge: int, days_ago: int) -> None:
    """One daily check-in through the service."""
    answers = {"mood": str(mood), "urge": str(urge), "used": "no", "safety": "no"}
    done = submit_checkin(
        actor=world.actor(client), submission_id=uuid.uuid4(), answers=answers,
        now=timezone.now() - timedelta(days=days_ago),
    )  # fmt: skip
    assert not done.errors


CLIENT_PAGES = {
    "home": "/", "check-in": "/checkin/", "my week": "/week/", "help": "/help/", "what was counted": "/sessions/{session}/mine/",
    "agreement": "/agreement/", "my sign-in": "/account/",
}  # fmt: skip
STAFF_PAGES = {
    "facilitator": ["/tonight/", "/sessions/{session}/attendance/", "/sessions/{session}/notes/", "/notes/"],
    "clinician": [
        "/desk/", "/alerts/{alert}/", "/follow-ups/{follow_up}/", "/hours/", "/clients/", "/clients/{client}/",
    ],
    "admin": ["/manage/"],
}  # fmt: skip


def address(life: Life, pattern: str) -> str:
    """The address with this life's ids."""
    ids = {
        "session": life.session.pk,
        "alert": life.alert.pk,
        "follow_up": life.follow_up.pk,
        "client": life.world.ana.pk,
    }
    return pattern.format(**ids)


async def test_a_clients_pages_on_a_phone(life: Life, page_for: PageFor, shots: Path) -> None:
    ana = await page_for(life.world.ana, "phone")
    for name, pattern in CLIENT_PAGES.items():
        await ana.goes(address(life, pattern))
        await ana.sees("988")
        await ana.finds_no_barrier(name)
        await ana.shows_everything(name)
        await ana.shot(f"client {name}", shots, full=True)


@pytest.mark.parametrize("role", sorted(STAFF_PAGES))
async def test_staff_pages_on_a_desk_and_on_a_phone(
    life: Life, page_for: PageFor, role: str, shots: Path
) -> None:
    who: Person = getattr(life.world, role)
    desk, phone = await page_for(who, "desktop"), await page_for(who, "phone")
    for pattern in STAFF_PAGES[role]:
        for visitor, device in ((desk, "desktop"), (phone, "phone")):
            await visitor.goes(address(life, pattern))
            await visitor.finds_no_barrier(f"{pattern} on a {device}")
            await visitor.shows_everything(f"{pattern} on a {device}")
            await visitor.shot(f"{role} {pattern.strip('/').replace('/', ' ') or 'home'} {device}", shots)


async def test_a_red_answer_reaches_two_desks_and_is_closed_by_one(life: Life, page_for: PageFor) -> None:
    """Three people at once: Ben on a phone, the clinician and the supervisor at their desks."""
    ben = await page_for(life.world.ben, "phone")
    clinician = await page_for(life.world.clinician, "desktop")
    supervisor = await page_for(life.world.supervisor, "desktop")
    for desk in (clinician, supervisor):
        await desk.goes("/desk/")
        await desk.sees("Ana Moreno")
        await desk.sees("Missed groups")
    await ben.goes("/help/")
    await submit_red(life)
    for desk in (clinician, supervisor):
        await desk.sees("Answered yes to the safety question. (A1)")
    await clinician.presses("I take this")
    await supervisor.sees("Ben Okafor")


async def submit_red(life: Life) -> None:
    """Ben answers yes to the safety question; the form itself is walked in the check-in's own tests."""
    from asgiref.sync import sync_to_async

    def send() -> None:
        answers = {"mood": "3", "urge": "4", "used": "no", "safety": "yes"}
        submit_checkin(
            actor=life.world.actor(life.world.ben),
            submission_id=uuid.uuid4(),
            answers=answers,
            now=timezone.now(),
        )

    await sync_to_async(send)()
