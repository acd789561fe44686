"""Sessions from series: made once, kept in step, moved and called off."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from groups.calendars import occurrences
from groups.models import Group, Series
from groups.selectors import timetable_of
from groups.services import series as series_service
from groups.services.programs import change_program
from sessions_app import scheduling_tasks
from sessions_app.models import Flag, Session, SessionBreak
from sessions_app.services import scheduling
from tests.factories import MONDAY, MONDAY_START, make_group, make_program, make_series, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry
from vio.common.scope import every_program

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)  # Monday noon in New York
NEW_YORK = ZoneInfo("America/New_York")


def materialise(series: Series, *, now: datetime = NOON, days: int = 13) -> int:
    return scheduling.materialise_sessions(actor=SYSTEM, now=now, days=days, series_ids=[series.pk])


def days_of(series: Series, **only: object) -> list[date]:
    return list(
        Session.objects.filter(series=series, **only)
        .order_by("local_date")
        .values_list("local_date", flat=True)
    )


def plan(series: Series, **changes: object) -> series_service.Plan:
    values = {
        "title": series.title, "service_type": series.service_type, "rule": series.rule,
        "local_start": series.local_start, "minutes": series.minutes, "starts_on": series.starts_on,
        "ends_on": series.ends_on, "breaks": [(a, b) for a, b in series.breaks], **changes,
    }  # fmt: skip
    return series_service.Plan(**values)  # type: ignore[arg-type]


# --- materialising ----------------------------------------------------------------------------------------


def test_ten_times_gives_the_same_sessions_with_their_breaks(world: World) -> None:
    series = make_series(world.group)
    made = [materialise(series) for _ in range(10)]
    assert made == [8] + [0] * 9
    first = Session.objects.filter(series=series).earliest("starts_at")
    assert (first.starts_at, first.ends_at) == (MONDAY_START, MONDAY_START + timedelta(minutes=195))
    planned = first.breaks.get()
    assert planned.planned_start == MONDAY_START + timedelta(minutes=90)
    assert planned.planned_end == MONDAY_START + timedelta(minutes=105)
    assert SessionBreak.objects.filter(session__series=series).count() == 8


def test_the_constraint_stands_behind_the_lock(world: World) -> None:
    series = make_series(world.group)
    taken = make_session(world.group, series=series, occurrence=MONDAY)
    wanted = occurrences(timetable_of(series), MONDAY, MONDAY + timedelta(days=1))
    scheduling.insert_sessions(series, wanted, now=NOON)
    scheduling.insert_sessions(series, wanted, now=NOON)
    assert days_of(series) == [MONDAY, MONDAY + timedelta(days=1)]
    assert taken.breaks.count() == 0  # somebody else's row is left as it is
    assert SessionBreak.objects.count() == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [(MONDAY_START + timedelta(minutes=194), MONDAY), (MONDAY_START + timedelta(minutes=195), MONDAY + timedelta(days=1))],
)  # fmt: skip
def test_a_meeting_that_is_over_is_not_made_up(world: World, now: datetime, expected: date) -> None:
    series = make_series(world.group)
    materialise(series, now=now, days=1)
    assert days_of(series)[0] == expected


@pytest.mark.parametrize(("first", "hours"), [(date(2026, 3, 5), {21, 22}), (date(2026, 10, 29), {21, 22})])
def test_wall_time_survives_the_change_of_clocks(world: World, first: date, hours: set[int]) -> None:
    series = make_series(world.group, starts_on=first)
    materialise(series, now=datetime(first.year, first.month, first.day, 12, tzinfo=UTC), days=7)
    sessions = list(Session.objects.filter(series=series))
    assert {s.starts_at.astimezone(NEW_YORK).time() for s in sessions} == {time(17, 30)}
    assert {s.starts_at.hour for s in sessions} == hours
    assert {s.ends_at - s.starts_at for s in sessions} == {timedelta(minutes=195)}


def test_closed_groups_ended_series_and_cancelled_dates_make_nothing(world: World) -> None:
    closed = make_series(make_group(world.program, "Closed", is_active=False))
    ended = make_series(world.group, starts_on=date(2026, 1, 1), ends_on=MONDAY - timedelta(days=1))
    off = make_series(world.other_group, cancelled_dates=[MONDAY.isoformat()])
    assert [materialise(s, days=1) for s in (closed, ended, off)] == [0, 0, 1]
    assert days_of(off) == [MONDAY + timedelta(days=1)]


def test_one_unreadable_rule_does_not_stop_the_others(world: World) -> None:
    make_series(world.group, rule="FREQ=NEVER")
    good = make_series(world.other_group)
    assert scheduling.materialise_sessions(actor=SYSTEM, now=NOON, days=6) == 4
    assert len(days_of(good)) == 4


@time_machine.travel(NOON, tick=False)
def test_the_task_makes_four_weeks_for_every_program_and_is_safe_twice(world: World) -> None:
    make_series(world.group)
    make_series(world.lakeside_group)
    assert scheduling_tasks.materialise() == 34
    assert scheduling_tasks.materialise() == 0
    assert Session.objects.values("program").distinct().count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_make_each_session_once() -> None:
    group = make_group(make_program(), "Evening A")
    series = [make_series(group), make_series(group, local_start=time(9, 0))]
    start, made = threading.Barrier(4), []

    def run() -> None:
        with every_program():
            start.wait(timeout=20)
            made.append(scheduling.materialise_sessions(actor=SYSTEM, now=NOON, days=13))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(made) == 4
    assert sum(made) == Session.objects.count() == 16
    assert SessionBreak.objects.count() == 16
    assert {s.pk: len(days_of(s)) for s in series} == {s.pk: 8 for s in series}


# --- following the series ---------------------------------------------------------------------------------


def test_a_new_series_has_its_sessions_when_the_service_returns(world: World) -> None:
    actor = world.actor(world.supervisor)
    template = make_series(world.other_group)
    series = series_service.create_series(actor=actor, group=world.group, plan=plan(template), now=NOON)
    assert len(days_of(series)) == 17  # four weeks and today's weekday
    assert AuditEntry.objects.filter(action="series.added", actor_id=world.supervisor.pk).count() == 1


def test_a_change_moves_what_has_not_begun_and_nothing_else(world: World) -> None:
    series = make_series(world.group)
    materialise(series)
    began = Session.objects.filter(series=series, local_date=MONDAY)
    began.update(status="live", started_at=MONDAY_START)
    now = MONDAY_START + timedelta(minutes=10)
    series_service.change_series(
        actor=world.actor(world.supervisor), series=series, now=now,
        plan=plan(series, local_start=time(18, 0), minutes=90, breaks=[], title="Later group"),
    )  # fmt: skip
    assert began.get().starts_at == MONDAY_START
    assert began.get().breaks.count() == 1
    later = Session.objects.filter(series=series, local_date__gt=MONDAY)
    assert {s.starts_at.astimezone(NEW_YORK).time() for s in later} == {time(18, 0)}
    assert {s.title for s in later} == {"Later group"}
    assert not SessionBreak.objects.filter(session__in=later).exists()


def test_a_day_the_rule_no_longer_has_goes_and_one_it_gained_comes(world: World) -> None:
    series = make_series(world.group)
    materialise(series, days=6)
    series_service.change_series(
        actor=SYSTEM, series=series, plan=plan(series, rule="FREQ=WEEKLY;BYDAY=MO,FR"), now=NOON
    )
    weekdays = {d.strftime("%a") for d in days_of(series)}
    assert weekdays == {"Mon", "Fri"}


def test_a_session_something_refers_to_is_called_off_instead_of_removed(world: World) -> None:
    series = make_series(world.group)
    materialise(series, days=6)
    tuesday = Session.objects.get(series=series, local_date=MONDAY + timedelta(days=1))
    Flag.objects.create(
        program=world.program,
        kind="note_due",
        session=tuesday,
        subject=tuesday.pk,
        due_at=NOON,
        raised_at=NOON,
    )
    series_service.end_series(actor=SYSTEM, series=series, ends_on=MONDAY, now=NOON)
    assert days_of(series, status="scheduled") == [MONDAY]
    assert days_of(series, status="cancelled") == [tuesday.local_date]


def test_a_holiday_is_called_off_and_can_be_given_back(world: World) -> None:
    series = make_series(world.group)
    materialise(series)
    tuesday = MONDAY + timedelta(days=1)
    actor = world.actor(world.supervisor)
    series_service.cancel_date(actor=actor, series=series, on=tuesday, now=NOON)
    called_off = Session.objects.get(series=series, occurrence=tuesday)
    assert (called_off.status, called_off.cancelled_at) == ("cancelled", NOON)
    materialise(series)
    assert days_of(series, status="cancelled") == [tuesday]
    series_service.restore_date(actor=actor, series=series, on=tuesday, now=NOON)
    called_off.refresh_from_db()
    assert (called_off.status, called_off.cancelled_at) == ("scheduled", None)


def test_a_change_from_a_later_date_carries_on_in_a_new_series(world: World) -> None:
    next_monday = MONDAY + timedelta(days=7)
    series = make_series(world.group, cancelled_dates=[(next_monday + timedelta(days=1)).isoformat()])
    materialise(series)
    new = series_service.change_series(
        actor=SYSTEM,
        series=series,
        plan=plan(series, local_start=time(19, 0)),
        now=NOON,
        from_date=next_monday,
    )
    series.refresh_from_db()
    assert new.pk != series.pk
    assert series.ends_on == next_monday - timedelta(days=1)
    assert max(days_of(series)) < next_monday <= min(days_of(new))
    assert next_monday + timedelta(days=1) not in days_of(new)


def test_another_zone_for_the_program_keeps_the_wall_times(world: World) -> None:
    series = make_series(world.group)
    materialise(series)
    change_program(actor=SYSTEM, program=world.program, values={"timezone": "America/Denver"}, now=NOON)
    first = Session.objects.filter(series=series).earliest("starts_at")
    assert first.starts_at.astimezone(ZoneInfo("America/Denver")).time() == time(17, 30)


def test_a_group_that_closes_takes_its_sessions_along_and_brings_them_back(world: World) -> None:
    from groups.services.memberships import save_group

    series = make_series(world.group)
    materialise(series)
    close, reopen = {"is_active": False}, {"is_active": True}
    save_group(actor=SYSTEM, program=world.program, group=world.group, values=close, now=NOON)
    assert days_of(series) == []
    save_group(actor=SYSTEM, program=world.program, group=world.group, values=reopen, now=NOON)
    assert days_of(series)[0] == MONDAY


# --- one session ------------------------------------------------------------------------------------------


def one_off(group: Group, **changes: object) -> Session:
    values = {
        "title": "Family evening", "service_type": "family", "starts_at": MONDAY_START, "minutes": 90,
        "breaks": [(40, 10)], "now": NOON, "actor": SYSTEM, **changes,
    }  # fmt: skip
    return scheduling.plan_session(group=group, **values)  # type: ignore[arg-type]


def test_a_single_session_is_planned_with_its_break(world: World) -> None:
    session = one_off(world.group, actor=world.actor(world.supervisor))
    assert (session.local_date, session.series, session.status) == (MONDAY, None, "scheduled")
    assert session.breaks.get().planned_start == MONDAY_START + timedelta(minutes=40)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"minutes": 0}, "minutes"), ({"breaks": [(80, 10)]}, "breaks"), ({"now": MONDAY_START + timedelta(hours=2)}, "starts_on")],
)  # fmt: skip
def test_a_single_session_that_cannot_be_is_refused_beside_its_field(
    world: World, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        one_off(world.group, **changes)
    assert list(refused.value.fields) == [field]
    assert not Session.objects.exists()


def test_a_group_is_never_booked_twice_and_touching_is_fine(world: World) -> None:
    one_off(world.group)
    with pytest.raises(ConflictError):
        one_off(world.group, starts_at=MONDAY_START + timedelta(minutes=89))
    one_off(world.group, starts_at=MONDAY_START + timedelta(minutes=90))
    one_off(world.other_group)
    assert Session.objects.count() == 3


def test_a_meeting_that_ended_early_holds_its_time_only_until_then(world: World) -> None:
    early = MONDAY_START + timedelta(minutes=30)
    make_session(world.group, minutes=90, status="ended", started_at=MONDAY_START, ended_at=early)
    with pytest.raises(ConflictError):
        one_off(world.group, starts_at=early - timedelta(minutes=1))
    one_off(world.group, starts_at=early)
    assert Session.objects.count() == 2


def test_calling_off_stays_called_off_when_the_series_changes(world: World) -> None:
    series = make_series(world.group)
    materialise(series)
    session = Session.objects.get(series=series, local_date=MONDAY)
    scheduling.cancel_session(actor=world.actor(world.supervisor), session=session, now=NOON)
    series.refresh_from_db()
    assert series.cancelled_dates == [MONDAY.isoformat()]
    series_service.change_series(
        actor=SYSTEM, series=series, plan=plan(series, local_start=time(18, 0)), now=NOON
    )
    session.refresh_from_db()
    assert (session.status, session.cancelled_at) == ("cancelled", NOON)
    assert AuditEntry.objects.filter(action="session.cancelled").count() == 1


@pytest.mark.parametrize("status", ["ended", "cancelled"])
def test_what_is_over_cannot_be_called_off(world: World, status: str) -> None:
    session = make_session(world.group, status=status)
    with pytest.raises(ConflictError):
        scheduling.cancel_session(actor=SYSTEM, session=session, now=NOON)
    session.refresh_from_db()
    assert (session.status, session.cancelled_at) == (status, None)


def test_one_evening_moves_and_the_series_leaves_it_there(world: World) -> None:
    series = make_series(world.group)
    materialise(series)
    session = Session.objects.get(series=series, local_date=MONDAY)
    later = MONDAY_START + timedelta(hours=1)
    scheduling.move_session(
        actor=world.actor(world.supervisor), session=session, starts_at=later, minutes=60, breaks=[], now=NOON
    )
    series_service.change_series(actor=SYSTEM, series=series, plan=plan(series, minutes=120), now=NOON)
    session.refresh_from_db()
    assert (session.starts_at, session.ends_at) == (later, later + timedelta(minutes=60))
    assert session.breaks.count() == 0
    assert materialise(series) == 0


def test_two_people_who_move_one_session_are_told(world: World) -> None:
    session = make_session(world.group)
    stale = Session.objects.get(pk=session.pk)
    move = {"actor": SYSTEM, "minutes": 60, "breaks": [], "now": NOON}
    scheduling.move_session(session=session, starts_at=MONDAY_START + timedelta(hours=1), **move)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        scheduling.move_session(session=stale, starts_at=MONDAY_START + timedelta(hours=2), **move)  # type: ignore[arg-type]
    session.refresh_from_db()
    assert session.starts_at == MONDAY_START + timedelta(hours=1)


def test_a_session_that_began_does_not_move(world: World) -> None:
    session = make_session(world.group, status="live", started_at=MONDAY_START)
    with pytest.raises(ConflictError):
        scheduling.move_session(
            actor=SYSTEM,
            session=session,
            starts_at=MONDAY_START + timedelta(hours=1),
            minutes=60,
            breaks=[],
            now=NOON,
        )


def test_an_open_waiting_room_moves_unless_somebody_was_missed_already(world: World) -> None:
    session = make_session(world.group, status="open", opened_at=NOON)
    move = {"actor": SYSTEM, "minutes": 60, "breaks": [], "now": NOON}
    later = MONDAY_START + timedelta(hours=1)
    moved = scheduling.move_session(session=session, starts_at=later, **move)  # type: ignore[arg-type]
    assert (moved.starts_at, moved.status) == (later, "open")
    Session.objects.filter(pk=session.pk).update(misses_found_at=later)
    with pytest.raises(ConflictError):
        scheduling.move_session(session=moved, starts_at=MONDAY_START, **move)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "ana", "lakeside_admin"])
def test_scheduling_needs_the_right(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    series, session = make_series(world.group), make_session(world.group)
    acts = [
        lambda: one_off(world.group, actor=actor),
        lambda: scheduling.cancel_session(actor=actor, session=session, now=NOON),
        lambda: scheduling.move_session(
            actor=actor, session=session, starts_at=MONDAY_START, minutes=60, breaks=[], now=NOON
        ),
        lambda: series_service.create_series(actor=actor, group=world.group, plan=plan(series), now=NOON),
        lambda: series_service.change_series(actor=actor, series=series, plan=plan(series), now=NOON),
        lambda: series_service.end_series(actor=actor, series=series, ends_on=MONDAY, now=NOON),
        lambda: series_service.cancel_date(actor=actor, series=series, on=MONDAY, now=NOON),
        lambda: series_service.restore_date(actor=actor, series=series, on=MONDAY, now=NOON),
    ]
    for act in acts:
        with pytest.raises(NotAllowedError):
            act()
    session.refresh_from_db()
    assert (Session.objects.count(), session.status, series.ends_on) == (1, "scheduled", None)
