"""Quiet hours by the program's clock, over midnight and over the nights the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groups.quiet_rules import QuietHours, reminder_due, runs_out, void_from

ZONE = ZoneInfo("America/New_York")
USUAL = QuietHours(time(20, 30), time(9, 0), ZONE)
NONE = QuietHours(time(9, 0), time(9, 0), ZONE)
NOON = QuietHours(time(12, 0), time(13, 0), ZONE)


def at(day: int, hour: int, minute: int = 0, month: int = 4) -> datetime:
    """That wall time in New York in 2026, as an instant in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "when", "expected"),
    [
        (USUAL, at(13, 20, 29), False), (USUAL, at(13, 20, 30), True), (USUAL, at(14, 0, 0), True),
        (USUAL, at(14, 8, 59), True), (USUAL, at(14, 9, 0), False), (NONE, at(13, 9, 0), False),
        (NONE, at(13, 3, 0), False), (NOON, at(13, 12, 30), True), (NOON, at(13, 13, 0), False),
        (NOON, at(13, 23, 0), False),
    ],
)  # fmt: skip
def test_when_it_is_quiet(quiet: QuietHours, when: datetime, expected: bool) -> None:
    assert quiet.cover(when) is expected


@pytest.mark.parametrize(
    ("starts", "minutes", "quiet", "due"),
    [
        (at(13, 17, 30), 60, USUAL, at(13, 16, 30)),  # the usual evening
        (at(13, 9, 30), 60, USUAL, at(13, 9, 0)),  # a morning group: when the quiet hours end
        (at(13, 9, 0), 60, USUAL, None),  # begins as they end: nobody is woken, nor told the day before
        (at(13, 8, 0), 60, USUAL, None),
        (at(13, 22, 0), 60, USUAL, at(13, 20, 15)),  # late at night: a while before they begin
        (at(14, 0, 30), 60, USUAL, None),
        (at(13, 13, 30), 60, NOON, at(13, 13, 0)),
        (at(13, 3, 0), 60, NONE, at(13, 2, 0)),
        (at(8, 9, 30, month=3), 60, USUAL, at(8, 9, 0, month=3)),  # the clock went forward this night
        (at(1, 9, 30, month=11), 600, USUAL, at(1, 9, 0, month=11)),  # and back this one
    ],
)
def test_when_a_reminder_is_due(
    starts: datetime, minutes: int, quiet: QuietHours, due: datetime | None
) -> None:
    assert reminder_due(starts, minutes, quiet) == due


def test_a_reminder_is_void_when_the_group_begins_or_it_becomes_quiet() -> None:
    assert void_from(at(13, 16, 30), at(13, 17, 30), USUAL) == at(13, 17, 30)
    assert void_from(at(13, 20, 15), at(13, 22, 0), USUAL) == at(13, 20, 30)
    assert void_from(at(13, 20, 15), at(13, 22, 0), NONE) == at(13, 22, 0)


def test_nothing_runs_out_at_night() -> None:
    assert runs_out(at(13, 15, 0), 24, USUAL) == at(14, 15, 0)
    assert runs_out(at(13, 15, 0), 8, USUAL) == at(14, 10, 0)
    assert runs_out(at(13, 15, 0), 8, NONE) == at(13, 23, 0)


moments = st.integers(0, 365 * 24 * 60).map(lambda minute: at(1, 0, month=1) + timedelta(minutes=minute))
hours = st.builds(QuietHours, st.times(), st.times(), st.just(ZONE))


@given(moments, hours, st.integers(1, 600))
def test_a_reminder_is_never_quiet_never_late_and_never_the_day_before(
    starts: datetime, quiet: QuietHours, minutes: int
) -> None:
    due = reminder_due(starts, minutes, quiet)
    if due is None:
        return
    assert not quiet.cover(due)
    assert due < starts
    assert due >= starts - timedelta(days=1, hours=1)


@given(moments, hours)
def test_the_end_of_quiet_hours_is_not_quiet(when: datetime, quiet: QuietHours) -> None:
    over = quiet.over_at(when)
    assert over >= when
    if quiet.ends.replace(second=0, microsecond=0) == quiet.ends and quiet.ends.hour not in {1, 2}:
        assert not quiet.cover(over)
