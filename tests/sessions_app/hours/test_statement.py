"""The one statement for all clients gives what the Python rule gives, on random programs (R9, R11, C4, C11, C12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Client
from sessions_app.hours.reading import read_week
from sessions_app.hours.services import compute_week
from sessions_app.models import WeekHours, WeekTarget
from tests.factories import make_person
from tests.sessions_app.hours.programs import WEEK, Plan, build, plans
from vio.common.localtime import Week


def by_rule(client: Client, week: Week, now: datetime) -> tuple[object, ...] | None:
    reading = read_week(client, week, now=now)
    if reading is None:
        return None
    return (
        reading.minutes, len(reading.days), reading.dose.minutes, reading.dose.days, reading.to_come,
        str(reading.outlook.outlook), reading.target.full.minutes, reading.target.days_in_force,
        reading.target.called_off, str(reading.target.basis),
    )  # fmt: skip


def by_statement(client: Client, week: Week) -> tuple[object, ...] | None:
    row = WeekHours.objects.filter(client=client, week=week.first).first()
    if row is None:
        return None
    return (
        row.minutes, row.days, row.prescribed_minutes, row.prescribed_days, row.to_come_minutes, row.forecast,
        row.full_minutes, row.days_in_force, row.called_off_minutes, row.target_basis,
    )  # fmt: skip


def set_targets(plan: Plan, clients: list[Client], week: Week) -> None:
    """What people set for the week, in order: the newest holds."""
    WeekTarget.objects.bulk_create(
        WeekTarget(
            program_id=clients[c].program_id, client=clients[c], week=week.first, version=n, minutes=minutes,
            days=days, reason="agreed", author=clients[c].person, set_at=plan.now,
        )
        for n, (c, minutes, days) in enumerate(plan.targets, 1)
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_statement_and_rule_agree_on_random_programs() -> None:
    people = [make_person(f"P{n}") for n in range(3)]
    seen: dict[str, int] = {"rows": 0, "minutes": 0, "to_come": 0, "outlooks": 0}
    outlooks: set[str] = set()
    bases: set[str] = set()

    @settings(
        max_examples=300, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(plan=plans, shift=st.sampled_from([0, 0, 0, 1, -1]))
    def check(plan: Plan, shift: int) -> None:
        program, clients = build(plan, people)
        week = Week(WEEK.first + timedelta(days=shift * 7 if plan.week_start != "rolling7" else shift))
        if plan.week_start == "mon":
            week = Week(week.first + timedelta(days=1))
        set_targets(plan, clients, week)
        compute_week(program=program, week=week, now=plan.now)
        for client in clients:
            found = by_statement(client, week)
            assert found == by_rule(client, week, plan.now)
            if found is not None:
                seen["rows"] += 1
                seen["minutes"] += bool(found[0])
                seen["to_come"] += bool(found[4])
                outlooks.add(str(found[5]))
                bases.add(str(found[9]))

    check()
    # The comparison means something only if the random programs hold what is compared. How many do is not the same in every
    # run: Hypothesis also draws constants of the modules that happen to be loaded.
    assert seen["rows"] > 200, seen
    assert seen["minutes"] > 8, seen
    assert seen["to_come"] > 8, seen
    assert outlooks == {"met", "on_course", "needs_one_more", "cannot_reach"}
    assert bases == {"full", "days", "level", "called_off", "override"}


@pytest.mark.django_db
def test_a_second_computation_writes_nothing_and_a_later_one_only_what_changed() -> None:
    people = [make_person(f"P{n}") for n in range(3)]
    now = datetime(2026, 4, 15, tzinfo=UTC)
    span = (date(2026, 1, 1), None)
    plan = Plan(
        week_start="sun", attribution="start_date", no_show_below=8,
        policies=((date(2026, 1, 1), "clock", 50, 60, 100, frozenset({"group_therapy"})),), tracks=("", ""),
        max_size=4, enrolments=((0, span), (1, span)), doses=(), memberships=((0, 0, span),), meetings=(), now_hours=80,
    )  # fmt: skip
    program, clients = build(plan, people)
    compute_week(program=program, week=WEEK, now=now)
    assert {row.computed_at for row in WeekHours.objects.all()} == {now}
    compute_week(program=program, week=WEEK, now=now + timedelta(minutes=1))
    assert {row.computed_at for row in WeekHours.objects.all()} == {now}
    clients[0].enrolments.get().doses.create(
        program=program, starts_on=date(2026, 1, 1), weekly_minutes=0, weekly_days=0
    )
    compute_week(program=program, week=WEEK, now=now + timedelta(minutes=2))
    changed = WeekHours.objects.get(computed_at=now + timedelta(minutes=2))
    assert (changed.client_id, changed.forecast) == (clients[0].pk, "met")
