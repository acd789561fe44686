"""Work that changes hands in a browser: who had it, words that follow the clock, what is asked before groups meet again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from checkins.models import Alert
from checkins.services.alerts import acknowledge_alert
from checkins.tasks import hand_over_alerts
from checkins.urgency import level_words
from groups.models import Absence, Holiday, StaffRole
from groups.services.holidays import add_holiday
from sessions_app.followup import misses
from sessions_app.followup.handing_over import hand_over
from sessions_app.models import FollowUp, Session
from tests.browser.visitors import Visitor, Visitors
from tests.checkins.answers import red_alert, send
from tests.factories import make_session
from tests.worlds import World
from vio.common.actors import system_actor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
SYSTEM = system_actor("test")
DAY = timedelta(days=1)


async def is_well_made(visitor: Visitor, name: str, shots: Path) -> None:
    await visitor.finds_no_barrier(name)
    await visitor.shows_everything(name)
    await visitor.shot(name, shots, full=True)


def moved(home: World, now: datetime) -> tuple[FollowUp, Alert]:
    """Ana's alert and Ben's miss were the clinician's; she went away, and the director covers."""
    make_session(home.group, starts_at=now - timedelta(minutes=20), status="live", started_at=now)
    misses.raise_missed(actor=SYSTEM, now=now)
    alert = red_alert(home, home.ana, now=now)
    acknowledge_alert(actor=home.actor(home.clinician), alert_id=alert.pk, version=1, now=now)
    Absence.objects.create(
        program=home.program, person=home.clinician, cover=home.director, starts_at=now - DAY, ends_at=now + DAY,
        recorded_by=home.clinician, recorded_at=now,
    )  # fmt: skip
    assert hand_over(actor=SYSTEM, now=now) == 2
    assert hand_over_alerts() == 1
    return FollowUp.objects.get(client=home.ben), alert


async def test_follow_up_and_alert_say_who_had_them(home: World, visitors: Visitors, shots: Path) -> None:
    task, alert = await sync_to_async(moved)(home, timezone.now())
    words = "Handed from Clinician Staff to Director Staff: Clinician Staff is away until"
    for device in ("phone", "desktop"):
        visitor = await visitors.page_for(home.director, device)
        await visitor.goes(f"/follow-ups/{task.pk}/")
        await visitor.sees("Who had it")
        await visitor.sees(words, within="ol.timeline")
        await is_well_made(visitor, f"handover-follow-up-{device}", shots)
        await visitor.goes(f"/alerts/{alert.pk}/")
        await visitor.sees("Handed over")
        await visitor.sees(words)
        await is_well_made(visitor, f"handover-alert-{device}", shots)


def orange(home: World) -> tuple[Alert, str]:
    """An orange alert of now, after a holiday that lasts ten days: its day is another one whenever this runs."""
    now = timezone.now()
    today = now.astimezone(home.program.zone).date()
    for step in range(10):
        Holiday.objects.create(program=home.program, on=today + step * DAY, name="Break")
    alert = send(home, home.ben, now=now, used="yes").alert
    assert alert is not None
    words = level_words(alert.level, alert.status, alert.acknowledge_by, now=now, zone=home.program.zone)
    return alert, words


async def test_the_badge_of_an_alert_names_the_day_of_its_clock(
    home: World, visitors: Visitors, shots: Path
) -> None:
    _, words = await sync_to_async(orange)(home)
    assert words.startswith("Orange: act by ")
    for device in ("phone", "desktop"):
        visitor = await visitors.page_for(home.clinician, device)
        await visitor.goes("/desk/")
        await visitor.sees(words, within="#queue")
        await visitor.sees(words, within="#context")
        await visitor.sees_no("act today")
        await is_well_made(visitor, f"urgency-desk-{device}", shots)


def taken_by_a_holiday(home: World) -> Holiday:
    """Both groups would meet at one hour on the date of a holiday; Ana is in both."""
    now = timezone.now()
    row = add_holiday(
        actor=SYSTEM, program=home.program, on=now.astimezone(home.program.zone).date() + 5 * DAY,
        name="Harvest day", now=now,
    )  # fmt: skip
    for group in (home.group, home.other_group):
        make_session(
            group, starts_at=now + 5 * DAY, local_date=row.on, status="cancelled", cancelled_at=now,
            holiday=row.name,
        )  # fmt: skip
    home.other_group.memberships.create(program=home.program, client=home.ana, starts_on=row.on - 5 * DAY)
    return row


async def test_a_holiday_is_removed_after_a_look_at_who_is_in_two_places(
    home: World, visitors: Visitors, shots: Path
) -> None:
    row = await sync_to_async(taken_by_a_holiday)(home)
    for device in ("phone", "desktop"):
        visitor = await visitors.page_for(home.supervisor, device)
        await visitor.goes(f"/manage/holidays/{row.pk}/remove/")
        await visitor.presses("The groups meet")
        await visitor.sees("Ana Moreno is expected in Evening")
        await is_well_made(visitor, f"holiday-asked-{device}", shots)
        visitor.complaints.clear()  # a browser notes every answer of 422
    assert await Holiday.objects.filter(pk=row.pk).aexists()
    await visitor.page.get_by_label("Yes, still do it").check()
    await visitor.presses("The groups meet")
    await visitor.sees("The groups of that date take place.")
    assert not await Session.objects.filter(status="cancelled").aexists()


async def test_the_manage_page_warns_of_a_licence_that_ends(
    home: World, visitors: Visitors, shots: Path
) -> None:
    ends = timezone.now().astimezone(home.program.zone).date() + 6 * DAY
    await StaffRole.objects.filter(person=home.facilitator).aupdate(
        licensed_states=["NY"], licence_ends={"NY": ends.isoformat()}
    )
    for device in ("phone", "desktop"):
        visitor = await visitors.page_for(home.admin, device)
        await visitor.goes(f"/manage/{home.program.pk}/")
        await visitor.sees("The licence in NY ends on")
        await is_well_made(visitor, f"licence-manage-{device}", shots)
