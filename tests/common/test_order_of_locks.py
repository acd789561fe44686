"""Acts that cross in the same instant: none waits in a circle, whatever each does first (docs/decisions/0019).

The first act of a pair is stopped the moment it has recorded something; the second then runs until it is done or waits.
An act that held the head of the audit chain meanwhile would wait for the second's rows, and the second for the chain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from checkins.models import Alert
from checkins.services.alerts import acknowledge_alert
from checkins.services.checkins import submit_checkin
from groups.models import Holiday, Series
from groups.services.holidays import add_holiday, remove_holiday
from groups.services.memberships import save_group
from groups.services.programs import change_program
from groups.services.series import end_series
from sessions_app.models import Session
from sessions_app.room import acts
from sessions_app.room.batch import Entry
from sessions_app.room.commands import SupportRequest
from sessions_app.room.models import RoomState
from sessions_app.room.services import apply_commands, room_row
from sessions_app.services.scheduling import cancel_session, materialise_sessions, move_session
from sessions_app.staffing.services import add_session_staff, end_session_staff
from tests.factories import MONDAY, MONDAY_START, make_series, make_session
from tests.sessions_app.room.live import LiveRoom
from tests.waiting import somebody_waits
from tests.worlds import World, build_world
from vio.common import audit
from vio.common.actors import system_actor
from vio.common.models import AuditDraft, AuditEntry
from vio.common.scope import every_program

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENCE = 20.0

Act = Callable[[], object]


class Pause:
    """Stops a thread's act behind the first statement that records something, until the other act is done or waits."""

    def __init__(self) -> None:
        self.recorded = threading.Event()
        self.released = threading.Event()

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if not self.recorded.is_set() and str(sql).startswith('INSERT INTO "common_audit'):
            self.recorded.set()
            assert self.released.wait(PATIENCE)
        return found


def in_thread(work: Act, pause: Pause | None = None) -> object:
    try:
        with every_program():
            if pause is None:
                return work()
            connection.ensure_connection()
            with connection.execute_wrapper(pause):
                return work()
    finally:
        connections.close_all()


def cross(first: Act, second: Act) -> None:
    """Both acts at once as the module says; raises what either of them raised."""
    pause = Pause()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(in_thread, first, pause)
        try:
            assert pause.recorded.wait(PATIENCE), one.exception(1)
            two = pool.submit(in_thread, second)
            until = time.monotonic() + PATIENCE
            while not (two.done() or somebody_waits()):
                assert time.monotonic() < until
        finally:
            pause.released.set()
        one.result(PATIENCE)
        two.result(PATIENCE)


@pytest.fixture
def evenings() -> World:
    """Group A meets from Monday to Thursday at 17:30, its sessions of one week are made."""
    world = build_world()
    make_series(world.group)
    materialise_sessions(actor=SYSTEM, now=NOON, days=7)
    return world


def holiday_given_back(world: World) -> Act:
    holiday = add_holiday(actor=SYSTEM, program=world.program, on=MONDAY + DAY, name="Closed", now=NOON)
    return lambda: remove_holiday(actor=SYSTEM, holiday=holiday, now=NOON)


def group_closed(world: World) -> Act:
    return lambda: save_group(
        actor=SYSTEM, program=world.program, group=world.group, values={"is_active": False}, now=NOON
    )


def program_moved(world: World) -> Act:
    to = {"timezone": "America/Chicago"}
    return lambda: change_program(actor=SYSTEM, program=world.program, values=to, now=NOON)


def weeks_made(world: World) -> Act:
    return lambda: materialise_sessions(actor=SYSTEM, now=NOON, days=28)


def evening_called_off(world: World) -> Act:
    wednesday = Session.objects.get(group=world.group, occurrence=MONDAY + 2 * DAY)
    return lambda: cancel_session(actor=SYSTEM, session=wednesday, now=NOON)


@pytest.mark.parametrize("second", [weeks_made, evening_called_off])
@pytest.mark.parametrize("first", [holiday_given_back, group_closed, program_moved])
def test_a_change_of_the_program_crosses_the_scheduler_and_whoever_calls_off(
    evenings: World, first: Callable[[World], Act], second: Callable[[World], Act]
) -> None:
    one, two = first(evenings), second(evenings)
    cross(one, two)
    assert_chained(evenings)


@pytest.mark.parametrize("second", ["checkin", "acknowledged"])
def test_news_of_two_rooms_in_one_commit_crosses_who_works_on_the_second(second: str) -> None:
    world = build_world()
    rooms = [LiveRoom(world, make_session(world.group, starts_at=MONDAY_START + n * DAY)) for n in range(2)]
    for room, client in zip(rooms, (world.ana, world.ben), strict=True):
        room.running_with(client)
        room.ok(client, SupportRequest(id=uuid4()))
    now = max(room.now for room in rooms) + timedelta(minutes=2)
    urgent = {"mood": 1, "urge": 10, "used": "yes", "safety": "yes"}
    ben = world.actor(world.ben)
    submit_checkin(actor=ben, submission_id=uuid4(), answers=urgent, now=now - timedelta(minutes=1))
    alert = Alert.objects.get(client=world.ben)

    def ticks() -> None:
        entries = [
            Entry(session_id=room.session.pk, program_id=world.program.pk, what=acts.Tick()) for room in rooms
        ]
        outcomes = apply_commands(sorted(entries, key=lambda e: e.session_id), now=now).outcomes
        assert [outcome.error for outcome in outcomes] == [None, None]

    def other() -> None:
        if second == "checkin":
            submit_checkin(actor=ben, submission_id=uuid4(), answers=urgent | {"urge": 9}, now=now)
        else:
            acknowledge_alert(
                actor=world.actor(world.clinician), alert_id=alert.pk, version=alert.version, now=now
            )

    cross(ticks, other)
    assert Alert.objects.filter(client=world.ana).count() == 1
    assert_chained(world)


