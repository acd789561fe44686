"""Wall times over both changes of the clocks, and when a program moves to another zone (R1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from groups.services.programs import change_program
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions, move_session, plan_session
from sessions_app.timetable.changing import Reach, Wanted, change_sessions
from tests.factories import MONDAY, MONDAY_START, make_series
from tests.worlds import World
from vio.common.actors import system_actor

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NEW_YORK, DENVER = ZoneInfo("America/New_York"), ZoneInfo("America/Denver")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def nightly(world: World, first: date, start: time, minutes: int = 90) -> dict[date, Session]:
    series = make_series(
        world.group, rule="FREQ=DAILY", starts_on=first, local_start=start, minutes=minutes, breaks=[[30, 10]]
    )
    now = datetime(first.year, first.month, first.day, 5, tzinfo=UTC) - DAY
    materialise_sessions(actor=SYSTEM, now=now, days=6, series_ids=[series.pk])
    return {s.local_date: s for s in Session.objects.filter(series=series)}


def test_an_hour_that_is_skipped_begins_when_the_clock_goes_on(world: World) -> None:
    nights = nightly(world, SPRING - DAY, time(2, 30))
    wall = {day: s.starts_at.astimezone(NEW_YORK).strftime("%H:%M") for day, s in nights.items()}
    assert (wall[SPRING - DAY], wall[SPRING], wall[SPRING + DAY]) == ("02:30", "03:30", "02:30")
    assert {s.ends_at - s.starts_at for s in nights.values()} == {timedelta(minutes=90)}


def test_an_hour_that_comes_twice_is_the_first_of_the_two(world: World) -> None:
    nights = nightly(world, AUTUMN - DAY, time(1, 30))
    assert nights[AUTUMN].starts_at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert nights[AUTUMN + DAY].starts_at == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    assert {s.ends_at - s.starts_at for s in nights.values()} == {timedelta(minutes=90)}


@pytest.mark.parametrize(
    ("day", "start"),
    [(SPRING, time(23, 0)), (SPRING, time(1, 30)), (AUTUMN, time(0, 30)), (AUTUMN, time(23, 0))],
)
def test_a_group_across_the_change_lasts_as_long_as_ever(world: World, day: date, start: time) -> None:
    night = nightly(world, day - DAY, start, 120)[day]
    assert night.ends_at - night.starts_at == timedelta(minutes=120)
    pause = night.breaks.get()
    assert pause.planned_start == night.starts_at + timedelta(minutes=30)
    assert night.local_date == day


@pytest.mark.parametrize("first", [date(2026, 3, 2), date(2026, 10, 26)])
def test_a_change_of_all_keeps_the_wall_time_on_both_sides(world: World, first: date) -> None:
    nights = nightly(world, first, time(17, 30))
    now = datetime(first.year, first.month, first.day, 5, tzinfo=UTC)
    change_sessions(
        actor=SYSTEM, session=nights[first + DAY], reach=Reach.FOLLOWING, now=now,
        wanted=Wanted("Evening group", "group_therapy", time(18, 15), 90),
    )  # fmt: skip
    moved = Session.objects.filter(group=world.group, local_date__gt=first)
    assert {s.starts_at.astimezone(NEW_YORK).time() for s in moved} == {time(18, 15)}
    assert len({s.starts_at.astimezone(UTC).hour for s in moved}) == 2


def test_another_zone_keeps_every_wall_time_that_has_not_begun(world: World) -> None:
    series = make_series(world.group)
    materialise_sessions(actor=SYSTEM, now=NOON, series_ids=[series.pk])
    by_hand = Session.objects.get(series=series, occurrence=MONDAY + DAY)
    move_session(
        actor=SYSTEM, session=by_hand, starts_at=by_hand.starts_at + timedelta(hours=2), minutes=90,
        breaks=[(40, 10)], now=NOON,
    )  # fmt: skip
    single = plan_session(
        actor=SYSTEM, group=world.other_group, title="Open house", service_type="family",
        starts_at=MONDAY_START + 5 * DAY, minutes=60, now=NOON,
    )  # fmt: skip
    began = Session.objects.get(series=series, occurrence=MONDAY)
    Session.objects.filter(pk=began.pk).update(status="live", started_at=MONDAY_START)
    now = MONDAY_START + timedelta(minutes=5)
    change_program(actor=SYSTEM, program=world.program, values={"timezone": "America/Denver"}, now=now)
    for row, wall in ((by_hand, time(19, 30)), (single, time(17, 30))):
        before = row.local_date
        row.refresh_from_db()
        assert row.starts_at.astimezone(DENVER).time() == wall
        assert row.local_date == before
    pause = by_hand.breaks.get()
    assert pause.planned_start == by_hand.starts_at + timedelta(minutes=40)
    began.refresh_from_db()
    assert began.starts_at == MONDAY_START
    others = Session.objects.filter(series=series, occurrence__gt=MONDAY + DAY)
    assert {s.starts_at.astimezone(DENVER).time() for s in others} == {time(17, 30)}


def test_a_meeting_whose_wall_time_is_past_there_stays_where_it_is(world: World) -> None:
    soon = plan_session(
        actor=SYSTEM, group=world.group, title="Soon", service_type="family", minutes=60, now=NOON,
        starts_at=NOON + timedelta(minutes=30),
    )  # fmt: skip
    change_program(actor=SYSTEM, program=world.program, values={"timezone": "Atlantic/Azores"}, now=NOON)
    was = soon.starts_at
    soon.refresh_from_db()
    assert soon.starts_at == was
