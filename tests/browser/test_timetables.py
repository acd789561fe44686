"""Timetables in a browser: a change is shown before it is made, a holiday reaches the client, somebody stands in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Series
from groups.services.holidays import add_holiday
from sessions_app.models import Session, SessionStaff
from sessions_app.services.scheduling import materialise_sessions
from tests.browser.visitors import Visitors
from tests.factories import make_series, make_session
from tests.worlds import World
from vio.common.actors import system_actor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
SYSTEM = system_actor("test")


@pytest.fixture
def series(home: World) -> Series:
    """Group A meets four evenings a week; Ana is in group B too, which meets later the same evenings."""
    now = timezone.now()
    today = now.astimezone(home.program.zone).date()
    row = make_series(home.group, starts_on=today, rule="FREQ=DAILY")
    materialise_sessions(actor=SYSTEM, now=now, days=12, series_ids=[row.pk])
    home.other_group.memberships.create(program=home.program, client=home.ana, starts_on=today)
    for evening in list(Session.objects.filter(series=row).order_by("starts_at"))[2:5]:
        make_session(home.other_group, starts_at=evening.starts_at + timedelta(minutes=200))
    add_holiday(actor=SYSTEM, program=home.program, on=today + timedelta(days=6), name="Harvest day", now=now)
    return row


async def test_a_change_is_shown_warned_about_and_made(
    home: World, series: Series, visitors: Visitors, shots: Path
) -> None:
    chosen = await sync_to_async(Session.objects.filter(series=series).order_by("starts_at")[2:3].get)()
    for device in ("phone", "desktop"):
        desk = await visitors.page_for(home.supervisor, device)  # type: ignore[arg-type]  # both are devices
        await desk.goes(f"/manage/sessions/{chosen.pk}/change/")
        await desk.page.get_by_label("this evening and all that follow").check()
        await desk.page.get_by_label("Starts at").fill("18:30")
        await desk.presses("Show what would happen")
        await desk.sees("Not saved yet: this would happen")
        await desk.sees("Ana Moreno is expected in Evening B at the same time")
        await desk.page.get_by_text(re.compile("Kept: ")).click()
        await desk.sees("stays called off")
        await desk.finds_no_barrier(f"change of evenings, {device}")
        await desk.shows_everything(f"change of evenings, {device}")
        await desk.shot(f"timetable-change-{device}", shots, full=True)
    await desk.page.get_by_label("I have seen this; do it anyway").check()
    await desk.presses("Make this change")
    await desk.sees("sessions changed.")
    await desk.shot("timetable-sessions", shots, full=True)
    carried = await sync_to_async(Series.objects.exclude(pk=series.pk).get)()
    assert carried.local_start.strftime("%H:%M") == "18:30"


async def test_a_client_reads_of_the_holiday_on_a_phone(
    home: World, series: Series, visitors: Visitors, shots: Path
) -> None:
    phone = await visitors.page_for(home.ben, "phone")
    await phone.goes("/")
    await phone.sees("Harvest day")
    await phone.sees("These do not count against you.")
    await phone.finds_no_barrier("home with a holiday")
    await phone.shot("home-holiday", shots, full=True)
    desk = await visitors.page_for(home.supervisor, "desktop")
    await desk.goes(f"/manage/{home.program.pk}/holidays/")
    await desk.sees("Harvest day")
    await desk.finds_no_barrier("holidays")
    await desk.shot("holidays", shots, full=True)


async def test_somebody_stands_in(home: World, series: Series, visitors: Visitors, shots: Path) -> None:
    chosen = await sync_to_async(Session.objects.filter(series=series).order_by("starts_at")[1:2].get)()
    for device in ("phone", "desktop"):
        desk = await visitors.page_for(home.supervisor, device)  # type: ignore[arg-type]  # both are devices
        await desk.goes(f"/manage/sessions/{chosen.pk}/staff/")
        await desk.finds_no_barrier(f"who leads, {device}")
        await desk.shows_everything(f"who leads, {device}")
        await desk.shot(f"who-leads-{device}", shots, full=True)
    await desk.page.get_by_label("Who comes").select_option(str(home.other_facilitator.pk))
    await desk.presses("Put on this session")
    await desk.sees(f"in place of {home.facilitator.full_name}")
    assert await SessionStaff.objects.acount() == 1
