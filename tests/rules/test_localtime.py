"""R1, R9: wall times, instants, dates and weeks, on the nights that matter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vio.common.localtime import (
    WeekStart,
    as_utc,
    business_day_after,
    end_of_date,
    is_business_day,
    local_date,
    start_of_date,
    to_instant,
    to_local,
    week_bounds,
    week_length_hours,
    week_of,
    zone,
)

NEW_YORK = zone("America/New_York")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # the parts of a datetime, in order


@pytest.mark.parametrize(
    ("wall", "fold", "expected"),
    [
        ("2026-01-15T17:30", 0, utc(2026, 1, 15, 22, 30)),
        ("2026-07-15T17:30", 0, utc(2026, 7, 15, 21, 30)),
        ("2026-03-08T02:30", 0, utc(2026, 3, 8, 7, 30)),
        ("2026-03-08T02:30", 1, utc(2026, 3, 8, 7, 30)),
        ("2026-11-01T01:30", 0, utc(2026, 11, 1, 5, 30)),
        ("2026-11-01T01:30", 1, utc(2026, 11, 1, 6, 30)),
        ("2026-11-01T02:00", 1, utc(2026, 11, 1, 7, 0)),
    ],
)
def test_a_wall_time_names_one_instant(wall: str, fold: int, expected: datetime) -> None:
    assert to_instant(datetime.fromisoformat(wall), NEW_YORK, fold=fold) == expected


def test_a_skipped_wall_time_shows_as_one_hour_later() -> None:
    instant = to_instant(datetime.fromisoformat("2026-03-08T02:30"), NEW_YORK)
    assert to_local(instant, NEW_YORK).isoformat() == "2026-03-08T03:30:00-04:00"


def test_instants_leave_in_utc() -> None:
    assert to_instant(datetime.fromisoformat("2026-07-15T17:30"), NEW_YORK).tzinfo is UTC
    assert as_utc(datetime(2026, 7, 15, tzinfo=timezone(timedelta(hours=2)))).tzinfo is UTC


def test_a_time_with_offset_is_no_wall_time_and_one_without_no_instant() -> None:
    with pytest.raises(ValueError, match="carries no offset"):
        to_instant(utc(2026, 1, 1), NEW_YORK)
    with pytest.raises(ValueError, match="has no offset"):
        as_utc(datetime.fromisoformat("2026-01-01T00:00"))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America"])
def test_an_unknown_zone_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        zone(name)


@pytest.mark.parametrize(
    ("zone_name", "day", "expected"),
    [
        ("America/New_York", date(2026, 3, 8), utc(2026, 3, 8, 5)),
        ("America/Sao_Paulo", date(2018, 11, 4), utc(2018, 11, 4, 3)),  # midnight skipped
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4)),  # midnight twice: the first
        ("America/Toronto", date(1919, 3, 31), utc(1919, 3, 31, 4, 30)),  # 23:30 became 00:30
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),  # a date that never was
    ],
)
def test_a_local_date_begins_at_its_first_instant(zone_name: str, day: date, expected: datetime) -> None:
    tz = zone(zone_name)
    begins = start_of_date(day, tz)
    assert begins == expected
    assert local_date(begins - timedelta(seconds=1), tz) < day


def test_a_date_ends_where_the_next_begins_and_may_be_empty() -> None:
    tz = zone("Pacific/Apia")
    assert end_of_date(date(2011, 12, 30), tz) == start_of_date(date(2011, 12, 30), tz)
    assert end_of_date(date(2026, 5, 6), NEW_YORK) == utc(2026, 5, 7, 4)


def test_the_date_is_the_one_on_the_wall() -> None:
    late_evening = utc(2026, 5, 7, 2)
    assert local_date(late_evening, NEW_YORK) == date(2026, 5, 6)
    assert local_date(late_evening, zone("Europe/Berlin")) == date(2026, 5, 7)


@pytest.mark.parametrize(
    ("start", "first", "last"),
    [
        (WeekStart.SUNDAY, date(2026, 5, 3), date(2026, 5, 9)),
        (WeekStart.MONDAY, date(2026, 5, 4), date(2026, 5, 10)),
        (WeekStart.ROLLING7, date(2026, 4, 30), date(2026, 5, 6)),
    ],
)
def test_a_week_has_seven_dates_and_holds_its_day(start: WeekStart, first: date, last: date) -> None:
    week = week_of(date(2026, 5, 6), start)
    assert (week.first, week.last) == (first, last)
    assert date(2026, 5, 6) in week
    assert first - timedelta(days=1) not in week
    assert last + timedelta(days=1) not in week


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        (date(2026, 3, 8), WeekStart.SUNDAY, 167),
        (date(2026, 3, 8), WeekStart.MONDAY, 167),
        (date(2026, 11, 1), WeekStart.SUNDAY, 169),
        (date(2026, 10, 26), WeekStart.MONDAY, 169),
        (date(2026, 11, 2), WeekStart.MONDAY, 168),
        (date(2026, 11, 5), WeekStart.ROLLING7, 169),
    ],
)
def test_weeks_of_a_clock_change_are_an_hour_off(day: date, start: WeekStart, hours: float) -> None:
    assert week_length_hours(week_of(day, start), NEW_YORK) == hours


def test_week_bounds_meet_the_next_week() -> None:
    this = week_bounds(week_of(date(2026, 3, 8), WeekStart.SUNDAY), NEW_YORK)
    following = week_bounds(week_of(date(2026, 3, 15), WeekStart.SUNDAY), NEW_YORK)
    assert this == (utc(2026, 3, 8, 5), utc(2026, 3, 15, 4))
    assert this[1] == following[0]


def test_business_days_skip_weekends_and_holidays() -> None:
    memorial_day = date(2026, 5, 25)
    friday = date(2026, 5, 22)
    assert business_day_after(friday, 0) == friday
    assert business_day_after(friday, 1) == memorial_day
    assert business_day_after(friday, 1, {memorial_day}) == date(2026, 5, 26)
    assert not is_business_day(memorial_day, [memorial_day])
    assert not is_business_day(date(2026, 5, 23))
    with pytest.raises(ValueError, match="forward"):
        business_day_after(friday, -1)


ZONES = [
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "America/Nuuk",
    "Asia/Gaza",
]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 wall times
    st.integers(0, 1),
)
def test_a_wall_time_that_exists_comes_back_unchanged(name: str, wall: datetime, fold: int) -> None:
    tz = zone(name)
    back = to_local(to_instant(wall, tz, fold=fold), tz).replace(tzinfo=None, fold=0)
    assert back == wall or back - wall in (timedelta(hours=1), timedelta(minutes=30))


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2027, 12, 31)))
def test_dates_tile_the_time_line(name: str, day: date) -> None:
    tz = zone(name)
    begins, ends = start_of_date(day, tz), end_of_date(day, tz)
    assert begins < ends
    assert local_date(begins, tz) == day
    assert local_date(ends - timedelta(microseconds=1), tz) == day