def test_a_room_in_use_is_called_off_instead_of_taken_away(evenings: World) -> None:
    """A room locks its own row and then its session's; a change of the series holds the session and does not wait."""
    series = Series.objects.get()
    thursday = Session.objects.get(occurrence=MONDAY + 3 * DAY)
    room_row(thursday.pk)
    held, done = threading.Event(), threading.Event()

    def the_room() -> None:
        with transaction.atomic():
            RoomState.objects.select_for_update(no_key=True).get(pk=thursday.pk)
            held.set()
            assert done.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        room = pool.submit(in_thread, the_room)
        try:
            assert held.wait(PATIENCE)
            end_series(actor=SYSTEM, series=series, ends_on=MONDAY + DAY, now=NOON)
        finally:
            done.set()
        room.result(PATIENCE)
    left = Session.objects.filter(series=series, occurrence__gt=MONDAY + DAY)
    assert list(left.values_list("pk", "status")) == [(thursday.pk, Session.Status.CANCELLED)]


def test_another_zone_crosses_who_calls_off_an_evening_moved_by_hand(evenings: World) -> None:
    """Both lock the series before its sessions."""
    wednesday = Session.objects.get(occurrence=MONDAY + 2 * DAY)
    later = wednesday.starts_at + timedelta(minutes=15)
    move_session(actor=SYSTEM, session=wednesday, starts_at=later, minutes=90, breaks=[], now=NOON)
    wednesday.refresh_from_db()
    locked, go_on = threading.Event(), threading.Event()

    def after_the_sessions(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if not locked.is_set() and 'FROM "sessions_app_session"' in str(sql) and "FOR NO KEY" in str(sql):
            locked.set()
            assert go_on.wait(PATIENCE)
        return found

    def moves() -> object:
        connection.ensure_connection()
        with connection.execute_wrapper(after_the_sessions):
            return program_moved(evenings)()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(in_thread, moves)
        try:
            assert locked.wait(PATIENCE), one.exception(1)
            two = pool.submit(in_thread, lambda: cancel_session(actor=SYSTEM, session=wednesday, now=NOON))
            until = time.monotonic() + PATIENCE
            while not (two.done() or somebody_waits()):
                assert time.monotonic() < until
        finally:
            go_on.set()
        one.result(PATIENCE)
        two.result(PATIENCE)
    wednesday.refresh_from_db()
    assert wednesday.status == Session.Status.CANCELLED


@pytest.mark.parametrize("turn", range(3))
def test_many_acts_at_once_all_come_through(evenings: World, turn: int) -> None:
    """No pause, only a barrier: each kind of act again and again on the same rows."""
    thursday = Session.objects.get(group=evenings.group, occurrence=MONDAY + 3 * DAY)
    begin = threading.Barrier(4)

    def holidays() -> None:
        for n in range(4):
            day = MONDAY + (1 + n % 2) * DAY
            row = add_holiday(actor=SYSTEM, program=evenings.program, on=day, name="Closed", now=NOON)
            remove_holiday(actor=SYSTEM, holiday=row, now=NOON)

    def weeks() -> None:
        for n in range(8):
            materialise_sessions(actor=SYSTEM, now=NOON, days=8 + 2 * n)

    def zones() -> None:
        for n in range(8):
            zone = ["America/Chicago", "America/New_York"][n % 2]
            change_program(actor=SYSTEM, program=evenings.program, values={"timezone": zone}, now=NOON)

    def substitutes() -> None:
        for _ in range(8):
            place = add_session_staff(
                actor=SYSTEM, session=thursday, person=evenings.other_facilitator, role="cofacilitator",
                now=NOON, anyway=True,
            )  # fmt: skip
            end_session_staff(actor=SYSTEM, place=place, now=NOON)

    def together(work: Act) -> object:
        begin.wait(PATIENCE)
        return work()

    with ThreadPoolExecutor(4) as pool:
        doing = [
            pool.submit(in_thread, lambda work=work: together(work))  # type: ignore[misc]  # bound at once
            for work in (holidays, weeks, zones, substitutes)
        ]
        for one in doing:
            one.result(PATIENCE * 3)
    assert not Holiday.objects.exists()
    assert Series.objects.get().cancelled_dates == []
    assert_chained(evenings)


def assert_chained(world: World) -> None:
    """Every act is on record, in one chain, and nothing is left waiting for it."""
    assert list(audit.verify()) == []
    assert not AuditDraft.objects.exists()
    numbers = AuditEntry.objects.filter(program_id=world.program.pk).order_by("number")
    assert list(numbers.values_list("number", flat=True)) == list(range(1, len(numbers) + 1))
