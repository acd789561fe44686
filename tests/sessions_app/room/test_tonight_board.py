"""The tonight board: whose sessions, who is where, what to know before walking in, which notes are owed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checkins.models import Alert
from groups.models import Client, GroupStaff, Person
from sessions_app.board import Board, BoardRow, Counts, tonight_board
from sessions_app.models import GroupNote, Session
from sessions_app.room.commands import BreakStart, ClientRemove, RoomEnd, RoomLeave
from sessions_app.room.words import RemovalReason
from sessions_app.signals import board_flags_asked
from tests.factories import LONG_AGO, MONDAY, MONDAY_START, make_client, make_session
from tests.sessions_app.room.live import LiveRoom
from tests.signed_in import browser_of
from tests.worlds import World

pytestmark = pytest.mark.django_db
NOW = MONDAY_START + timedelta(minutes=5)
BOARD = "/tonight/"


def board(world: World, who: Person, at: datetime = NOW) -> Board:
    return tonight_board(world.actor(who), now=at)


def counts(room: LiveRoom, at: datetime | None = None) -> Counts:
    return board(room.world, room.world.facilitator, at or room.now).rows[0].counts


def alert(world: World, client: Client, level: str, **fields: object) -> Alert:
    given = {"raised_at": NOW, "changed_at": NOW, "local_date": MONDAY, "rule_version": "1", **fields}
    return Alert.objects.create(program=client.program, client=client, level=level, **given)


# --- whose sessions -----------------------------------------------------------------------------------------


def test_todays_sessions_stand_in_order_of_time(world: World) -> None:
    late = make_session(world.group, starts_at=MONDAY_START + timedelta(hours=2))
    early = make_session(world.group)
    make_session(world.group, starts_at=MONDAY_START + timedelta(days=1))
    assert [row.session for row in board(world, world.facilitator).rows] == [early, late]


def test_today_is_the_programs_date(world: World) -> None:
    session = make_session(world.group, starts_at=datetime(2026, 4, 14, 1, 0, tzinfo=UTC))  # 21:00 on Monday
    past_midnight_utc = datetime(2026, 4, 14, 0, 30, tzinfo=UTC)
    assert [row.session for row in board(world, world.facilitator, past_midnight_utc).rows] == [session]


def test_an_evening_that_runs_past_midnight_stays_until_it_ends(world: World) -> None:
    session = make_session(world.group, status="live", started_at=MONDAY_START)
    after_midnight = MONDAY_START + timedelta(hours=7)
    assert [row.session for row in board(world, world.facilitator, after_midnight).rows] == [session]
    Session.objects.update(status="ended", ended_at=after_midnight)
    assert board(world, world.facilitator, after_midnight).rows == []


def test_a_facilitator_sees_the_groups_they_lead_and_the_team_the_program(world: World) -> None:
    make_session(world.group)
    make_session(world.other_group)
    make_session(world.lakeside_group)
    assert [row.session.group for row in board(world, world.facilitator).rows] == [world.group]
    for who in (world.clinician, world.supervisor, world.admin, world.records):
        assert {row.session.group for row in board(world, who).rows} == {world.group, world.other_group}


def test_only_who_leads_gets_the_console_and_only_who_oversees_may_look_in(world: World) -> None:
    make_session(world.group)

    def first(who: Person) -> BoardRow:
        return board(world, who).rows[0]

    assert first(world.facilitator).can_host
    assert first(world.cofacilitator).can_host
    assert not first(world.clinician).can_host
    assert not first(world.clinician).can_look
    assert (first(world.supervisor).can_host, first(world.supervisor).can_look) == (False, True)
    GroupStaff.objects.filter(group=world.group, person=world.cofacilitator).update(
        starts_on=LONG_AGO, ends_on=MONDAY - timedelta(days=1)
    )
    assert board(world, world.cofacilitator).rows == []


def test_clients_have_no_board(world: World) -> None:
    assert browser_of(world.ana).get(BOARD).status_code == 403


# --- who is where -------------------------------------------------------------------------------------------


def test_before_anybody_comes_everybody_is_still_to_come_and_then_missing(world: World) -> None:
    room = LiveRoom(world)
    assert counts(room, MONDAY_START) == Counts(expected=2, to_come=2)
    assert counts(room, MONDAY_START + timedelta(minutes=15)) == Counts(expected=2, missing=2)


def test_the_counts_follow_the_room(world: World) -> None:
    dan = make_client(world.program, world.group, first_name="Dan")
    room = LiveRoom(world).running_with(world.ana, world.ben)
    room.arrives(dan)
    assert counts(room) == Counts(expected=3, waiting=1, here=2)
    room.departs(world.ana, room.connections[world.ana.person_id])
    assert counts(room) == Counts(expected=3, waiting=1, here=1, reconnecting=1)
    room.ok(world.ben, RoomLeave(id=uuid4()))
    assert counts(room) == Counts(expected=3, waiting=1, reconnecting=1, left=1)


def test_who_was_taken_out_is_not_missing(world: World) -> None:
    room = LiveRoom(world).running_with(world.ana)
    room.ok(
        world.facilitator,
        ClientRemove(id=uuid4(), person=str(world.ana.person_id), reason_code=RemovalReason.SAFETY),
    )
    assert counts(room, MONDAY_START + timedelta(minutes=20)) == Counts(expected=2, left=1, missing=1)


def test_after_the_end_it_says_who_took_part_and_who_missed(world: World) -> None:
    room = LiveRoom(world).running_with(world.ana)
    room.now = MONDAY_START + timedelta(minutes=80)
    room.ok(world.facilitator, RoomEnd(id=uuid4()))
    row = board(world, world.facilitator, room.now).rows[0]
    assert row.state == "ended"
    assert row.counts == Counts(expected=2, here=1, missing=1)


def test_a_break_is_a_state_of_its_own(world: World) -> None:
    room = LiveRoom(world).running_with(world.ana)
    assert board(world, world.facilitator, room.now).rows[0].state == "live"
    room.ok(world.facilitator, BreakStart(id=uuid4()))
    assert board(world, world.facilitator, room.now).rows[0].state == "break"


# --- what to know before walking in -------------------------------------------------------------------------


def test_red_and_orange_are_pointed_out_worst_first_and_yellow_is_not(world: World) -> None:
    make_session(world.group)
    alert(world, world.ana, "orange")
    red = alert(world, world.ben, "red")
    alert(world, make_client(world.program, world.group, first_name="Dan"), "yellow")
    row = board(world, world.facilitator).rows[0]
    assert row.flag_levels == [("red", 1), ("orange", 1)]
    assert [flag.name for flag in sorted(row.flags, key=lambda flag: flag.level)] == [
        "Ana Moreno",
        "Ben Okafor",
    ]
    assert next(flag for flag in row.flags if flag.level == "red").address == reverse("alert", args=[red.pk])


def test_what_is_resolved_or_about_somebody_else_is_not_pointed_out(world: World) -> None:
    make_session(world.group)
    alert(world, world.ana, "red", status="resolved", resolved_at=NOW)
    alert(world, world.cleo, "red")
    assert board(world, world.facilitator).rows[0].flags == []


def test_who_may_not_see_alerts_is_told_of_none(world: World) -> None:
    make_session(world.group)
    alert(world, world.ana, "red")
    for who in (world.admin, world.records):
        assert board(world, who).rows[0].flags == []
        assert b"Before the group" not in browser_of(who).get(BOARD).content


def test_the_worst_of_two_answers_wins(world: World) -> None:
    make_session(world.group)
    alert(world, world.ana, "orange")

    def knows_better(sender: object, **kwargs: object) -> dict[object, tuple[str, str]]:
        return {world.ana.pk: ("red", "/elsewhere/"), world.ben.pk: ("blue", "/nowhere/")}

    board_flags_asked.connect(knows_better)
    try:
        flags = board(world, world.facilitator).rows[0].flags
    finally:
        board_flags_asked.disconnect(knows_better)
    assert [(flag.level, flag.address) for flag in flags] == [("red", "/elsewhere/")]


# --- notes owed ---------------------------------------------------------------------------------------------


def owed(world: World, session: Session) -> None:
    GroupNote.objects.create(
        session=session, program=session.program, author=world.facilitator, created_at=NOW, changed_at=NOW,
        due_at=NOW + timedelta(hours=24),
    )  # fmt: skip


def test_notes_of_today_stand_in_their_row_and_older_ones_above(world: World) -> None:
    today = make_session(world.group, status="ended", ended_at=NOW)
    before = make_session(
        world.group,
        starts_at=MONDAY_START - timedelta(days=4),
        status="ended",
        ended_at=NOW - timedelta(days=4),
    )
    owed(world, today)
    owed(world, before)
    found = board(world, world.facilitator)
    assert [debt.session for debt in found.debts] == [before]
    assert found.rows[0].debt is not None
    assert found.rows[0].debt.open_notes == 1
    assert board(world, world.records).debts == []


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_shows_the_session_and_leads_to_the_console(world: World) -> None:
    session = make_session(world.group, status="open", opened_at=MONDAY_START)
    with time_machine.travel(NOW, tick=False):
        page = browser_of(world.facilitator).get(BOARD).content.decode()
    assert "Evening A" in page
    assert "5:30 PM" in page
    assert reverse("room", args=[session.pk]) in page
    assert "Ana" not in page  # names only behind the flags


def test_an_empty_evening_says_so(world: World) -> None:
    with time_machine.travel(NOW, tick=False):
        page = browser_of(world.facilitator).get(BOARD).content.decode()
    assert "No group tonight" in page


def test_a_refresh_answers_only_what_changed(world: World) -> None:
    make_session(world.group)
    browser = browser_of(world.facilitator)
    asking = {"HX-Request": "true", "X-Background": "1"}
    with time_machine.travel(NOW, tick=False):
        first = browser.get(BOARD, headers=asking)
        again = browser.get(BOARD, headers={**asking, "X-Seen": first.headers["X-Seen"]})
        Session.objects.update(status="open")
        changed = browser.get(BOARD, headers={**asking, "X-Seen": first.headers["X-Seen"]})
    assert first.status_code == 200
    assert b"<html" not in first.content
    assert again.status_code == 204
    assert changed.status_code == 200
    assert b"Doors open" in changed.content


def test_a_refresh_does_not_keep_the_login_awake(world: World) -> None:
    browser = browser_of(world.facilitator)
    with time_machine.travel(NOW, tick=False):
        browser.get(BOARD)
    seen = browser.session["vio_seen"]
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        browser.get(BOARD, headers={"HX-Request": "true", "X-Background": "1"})
    assert browser.session["vio_seen"] == seen


def questions(world: World) -> int:
    with CaptureQueriesContext(connection) as asked:
        board(world, world.facilitator)
    return len(asked)


def test_the_board_asks_as_many_questions_for_six_sessions_as_for_one(world: World) -> None:
    make_session(world.group)
    one = questions(world)
    for hours in range(1, 6):
        make_session(world.group, starts_at=MONDAY_START + timedelta(hours=hours / 2))
    assert questions(world) == one
