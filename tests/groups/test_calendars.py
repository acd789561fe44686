"""Recurrence rules: what is understood, what is refused, and wall times across the nights the clocks change (V-T2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groups.calendars import (
    RuleError,
    Timetable,
    dates,
    occurrence,
    occurrences,
    parse_rule,
    preview,
)

NEW_YORK = ZoneInfo("America/New_York")


def table(rule: str = "FREQ=WEEKLY;BYDAY=MO,TH", **changes: object) -> Timetable:
    given_ = {
        "rule": parse_rule(rule), "zone": NEW_YORK, "local_start": time(17, 30), "minutes": 90,
        "starts_on": date(2026, 1, 1), **changes,
    }  # fmt: skip
    return Timetable(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "canonical", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TH,MO", "FREQ=WEEKLY;BYDAY=MO,TH", "every week on Monday and Thursday"),
        ("rrule:freq=weekly;byday=mo;interval=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "every 2 weeks on Monday"),
        ("FREQ=DAILY", "FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15", "FREQ=MONTHLY;BYMONTHDAY=-1,15", "every month on the last day and day 15"),
    ],
)  # fmt: skip
def test_rules_that_are_understood(text: str, canonical: str, words: str) -> None:
    rule = parse_rule(text)
    assert str(rule) == canonical
    assert rule.words == words
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "text",
    [
        "", "MO,TU", "FREQ=", "FREQ=YEARLY", "FREQ=HOURLY;BYDAY=MO", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=MO,MO", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=3", "FREQ=WEEKLY;BYDAY=MO;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=MO;INTERVAL=13", "FREQ=WEEKLY;BYDAY=MO;INTERVAL=-1", "FREQ=WEEKLY;BYDAY=MO;INTERVAL=²",
        "FREQ=WEEKLY;FREQ=DAILY", "FREQ=DAILY;BYDAY=MO", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3", "FREQ=WEEKLY;BYDAY=MO;DTSTART=20260101", "X" * 300,
        "FREQ=WEEKLY;BYDAY=MO\nEXDATE:20260101",
    ],
)  # fmt: skip
def test_rules_that_are_refused_in_words(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(text)
    assert str(refused.value).endswith((".", ")"))


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60) | st.from_regex(r"FREQ=(DAILY|WEEKLY|MONTHLY)(;[A-Z]{2,10}=[-0-9A-Z,]{0,9}){0,3}")
)
def test_any_text_is_a_rule_that_runs_or_a_refusal(text: str) -> None:
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    found = list(dates(table(str(rule)), date(2026, 1, 1), date(2027, 2, 1)))
    assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [(date(2026, 3, 5), 22), (date(2026, 3, 9), 21), (date(2026, 10, 29), 21), (date(2026, 11, 2), 22)],
)
def test_half_past_five_stays_half_past_five(day: date, utc_hour: int) -> None:
    found = occurrence(table(), day)
    assert found.starts_at == datetime(day.year, day.month, day.day, utc_hour, 30, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(minutes=90)


@pytest.mark.parametrize(("first", "last"), [((2026, 3, 1), (2026, 3, 20)), ((2026, 10, 25), (2026, 11, 10))])
def test_a_series_over_the_change_of_clocks_keeps_wall_time_and_length(
    first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    daily = table("FREQ=DAILY", breaks=((30, 15),))
    found = occurrences(daily, date(*first), date(*last))
    assert {o.starts_at.astimezone(NEW_YORK).time() for o in found} == {time(17, 30)}
    assert {o.ends_at - o.starts_at for o in found} == {timedelta(minutes=90)}
    assert {(s - o.starts_at, e - s) for o in found for s, e in o.breaks} == {
        (timedelta(minutes=30), timedelta(minutes=15))
    }
    assert len({o.starts_at.hour for o in found}) == 2  # the instants moved by an hour, the wall time did not


def test_a_wall_time_that_is_skipped_moves_with_the_clock_and_keeps_its_length() -> None:
    night = table("FREQ=DAILY", local_start=time(2, 30), minutes=60)
    found = occurrence(night, date(2026, 3, 8))
    assert found.starts_at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(minutes=60)


def test_dates_keep_to_the_series_and_leave_out_what_was_called_off() -> None:
    series = table(ends_on=date(2026, 1, 15), cancelled=frozenset({date(2026, 1, 8)}))
    assert list(dates(series, date(2025, 1, 1), date(2027, 1, 1))) == [
        date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 15),
    ]  # fmt: skip
    assert list(dates(series, date(2026, 1, 16), date(2026, 2, 1))) == []
    assert list(dates(series, date(2026, 1, 12), date(2026, 1, 11))) == []


def test_every_second_week_is_counted_from_the_first_day_whatever_window_is_asked() -> None:
    series = table("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH")
    whole = list(dates(series, date(2026, 1, 1), date(2026, 4, 1)))
    parts = [d for start in range(0, 91, 7) for d in dates(
        series, date(2026, 1, 1) + timedelta(days=start), date(2026, 1, 7) + timedelta(days=start)
    )]  # fmt: skip
    assert whole == parts
    assert {(b - a).days for a, b in pairwise(whole)} == {14}


def test_the_preview_shows_ten_or_as_many_as_there_are() -> None:
    assert len(preview(table(), date(2026, 4, 1))) == 10
    assert len(preview(table(ends_on=date(2026, 4, 7)), date(2026, 4, 1))) == 2
    assert preview(table(ends_on=date(2026, 3, 1)), date(2026, 4, 1)) == []
