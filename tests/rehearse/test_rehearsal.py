"""One real evening: scripted people on real sockets, a real Daphne, PostgreSQL and Redis; and a comparison that can fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from rich.console import Console

from sessions_app.attendance.tasks import finalise_due
from sessions_app.followup.tasks import find_misses
from sessions_app.models import Session
from sessions_app.room.tasks import sweep_presence
from tests.factories import make_session
from tests.sessions_app.room.test_processes import Server
from vio.common.localtime import local_date
from vio.common.scope import every_program
from vio.demo.book import Book
from vio.demo.cast import CEDAR
from vio.demo.founding import changes_of, found_program
from vio.rehearse.compare import Disagreement, compare
from vio.rehearse.play import Performance, Played
from vio.rehearse.run import Plan, play
from vio.rehearse.script import Part, roles
from vio.rehearse.show import table
from vio.rehearse.stage import StageError, find_groups, prepare
from vio.rehearse.truth import Stay
from vio.rehearse.watch import Board

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]
LENGTH = 24.0  # seconds; long enough for a busy machine to let everybody in


@pytest.fixture
def demo() -> Book:
    """The demo program with its people and without history."""
    now = datetime.now(UTC)
    with every_program():
        today = local_date(now, ZoneInfo("America/New_York"))
        monday = today - timedelta(days=today.weekday() + 7)
        book = found_program(began=monday, now=now - timedelta(days=17), seed=1)
        changes_of(book, monday)
    return book


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.ends()


@pytest.fixture
def clockwork() -> Iterator[None]:
    """What the scheduler does, once a second."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(1):
            for task in (find_misses, finalise_due, sweep_presence):
                task()
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(30)


def what(found: list[Disagreement]) -> set[tuple[str, str]]:
    return {(row.person, row.what) for row in found}


def test_the_ledger_agrees_with_the_script_and_a_wrong_one_is_noticed(
    demo: Book, server: Server, clockwork: None
) -> None:
    board = Board(LENGTH)
    performance = play(Plan(server.origin, 1, LENGTH, seed=3), board=board)
    result = compare(performance)
    assert result.disagreements == []
    assert (result.rooms, result.losses) == (1, 0)
    assert result.people >= 8
    assert result.deliveries > 20
    assert result.alert is not None
    assert result.miss is not None
    assert (result.no_miss, result.as_json()["no_miss"]) == ([], [])
    assert board.rooms[0].phase == "ended"
    assert any("arrives" in text for _, _, text in board.lines) or board.rooms[0].messages > 0
    _a_wrong_ledger_is_noticed(performance)


def _a_wrong_ledger_is_noticed(performance: Performance) -> None:
    """The same ledger beside a script that lived through something else."""
    played = performance.rooms[0]
    pairs = list(zip(played.stage.clients, played.roles, strict=True))
    steady = next(player for player, role in pairs if role.part is Part.STEADY)
    line = played.lines[steady.person][0]
    stay = line.diary.stays[0]
    line.diary.stays[0] = Stay(stay.start + 6, stay.end)
    message = next(key for key, said in played.said.items() if said.by != steady.person)
    line.diary.known.discard(message)
    line.diary.heard[message] += 1
    found = what(compare(performance).disagreements)
    assert {(steady.name, "credited seconds"), (steady.name, "messages heard")} <= found
    Session.objects.filter(pk=played.stage.session).update(finalised_at=None)
    assert ("", "attendance was never counted") in what(compare(performance).disagreements)


def test_a_rehearsal_right_after_another_says_why_nobody_is_missed(demo: Book) -> None:
    """The room had a group until a moment ago: the new one cannot begin before that, nor be missed within its time."""
    now = datetime.now(UTC)
    group = demo.groups[CEDAR]
    with every_program():
        make_session(
            group, starts_at=now - timedelta(minutes=40), minutes=60, status="ended",
            started_at=now - timedelta(minutes=40), ended_at=now - timedelta(minutes=1), finalised_at=now,
            misses_found_at=now,
        )  # fmt: skip
    until = now + timedelta(minutes=5)
    theatre = prepare([group], now=now, determined=now + timedelta(minutes=2), until=until)
    (stage,) = theatre.stages
    performance = Performance(
        [Played(stage, roles(len(stage.clients), Random(1)))], desk=None, red_client=stage.clients[0]
    )  # type: ignore[arg-type]
    found = compare(performance)
    assert found.miss is None
    (room,) = found.no_miss
    assert room.room == CEDAR
    assert room.determined_at > until
    assert "nobody is missing before" in room.words
    console = Console(record=True, width=200)
    table(found, console)
    assert "it had a group until a moment before" in console.export_text()
    Session.objects.filter(pk=stage.session).update(misses_found_at=now)
    known = Performance(
        [Played(replace(stage, misses_known=True), roles(len(stage.clients), Random(1)))],
        desk=None,
        red_client=stage.clients[0],
    )  # type: ignore[arg-type]
    assert "before this rehearsal began" in compare(known).no_miss[0].words


def test_without_a_demo_there_is_no_stage() -> None:
    with pytest.raises(StageError, match="vio demo seed"):
        find_groups(2, now=datetime.now(UTC))
