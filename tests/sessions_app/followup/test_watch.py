"""Drifting away (F4) and weeks that cannot reach their hours (F5): raised once per spell, taken back when no longer true."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from groups.models import Client, Enrolment, PrescribedDose
from sessions_app.followup import watch
from sessions_app.hours.services import compute_week
from sessions_app.models import AttendancePolicy, AttendanceRecord, Flag, HoursPolicy, Session, WeekHours
from tests.factories import MONDAY, MONDAY_START, make_session
from tests.worlds import World
from vio.common.localtime import WeekStart, week_of
from vio.common.models import Delivery


@pytest.fixture(autouse=True)
def only_ana_is_enrolled(world: World) -> None:
    Enrolment.objects.exclude(client=world.ana).update(ends_on=date(2026, 3, 1))
    Enrolment.objects.filter(client=world.ana).update(starts_on=MONDAY)


def evening(world: World, client: Client, day: int, status: str) -> datetime:
    """One session `day` days after Monday with that status; returns when it was recorded."""
    session = make_session(world.group, starts_at=MONDAY_START + timedelta(days=day))
    minutes = 90 if status == "attended" else 0
    at = session.ends_at
    AttendanceRecord.objects.create(
        program=world.program, session=session, client=client, local_date=session.local_date, credited_seconds=minutes * 60,
        credited_minutes=minutes, scheduled_minutes=90, delivered_minutes=90, status=status, source="computed",
        policy=AttendancePolicy.objects.get(program=world.program), recorded_at=at,
    )  # fmt: skip
    return at


@pytest.mark.parametrize(
    ("statuses", "raised"),
    [
        (["no_show", "no_show"], 0),
        (["no_show", "no_show", "no_show"], 1),
        (["no_show", "excused", "no_show", "cancelled", "no_show"], 1),
        (["no_show", "no_show", "attended", "no_show"], 0),
        (["partial", "no_show", "no_show", "no_show"], 1),
    ],
)
def test_three_no_shows_in_a_row(world: World, statuses: list[str], raised: int) -> None:
    at = MONDAY_START
    for day, status in enumerate(statuses):
        at = evening(world, world.ana, day, status)
    for _ in range(3):
        watch.review_engagement(now=at, changed_since=at - timedelta(minutes=10))
    assert Flag.objects.filter(kind="disengagement_review", client=world.ana).count() == raised
    assert Delivery.objects.filter(kind="review", recipient=world.clinician).count() == raised


@pytest.mark.parametrize(("days", "raised"), [(13, 0), (14, 1)])
def test_fourteen_days_without_credit(world: World, days: int, raised: int) -> None:
    evening(world, world.ana, 0, "attended")
    assert watch.review_engagement(now=MONDAY_START + timedelta(days=days)) == raised


def test_coming_back_takes_the_review_back_and_a_new_spell_is_a_new_one(world: World) -> None:
    for day in range(3):
        evening(world, world.ana, day, "no_show")
    watch.review_engagement(now=MONDAY_START + timedelta(days=3))
    evening(world, world.ana, 3, "attended")
    watch.review_engagement(now=MONDAY_START + timedelta(days=4))
    assert Flag.objects.get().withdrawn_because == "no_longer_true"
    for day in range(4, 7):
        evening(world, world.ana, day, "no_show")
    watch.review_engagement(now=MONDAY_START + timedelta(days=8))
    assert Flag.objects.filter(withdrawn_at=None).count() == 1
    assert Flag.objects.count() == 2


def week(world: World, *, minutes: int, to_come: int, goal: int = 540, **more: object) -> WeekHours:
    found, _ = WeekHours.objects.update_or_create(
        client=world.ana, week=date(2026, 4, 12),
        defaults={
            "program": world.program, "minutes": minutes, "to_come_minutes": to_come, "prescribed_minutes": goal,
            "computed_at": MONDAY_START, **more,
        },
    )  # fmt: skip
    return found


def test_a_week_that_cannot_reach_its_hours_is_flagged_once_and_taken_back(world: World) -> None:
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 1))
    now = MONDAY_START + timedelta(days=2)
    week(world, minutes=180, to_come=360)
    assert watch.watch_weeks(now=now) == 0
    week(world, minutes=180, to_come=359)
    assert watch.watch_weeks(now=now) == 1
    assert watch.watch_weeks(now=now) == 0
    week(world, minutes=180, to_come=450)
    watch.watch_weeks(now=now)
    assert Flag.objects.get(kind="weekly_shortfall_risk").withdrawn_at == now
    week(world, minutes=180, to_come=0)
    watch.watch_weeks(now=now)
    assert Flag.objects.get(kind="weekly_shortfall_risk").withdrawn_at is None


def test_who_was_admitted_in_mid_week_is_not_short(world: World) -> None:
    week(world, minutes=90, to_come=0)  # enrolled on Monday, the week began on Sunday
    assert watch.watch_weeks(now=MONDAY_START) == 0


@pytest.mark.parametrize(
    ("goal", "to_come", "raised"), [(308, 128, 0), (308, 127, 1), (0, 0, 0), (720, 539, 1)]
)
def test_a_week_is_judged_by_its_own_goal_and_not_by_the_level(
    world: World, goal: int, to_come: int, raised: int
) -> None:
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 1))
    week(world, minutes=180, to_come=to_come, goal=goal)
    assert watch.watch_weeks(now=MONDAY_START) == raised


def test_who_was_admitted_in_mid_week_is_judged_by_a_goal_cut_to_their_days(world: World) -> None:
    week(world, minutes=0, to_come=300, goal=463, target_basis="days", days_in_force=6)
    assert watch.watch_weeks(now=MONDAY_START) == 1


def test_flag_and_board_agree_on_a_week_with_a_cut_goal(world: World) -> None:
    """Admitted on Thursday with 540 minutes a week and a policy that cuts by days: three days of seven ask for 232."""
    HoursPolicy.objects.filter(program=world.program).update(proration="days")
    PrescribedDose.objects.filter(enrolment__client=world.ana).update(weekly_days=1)
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 16))
    now = MONDAY_START + timedelta(days=2)
    make_session(world.group, starts_at=MONDAY_START + timedelta(days=3), minutes=232)
    for length, raised in ((232, 0), (231, 1)):
        Session.objects.update(ends_at=MONDAY_START + timedelta(days=3, minutes=length))
        compute_week(program=world.program, week=week_of(MONDAY, WeekStart.SUNDAY), now=now)
        found = WeekHours.objects.get(client=world.ana)
        assert (found.prescribed_minutes, found.target_basis) == (232, "days")
        assert (found.forecast == "cannot_reach") is bool(raised)
        assert watch.watch_weeks(now=now) == raised


def test_a_flag_of_the_rule_before_is_replaced_and_not_doubled(world: World) -> None:
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 1))
    Flag.objects.create(
        program=world.program, kind="weekly_shortfall_risk", client=world.ana, subject=world.ana.pk,
        period="2026-04-12", rule_version=1, due_at=MONDAY_START, raised_at=MONDAY_START,
    )  # fmt: skip
    week(world, minutes=0, to_come=0)
    assert watch.watch_weeks(now=MONDAY_START) == 1
    assert Flag.objects.get(withdrawn_at=None).rule_version == 2
    assert Flag.objects.get(rule_version=1).withdrawn_because == "rule_changed"
