"""R15, C10: when a note is due and when it is late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from sessions_app.notes.rules import (
    BusinessDays,
    ElapsedHours,
    NoteDue,
    NotePolicy,
    Standing,
    due_date,
    note_due,
)
from tests.rules.calendar import NEW_YORK, at
from vio.common.localtime import to_instant, to_local

FRIDAY = date(2026, 5, 22)
MEMORIAL_DAY = date(2026, 5, 25)
FRIDAY_END = to_instant(datetime.fromisoformat("2026-05-22T20:45"), NEW_YORK)
SECOND = timedelta(seconds=1)


def due(policy: NotePolicy, end: datetime = FRIDAY_END, service_date: date = FRIDAY) -> NoteDue:
    return note_due(policy, actual_end=end, service_date=service_date, tz=NEW_YORK)


def test_a_day_of_elapsed_time_with_a_warning_at_twenty_hours() -> None:
    found = due(ElapsedHours())
    assert found.due - FRIDAY_END == timedelta(hours=24)
    assert found.warn - FRIDAY_END == timedelta(hours=20)
    assert found.due_date == date(2026, 5, 23)


def test_elapsed_time_is_not_wall_time() -> None:
    end = to_instant(datetime.fromisoformat("2026-03-07T20:45"), NEW_YORK)
    found = due(ElapsedHours(), end, date(2026, 3, 7))
    assert to_local(found.due, NEW_YORK).isoformat() == "2026-03-08T21:45:00-04:00"


def test_business_days_end_at_the_next_local_midnight() -> None:
    found = due(BusinessDays(3))
    assert found.due_date == date(2026, 5, 27)
    assert to_local(found.due, NEW_YORK).isoformat() == "2026-05-28T00:00:00-04:00"
    assert found.due - found.warn == timedelta(hours=4)


def test_holidays_are_no_business_days() -> None:
    assert due(BusinessDays(3, frozenset({MEMORIAL_DAY}))).due_date == date(2026, 5, 28)
    assert due_date(FRIDAY, 1, [MEMORIAL_DAY]) == date(2026, 5, 26)


@pytest.mark.parametrize(
    ("after_due", "standing", "late"),
    [
        (-timedelta(hours=4) - SECOND, Standing.OPEN, False),
        (-timedelta(hours=4), Standing.DUE_SOON, False),
        (timedelta(0), Standing.DUE_SOON, False),
        (SECOND, Standing.OVERDUE, True),
    ],
)
def test_late_only_after_the_due_time(after_due: timedelta, standing: Standing, late: bool) -> None:
    found = due(ElapsedHours(), at(120))
    assert found.standing(found.due + after_due) is standing
    assert found.late_entry(found.due + after_due) is late
