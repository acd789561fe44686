"""F1-F6, C9: misses, ladders, disengagement and thin weeks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from sessions_app.attendance.rules import Status
from sessions_app.followup.rules import (
    Miss,
    Outcome,
    Risk,
    TaskState,
    determined_at,
    disengaged,
    ladder,
    may_call_contact,
    miss,
    progress,
    weekly_shortfall,
)
from sessions_app.hours.rules import Level, Population
from tests.rules.calendar import NEW_YORK, START, at
from vio.common.localtime import to_instant, to_local


@pytest.mark.parametrize(
    ("first_seen", "now", "expected"),
    [
        (None, 14.99, Miss.NOT_YET),
        (None, 15, Miss.MISSED),
        (-3, 15, Miss.CAME),  # only in the lobby, and gone since: the person came
        (40, 41, Miss.CAME),  # the later arrival takes the miss back
        (40, 39, Miss.MISSED),
    ],
)
def test_missed_fifteen_minutes_in_without_any_presence(
    first_seen: float | None, now: float, expected: Miss
) -> None:
    seen = None if first_seen is None else at(first_seen)
    assert miss(scheduled_start=START, first_seen=seen, now=at(now)) is expected


def test_standard_attempts_fall_due_after_one_two_and_three_days() -> None:
    plan = ladder(START, Risk.STANDARD)
    assert plan.determined_at == determined_at(START) == at(15)
    assert [due - plan.determined_at for due in plan.attempts_due] == [
        timedelta(hours=h) for h in (24, 48, 72)
    ]
    assert plan.first_attempt_due == at(15 + 24 * 60)
    assert (plan.contacts_due, plan.supervisor_consult) == (None, False)


def test_high_risk_is_called_at_once_and_contacts_within_the_hour() -> None:
    plan = ladder(START, Risk.HIGH)
    assert plan.first_attempt_due == at(15)
    assert plan.contacts_due == at(75)
    assert plan.supervisor_consult
    assert plan.attempts_due[1:] == ladder(START, Risk.STANDARD).attempts_due


def test_hours_elapse_over_a_clock_change() -> None:
    start = to_instant(datetime.fromisoformat("2026-03-07T18:00"), NEW_YORK)
    due = ladder(start, Risk.STANDARD).first_attempt_due
    assert to_local(due, NEW_YORK).isoformat() == "2026-03-08T19:15:00-04:00"


@pytest.mark.parametrize(
    ("outcomes", "state", "next_due"),
    [
        ([], TaskState.OPEN, 24),
        (["no_answer"], TaskState.OPEN, 48),
        (["message_left", "wrong_number"], TaskState.OPEN, 72),
        (["no_answer", "declined", "no_answer"], TaskState.ESCALATED, None),
        (["no_answer", "reached"], TaskState.REACHED, None),
        (["no_answer", "no_answer", "no_answer", "reached"], TaskState.REACHED, None),
    ],
)
def test_reached_closes_and_three_failures_escalate(
    outcomes: list[str], state: TaskState, next_due: int | None
) -> None:
    plan = ladder(START, Risk.STANDARD)
    found = progress(plan, [Outcome(each) for each in outcomes])
    due = None if next_due is None else plan.determined_at + timedelta(hours=next_due)
    assert (found.state, found.next_due) == (state, due)


def test_after_a_failed_first_call_at_high_risk_the_ladder_follows() -> None:
    plan = ladder(START, Risk.HIGH)
    assert progress(plan, []).next_due == at(15)
    assert progress(plan, [Outcome.NO_ANSWER]).next_due == at(15 + 24 * 60)
    third = progress(plan, [Outcome.NO_ANSWER] * 3)
    assert (third.state, third.next_due) == (TaskState.ESCALATED, plan.attempts_due[3])


def test_coming_after_all_withdraws_the_task() -> None:
    plan = ladder(START, Risk.HIGH)
    assert progress(plan, [Outcome.NO_ANSWER] * 3, came=True).state is TaskState.WITHDRAWN


@pytest.mark.parametrize(
    ("statuses", "review"),
    [
        ("", False),
        ("n n", False),
        ("n n n", True),
        ("a n e n c n", True),  # excused and cancelled neither count nor reset
        ("n n p n n", False),
        ("n n n a", False),
        ("n n n e", True),
    ],
)
def test_three_no_shows_in_a_row_ask_for_a_review(statuses: str, review: bool) -> None:
    names = {
        "n": Status.NO_SHOW,
        "a": Status.ATTENDED,
        "p": Status.PARTIAL,
        "e": Status.EXCUSED,
        "c": Status.CANCELLED,
    }
    assert disengaged(names[each] for each in statuses.split()) is review


@pytest.mark.parametrize(("days", "review"), [(0, False), (13, False), (14, True), (60, True)])
def test_fourteen_dates_without_credit_ask_for_a_review(days: int, review: bool) -> None:
    last = date(2026, 5, 1)
    assert disengaged([], last_credited=last, as_of=last + timedelta(days=days)) is review


@pytest.mark.parametrize(
    ("minutes", "to_come", "level", "population", "risk"),
    [
        (359, 180, Level.INTENSIVE, Population.ADULT, True),
        (360, 180, Level.INTENSIVE, Population.ADULT, False),
        (180, 180, Level.INTENSIVE, Population.ADOLESCENT, False),
        (180, 179, Level.INTENSIVE, Population.ADOLESCENT, True),
        (1199, 0, Level.HIGH_INTENSITY, Population.ADOLESCENT, True),
        (0, 0, Level.OUTPATIENT, Population.ADULT, False),
    ],
)
def test_a_week_that_cannot_reach_its_level_is_at_risk(
    minutes: int, to_come: int, level: Level, population: Population, risk: bool
) -> None:
    assert weekly_shortfall(minutes=minutes, to_come=to_come, level=level, population=population) is risk


@pytest.mark.parametrize(("goal", "risk"), [(None, True), (309, False), (310, True), (0, False)])
def test_a_goal_of_the_week_stands_before_the_level(goal: int | None, risk: bool) -> None:
    assert weekly_shortfall(minutes=180, to_come=129, goal=goal) is risk


def test_contacts_are_called_within_consent_or_in_an_emergency() -> None:
    assert not may_call_contact(consented=False, medical_emergency=False)
    assert may_call_contact(consented=True, medical_emergency=False)
    assert may_call_contact(consented=False, medical_emergency=True)
