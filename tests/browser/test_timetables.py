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
from tests.sessions_app.attendance.evenings import finalised, held, sat
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


async def test_a_second_group_at_one_hour_is_asked_about_and_then_given(
    home: World, series: Series, visitors: Visitors, shots: Path
) -> None:
    today = series.starts_on
    add = f"/manage/groups/{home.group.pk}/members/add/"
    await sync_to_async(home.other_group.series.create)(
        program=home.program, title="Evening group", rule="FREQ=DAILY", local_start=series.local_start,
        minutes=60, starts_on=today,
    )  # fmt: skip
    for device in ("phone", "desktop"):
        desk = await visitors.page_for(home.supervisor, device)  # type: ignore[arg-type]  # both are devices
        await desk.goes(add)
        assert await desk.page.get_by_label("Yes, still do it").count() == 0
        await desk.page.get_by_label("Client").select_option(str(home.cleo.pk))
        await desk.page.get_by_label("From").fill((today + timedelta(days=2)).isoformat())
        await desk.presses("Add")
        await desk.sees("Cleo Park is expected in Evening B at the same time")
        desk.complaints.clear()  # the browser's own word about a page that answered 422
        await desk.finds_no_barrier(f"a place asked about, {device}")
        await desk.shows_everything(f"a place asked about, {device}")
        await desk.shot(f"place-asked-{device}", shots, full=True)
    await desk.page.get_by_label("Yes, still do it").check()
    await desk.presses("Add")
    await desk.sees("Added.")
    assert await home.group.memberships.filter(client=home.cleo).acount() == 1


async def test_an_admin_imports_a_log_from_the_sessions_of_a_group(
    home: World, visitors: Visitors, shots: Path
) -> None:
    now = timezone.now()

    def evening() -> Session:
        session = held(home.group, starts_at=now - timedelta(hours=5))
        sat(session, home.ana, 0, 20)
        return finalised(session)

    session = await sync_to_async(evening)()
    for device in ("phone", "desktop"):
        desk = await visitors.page_for(home.admin, device)  # type: ignore[arg-type]  # both are devices
        await desk.goes(f"/manage/groups/{home.group.pk}/sessions/")
        await desk.shows_everything(f"sessions with a way to import, {device}")
        await desk.shot(f"sessions-import-{device}", shots, full=True)
        await desk.page.get_by_role("link", name=re.compile("Import a log")).first.click()
        await desk.sees("A new log")
        await desk.finds_no_barrier(f"import by an admin, {device}")
        await desk.shot(f"import-admin-{device}", shots, full=True)
    assert session.status == "ended"
