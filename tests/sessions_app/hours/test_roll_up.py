"""Many weeks rolled up at once give what each week computed by itself gives, whatever was stored before (R9, R11)."""

from __future__ import annotations

import functools
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import Client, Enrolment, Group, LevelOfCare, Membership, Person, PrescribedDose, Program
from sessions_app.hours.recompute import recompute_weeks
from sessions_app.hours.roll_up import roll_up, weeks_left
from sessions_app.hours.services import compute_week
from sessions_app.hours.tasks import finished_weeks, roll_up_weeks
from sessions_app.models import (
    AttendancePolicy,
    AttendanceRecord,
    HoursPolicy,
    Session,
    WeekHours,
    WeekTarget,
)
from tests.factories import LONG_AGO, make_person, make_session
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.sessions_app.hours.programs import Plan, build, plans
from tests.worlds import World
from vio.common.localtime import Week, WeekStart, week_of

FIRST = date(2026, 3, 15)
"""A Sunday, four weeks before the week of the random programs."""
NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 4, 14, 22, tzinfo=UTC)
FIGURES = (
    "client_id", "week", "minutes", "days", "prescribed_minutes", "prescribed_days", "to_come_minutes", "forecast",
    "full_minutes", "days_in_force", "called_off_minutes", "target_basis",
)  # fmt: skip


def stored(program: Program) -> list[tuple[object, ...]]:
    return sorted(WeekHours.objects.filter(program=program).values_list(*FIGURES), key=str)


def weeks_of(program: Program, number: int = 7) -> list[Week]:
    """As many weeks of a program from the one that holds FIRST on."""
    first = week_of(FIRST, WeekStart(program.week_start)).first
    return [Week(first + timedelta(days=7 * n)) for n in range(number)]


