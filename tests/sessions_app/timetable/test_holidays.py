"""Holidays: their sessions are called off, told to clients, counted against nobody, and given back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from checkins.rules import Level
from checkins.services.raising import answer_by
from groups.models import Holiday, Series
from groups.services.holidays import add_holiday, remove_holiday
from groups.services.series import cancel_date
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions, move_session, plan_session
from sessions_app.timetable.changing import Reach, Wanted, change_sessions
from tests.factories import MONDAY, MONDAY_START, make_series, make_session
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY
NEW_YORK = ZoneInfo("America/New_York")


def made(world: World) -> Series:
    series = make_series(world.group)
    materialise_sessions(actor=SYSTEM, now=NOON, series_ids=[series.pk])
    return series


def holiday(world: World, on: date = TUESDAY, now: datetime = NOON) -> Holiday:
    return add_holiday(actor=SYSTEM, program=world.program, on=on, name=" Spring break ", now=now)


def state(series: Series, on: date) -> tuple[str, str]:
    row = Session.objects.get(series=series, occurrence=on)
    return row.status, row.holiday


def test_every_group_of_the_date_is_called_off_and_no_other(world: World) -> None:
    series = made(world)
    single = make_session(world.other_group, starts_at=MONDAY_START + DAY)
    elsewhere = make_session(world.lakeside_group, starts_at=MONDAY_START + DAY)
    add_holiday(
        actor=world.actor(world.supervisor),
        program=world.program,
        on=TUESDAY,
        name=" Spring break ",
        now=NOON,
    )
    assert state(series, TUESDAY) == ("cancelled", "Spring break")
    assert state(series, TUESDAY + DAY) == ("scheduled", "")
    single.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (single.status, single.cancelled_at, elsewhere.status) == ("cancelled", NOON, "scheduled")
    assert AuditEntry.objects.filter(action="holiday.added", actor_id=world.supervisor.pk).count() == 1


def test_a_removed_holiday_gives_back_what_it_took_and_nothing_else(world: World) -> None:
    series, other = made(world), make_series(world.other_group)
    materialise_sessions(actor=SYSTEM, now=NOON, series_ids=[other.pk])
    cancel_date(actor=SYSTEM, series=other, on=TUESDAY, now=NOON)
    single = make_session(world.group, starts_at=MONDAY_START + DAY - timedelta(hours=6))
    row = holiday(world)
    remove_holiday(actor=SYSTEM, holiday=row, now=NOON)
    assert state(series, TUESDAY) == ("scheduled", "")
    assert state(other, TUESDAY) == ("cancelled", "")
    single.refresh_from_db()
    assert (single.status, single.cancelled_at) == ("scheduled", None)
    with pytest.raises(ConflictError):
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON)


def test_while_it_stands_no_change_of_the_timetable_brings_the_date_back(world: World) -> None:
    series = made(world)
    row = holiday(world)
    wanted = Wanted("Later group", "skills", time(19, 0), 90)
    wednesday = Session.objects.get(series=series, occurrence=TUESDAY + DAY)
    change_sessions(actor=SYSTEM, session=wednesday, reach=Reach.ALL, wanted=wanted, now=NOON)
    assert state(series, TUESDAY) == ("cancelled", "Spring break")
    remove_holiday(actor=SYSTEM, holiday=row, now=NOON)
    back = Session.objects.get(series=series, occurrence=TUESDAY)
    assert (back.status, back.title) == ("scheduled", "Later group")
    assert back.starts_at.astimezone(NEW_YORK).time() == time(19, 0)


def test_a_holiday_far_ahead_is_told_when_its_sessions_would_be_made(world: World) -> None:
    holiday(world)
    series = made(world)
    assert state(series, TUESDAY) == ("cancelled", "Spring break")
    assert Session.objects.get(series=series, occurrence=TUESDAY).cancelled_at == NOON
    assert materialise_sessions(actor=SYSTEM, now=NOON) == 0


def test_an_evening_moved_away_from_it_takes_place_and_one_moved_there_knowingly_too(world: World) -> None:
    series = made(world)
    away = Session.objects.get(series=series, occurrence=TUESDAY)
    move_session(
        actor=SYSTEM, session=away, starts_at=MONDAY_START + 4 * DAY, minutes=90, breaks=(), now=NOON
    )
    holiday(world)
    assert state(series, TUESDAY) == ("scheduled", "")
    single = plan_session(
        actor=SYSTEM, group=world.group, title="Open house", service_type="family", now=NOON,
        starts_at=MONDAY_START + DAY, minutes=60,
    )  # fmt: skip
    assert single.status == "scheduled"


def test_tonight_can_still_become_one_unless_it_has_begun(world: World) -> None:
    series = made(world)
    open_lobby = make_session(world.other_group, status="open")
    live = make_session(world.other_group, status="live", started_at=MONDAY_START)
    holiday(world, MONDAY, now=MONDAY_START - timedelta(minutes=5))
    assert state(series, MONDAY) == ("cancelled", "Spring break")
    open_lobby.refresh_from_db()
    live.refresh_from_db()
    assert (open_lobby.status, live.status) == ("cancelled", "live")


def test_another_meeting_in_its_place_keeps_it_from_coming_back(world: World) -> None:
    made(world)
    row = holiday(world)
    plan_session(
        actor=SYSTEM, group=world.group, title="Open house", service_type="family", now=NOON,
        starts_at=MONDAY_START + DAY, minutes=60,
    )  # fmt: skip
    with pytest.raises(ConflictError) as refused:
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON)
    assert refused.value.code == "double_booked"
    assert Holiday.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("on", "name", "field"),
    [(MONDAY - DAY, "Past", "on"), (MONDAY + 800 * DAY, "Far", "on"), (TUESDAY, "  ", "name")],
)
def test_a_holiday_that_cannot_be_is_refused_beside_its_field(
    world: World, on: date, name: str, field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        add_holiday(actor=SYSTEM, program=world.program, on=on, name=name, now=NOON)
    assert list(refused.value.fields) == [field]


def test_one_date_is_a_holiday_once(world: World) -> None:
    holiday(world)
    with pytest.raises(ConflictError) as refused:
        holiday(world)
    assert refused.value.code == "holiday_exists"


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "lakeside_admin"])
def test_holidays_need_the_right(world: World, who: str) -> None:
    series, row = made(world), holiday(world, MONDAY + 3 * DAY)
    actor = world.actor(getattr(world, who))
    with pytest.raises(NotAllowedError):
        add_holiday(actor=actor, program=world.program, on=TUESDAY, name="Mine", now=NOON)
    with pytest.raises(NotAllowedError):
        remove_holiday(actor=actor, holiday=row, now=NOON)
    assert state(series, TUESDAY) == ("scheduled", "")
    assert Holiday.objects.count() == 1


def test_an_orange_alert_of_a_holiday_is_due_on_the_next_business_day(world: World) -> None:
    holiday(world, MONDAY)
    due = answer_by(Level.ORANGE, world.ana, NOON)
    assert due is not None
    assert due.astimezone(NEW_YORK).date() == MONDAY + 2 * DAY  # the midnight that ends Tuesday


# --- pages ------------------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_the_pages_add_list_and_remove(world: World) -> None:
    series = made(world)
    who = browser_of(world.supervisor)
    new = reverse("manage_holiday_new", args=[world.program.pk])
    wrong = who.post(new, {"on": "2026-04-01", "name": "Past days"})
    assert wrong.status_code == 422
    assert b"That date is past" in wrong.content
    assert b'value="Past days"' in wrong.content
    listed = who.post(new, {"on": "2026-04-14", "name": "Spring break"}, follow=True)
    assert b"Tue, Apr 14, 2026" in listed.content
    row = Holiday.objects.get()
    for stranger, status in ((world.facilitator, 403), (world.lakeside_admin, 404)):
        assert (
            browser_of(stranger).post(reverse("manage_holiday_remove", args=[row.pk])).status_code == status
        )
    assert who.post(reverse("manage_holiday_remove", args=[row.pk])).status_code == 302
    assert state(series, TUESDAY) == ("scheduled", "")
    series_page = who.get(reverse("manage_series", args=[series.pk]))
    assert b"Every week on Monday" in series_page.content


@time_machine.travel(NOON, tick=False)
def test_clients_read_that_it_is_called_off_and_counts_against_nobody(world: World) -> None:
    made(world)
    holiday(world)
    home = browser_of(world.ana.person).get("/")
    assert b"Called off" in home.content
    assert b"Spring break" in home.content
    assert b"These do not count against you." in home.content
    assert b"Spring break" not in browser_of(world.cleo.person).get("/").content