def ordinary(luck: random.Random, people: list[Person]) -> Program:
    """A program as most are: everybody for a long time, two evenings a week; and now and then something else."""
    rare = functools.partial(_rare, luck)
    program = Program.objects.create(name="Random", week_start=luck.choice(["sun", "sun", "mon"]))
    level = LevelOfCare.objects.create(
        program=program,
        code="2.1",
        name="IOP",
        weekly_minutes=luck.choice([30, 120]),
        weekly_days=luck.choice([1, 2]),
    )
    policies = [
        AttendancePolicy.objects.create(
            program=program, version=n, effective_from=LONG_AGO, no_show_below_minutes=limit,
            attribution="split" if rare(20) else "start_date",
        )
        for n, limit in enumerate([8, 40] if rare(5) else [8], 1)
    ]  # fmt: skip
    HoursPolicy.objects.bulk_create(
        HoursPolicy(
            program=program, version=n, effective_from=day, countable=["group_therapy"], group_minutes=50,
            definition=luck.choice(["clock", "therapeutic"]), proration=luck.choice(["none", "days", "scheduled"]),
        )
        for n, day in enumerate([LONG_AGO, FIRST + timedelta(days=luck.randrange(28))][: 1 + rare(4)], 1)
    )  # fmt: skip
    clients = Client.objects.bulk_create(Client(program=program, person=person) for person in people)
    group = Group.objects.create(program=program, name="G", max_size=8, min_size=1)
    for client in clients:
        _join(luck, program, level, group, client)
    for n in range(8):
        _meet(luck, group, clients, policies, FIRST + timedelta(days=7 * (n // 2) + luck.randrange(7)))
    return program


def _rare(luck: random.Random, one_in: int) -> bool:
    return luck.randrange(one_in) == 0


def _join(luck: random.Random, program: Program, level: LevelOfCare, group: Group, client: Client) -> None:
    some_day = FIRST + timedelta(days=luck.randrange(28))
    ends = some_day if _rare(luck, 8) else None
    begins = [LONG_AGO, *([some_day + timedelta(days=luck.randrange(-2, 9))] if ends else [])]
    if _rare(luck, 8):
        begins[0] = FIRST + timedelta(days=luck.randrange(9))
    for n, (first, last) in enumerate(zip(begins, [ends, None], strict=False)):
        if last is None or first <= last:
            episode = Enrolment.objects.create(
                program=program, client=client, level=level, starts_on=first, ends_on=last
            )
            if _rare(luck, 4):
                PrescribedDose.objects.create(
                    program=program, enrolment=episode, starts_on=luck.choice([first, some_day]), weekly_minutes=60,
                    weekly_days=n,
                )  # fmt: skip
    Membership.objects.create(program=program, group=group, client=client, starts_on=LONG_AGO)
    if _rare(luck, 6):
        week = week_of(some_day, WeekStart(program.week_start)).first
        WeekTarget.objects.create(
            program=program, client=client, week=week, version=1, minutes=50, days=1, reason="agreed",
            author=client.person, set_at=NOW,
        )  # fmt: skip


def _meet(
    luck: random.Random, group: Group, clients: list[Client], policies: list[AttendancePolicy], day: date
) -> None:
    at = datetime.combine(day, time(18), group.program.zone)
    status = luck.choice(["ended"] * 12 + ["cancelled", "live"])
    session = make_session(
        group, starts_at=at, status=status, finalised_at=NOW if status != "live" else None,
        service_type="case_management" if _rare(luck, 12) else "group_therapy",
    )  # fmt: skip
    for client in clients:
        minutes = luck.choice([0, 5, 30, 60, 60, 60, 90])
        for version in range(1, 2 + _rare(luck, 15)):
            status = luck.choice(
                ["no_show", "excused"] if minutes < 8 else ["attended", "attended", "partial"]
            )
            AttendanceRecord.objects.create(
                program=group.program, session=session, client=client, version=version, local_date=day,
                credited_seconds=minutes * 60, credited_minutes=minutes, scheduled_minutes=90, delivered_minutes=90,
                status=status, by_date={day.isoformat(): minutes}, policy=luck.choice(policies), source="computed",
                recorded_at=NOW,
            )  # fmt: skip
            minutes = luck.choice([0, 30])


def spoil(program: Program, luck: random.Random) -> None:
    """Changes some of the stored rows in ways a lost write would leave behind, or worse."""
    for row in WeekHours.objects.filter(program=program):
        match luck.randrange(9):
            case 0:
                row.delete()
            case 1 | 2:
                name = luck.choice(
                    ["minutes", "days", "prescribed_minutes", "prescribed_days", "to_come_minutes"]
                )
                WeekHours.objects.filter(pk=row.pk).update(**{name: luck.choice([0, 1, 3, 60, 120])})
            case 3:
                name = luck.choice(["full_minutes", "days_in_force", "called_off_minutes"])
                WeekHours.objects.filter(pk=row.pk).update(**{name: luck.choice([0, 1, 7])})
            case 4:
                outlook = luck.choice(["met", "on_course", "needs_one_more", "cannot_reach"])
                basis = luck.choice(["full", "days", "called_off"])
                WeekHours.objects.filter(pk=row.pk).update(forecast=outlook, target_basis=basis)
            case _:
                pass


def rolled_or_one_by_one(program: Program, luck: random.Random, now: datetime, weeks: int) -> Counter[str]:
    """Rolls up what was spoilt, checks it against each week computed by itself; how many rows were vouched for."""
    each = weeks_of(program, weeks)
    roll_up(program=program, weeks=each, now=now)
    spoil(program, luck)
    left = weeks_left(program, each, now=now)
    roll_up(program=program, weeks=each, now=now)
    rolled = stored(program)
    for week in each:
        compute_week(program=program, week=week, now=now)
    assert rolled == stored(program)
    whole = {one.week.first for one in left if one.clients is None}
    some = {(client, one.week.first) for one in left for client in one.clients or ()}
    seen: Counter[str] = Counter()
    for client, first, minutes, *_ in rolled:
        vouched = first not in whole and (client, first) not in some
        seen["vouched" if vouched else "left"] += 1
        seen["minutes"] += vouched and bool(minutes)
    return seen


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_many_weeks_at_once_leave_the_rows_of_each_by_itself_on_ordinary_programs() -> None:
    people = [make_person(f"P{n}") for n in range(3)]
    seen: Counter[str] = Counter()
    for seed in range(60):
        luck = random.Random(seed)
        seen += rolled_or_one_by_one(ordinary(luck, people), luck, NOW, 4)
    # The comparison means something only if both ways were gone.
    assert seen["vouched"] > 100, seen
    assert seen["left"] > 200, seen
    assert seen["minutes"] > 60, seen


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_and_on_programs_of_every_kind() -> None:
    people = [make_person(f"P{n}") for n in range(3)]

    @settings(
        max_examples=40, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(plan=plans, later=st.sampled_from([0, 14]), seed=st.integers(0, 999))
    def check(plan: Plan, later: int, seed: int) -> None:
        program, _ = build(plan, people)
        luck = random.Random(seed)
        seen = rolled_or_one_by_one(program, luck, plan.now + timedelta(days=later), 6)
        assert seen.total() >= seen["left"]

    check()


def settled(world: World) -> Week:
    """Ana was there on Tuesday, her week is stored."""
    week = Week(date(2026, 4, 12))
    session = make_session(world.group, status="ended", finalised_at=NOW, starts_at=TUESDAY)
    AttendanceRecord.objects.create(
        program=world.program, session=session, client=world.ana, local_date=TUESDAY.date(), credited_seconds=5400,
        credited_minutes=90, scheduled_minutes=90, delivered_minutes=90, status="attended",
        by_date={TUESDAY.date().isoformat(): 90}, policy=AttendancePolicy.objects.get(program=world.program),
        source="computed", recorded_at=NOW,
    )  # fmt: skip
    roll_up(program=world.program, weeks=[week], now=NOW)
    return week


def left_of(world: World, week: Week) -> set[Client]:
    """Whose week is not vouched for."""
    found = weeks_left(world.program, [week], now=NOW)
    clients = {client for one in found for client in one.clients or ()}
    return set(Client.objects.filter(pk__in=clients))


def test_a_week_as_stored_is_vouched_for_with_attendance_and_without(world: World) -> None:
    week = settled(world)
    assert left_of(world, week) == set()
    before = WeekHours.objects.get(client=world.ana)
    with CaptureQueriesContext(connection) as seen:
        roll_up(program=world.program, weeks=[week], now=NOW + timedelta(hours=1))
    assert not any(str(world.ana.pk) in query["sql"] for query in seen.captured_queries)
    assert WeekHours.objects.get(client=world.ana).computed_at == before.computed_at


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 89}, {"days": 2}, {"prescribed_minutes": 1}, {"prescribed_days": 9}, {"to_come_minutes": 5},
        {"full_minutes": 1}, {"days_in_force": 6}, {"called_off_minutes": 1}, {"target_basis": "days"},
        {"forecast": "met"}, {"forecast": "on_course"}, {"forecast": "needs_one_more"}, {"minutes": 0, "days": 0},
        {"minutes": 89, "days": 257},
    ],
)  # fmt: skip
def test_every_figure_stored_wrongly_is_found_and_put_right(world: World, wrong: dict[str, object]) -> None:
    week = settled(world)
    right = stored(world.program)
    WeekHours.objects.filter(client=world.ana).update(**wrong)
    assert world.ana in left_of(world, week)
    roll_up(program=world.program, weeks=[week], now=NOW)
    assert stored(world.program) == right


def test_without_attendance_only_a_row_of_nothing_is_vouched_for(world: World) -> None:
    week = settled(world)
    right = stored(world.program)
    WeekHours.objects.filter(client=world.ben).update(minutes=90, days=1)
    WeekHours.objects.filter(client=world.cleo).delete()
    assert left_of(world, week) == {world.ben, world.cleo}
    roll_up(program=world.program, weeks=[week], now=NOW)
    assert stored(world.program) == right


def test_what_a_newer_version_says_twice_is_looked_at(world: World) -> None:
    """Both versions add up to a figure that is stored by mistake."""
    week = settled(world)
    again = AttendanceRecord.objects.get(client=world.ana)
    again.pk, again.version, again._state.adding = uuid4(), 2, True
    again.save()
    WeekHours.objects.filter(client=world.ana).update(minutes=180)
    assert left_of(world, week) == {world.ana}


def test_a_session_that_does_not_count_is_looked_at(world: World) -> None:
    week = settled(world)
    Session.objects.update(service_type="case_management")
    assert left_of(world, week) == {world.ana}


def test_a_target_set_by_a_person_is_looked_at_though_the_rules_is_stored(world: World) -> None:
    week = settled(world)
    WeekTarget.objects.create(
        program=world.program, client=world.ben, week=week.first, version=1, minutes=50, days=1, reason="agreed",
        author=world.ben.person, set_at=NOW,
    )  # fmt: skip
    assert left_of(world, week) == {world.ben}


def test_one_who_came_in_the_middle_is_left_in_that_week_alone(world: World) -> None:
    week = settled(world)
    before = Week(week.first - timedelta(days=7))
    Enrolment.objects.filter(client=world.ana).update(starts_on=before.first + timedelta(days=2))
    roll_up(program=world.program, weeks=[before, week], now=NOW)
    left = weeks_left(world.program, [before, week], now=NOW)
    assert [(one.week.first, one.clients) for one in left] == [(before.first, (world.ana.pk,))]


def test_a_row_that_is_missing_or_of_another_grid_vouches_for_nothing(world: World) -> None:
    week = settled(world)
    WeekHours.objects.filter(client=world.ana).update(week=week.first + timedelta(days=1))
    assert world.ana in left_of(world, week)
    roll_up(program=world.program, weeks=[week], now=NOW)
    assert WeekHours.objects.get(client=world.ana, week=week.first).minutes == 90


def test_a_finished_row_written_wrongly_is_followed_here_and_named_by_the_proof(world: World) -> None:
    """The weeks add up what is stored of an evening; that it follows from the evidence is proven beside it."""
    session = held(world.group)
    sat(session, world.ana, 0, 90)
    finalised(session)
    week = week_of(session.local_date, WeekStart.SUNDAY)
    with connection.cursor() as cursor:  # behind the services' back, as the owner of the tables
        cursor.execute("RESET ROLE")
        cursor.execute(
            "UPDATE sessions_app_attendancerecord SET credited_seconds = 600, credited_minutes = 10 WHERE client_id = %s",
            [world.ana.pk],
        )
    assert world.ana in left_of(world, week)
    roll_up(program=world.program, weeks=[week], now=NOW)
    assert WeekHours.objects.get(client=world.ana, week=week.first).minutes == 10
    report = recompute_weeks(now=NOW)
    assert [(one.client_id, one.stored, one.derived) for one in report.deep] == [(world.ana.pk, 600, 5400)]


def test_every_hour_the_finished_weeks_are_put_right(world: World) -> None:
    week = settled(world)
    WeekHours.objects.filter(client=world.ana).update(minutes=3)
    Program.objects.filter(pk=world.lakeside.pk).update(week_start="rolling7")
    with time_machine.travel(NOW, tick=False):
        roll_up_weeks()
    assert WeekHours.objects.get(client=world.ana, week=week.first).minutes == 90
    assert not WeekHours.objects.filter(program=world.lakeside).exists()
    first, *_, last = finished_weeks(world.program, NOW)
    assert (first.first, last.first) == (date(2026, 4, 26), date(2026, 2, 8))
