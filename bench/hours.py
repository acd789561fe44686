"""The hours' figures: the product's statements beside a bare scan of the same rows, and beside a loop through the ORM."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from bench.bulk import settle
from bench.history import History
from bench.progress import phase
from bench.rows import Row, Target, judge
from bench.stack import Stack, owner_connection

Step: TypeAlias = Callable[[History, datetime], Any]
SAMPLE = 60
"""Clients whose twelve weeks the per-client loop computes; its cost is scaled to everybody."""

# What any answer from these rows costs at least: reading them once and grouping them by client.
_SCAN_EVIDENCE = """SELECT client_id, count(*), min(at), max(at) FROM sessions_app_presenceevidence
WHERE program_id = %(program)s GROUP BY client_id"""
_SCAN_WEEK = """SELECT e.client_id, count(*), min(e.at), max(e.at) FROM sessions_app_presenceevidence e
JOIN sessions_app_session s ON s.id = e.session_id
WHERE s.program_id = %(program)s AND s.local_date BETWEEN %(first)s AND %(last)s GROUP BY e.client_id"""
_SCAN_RECORDS = """SELECT client_id, count(*), sum(credited_minutes) FROM sessions_app_attendancerecord
WHERE program_id = %(program)s GROUP BY client_id"""


class Clock:
    """Seconds of processor time that a piece of work takes here and in PostgreSQL, and by the wall."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def cpu(self, work: Callable[[], object]) -> float:
        """CPU seconds of this process and of PostgreSQL."""
        here, there = time.process_time(), self.stack.postgres_cpu()
        work()
        return time.process_time() - here + self.stack.postgres_cpu() - there


def measure(stack: Stack, history: History, board: History, rounds: int, now: datetime) -> list[Row]:
    """All rows about hours: the deep path on a history with evidence, the board's on a larger one of attendance alone."""
    clock = Clock(stack)
    _without_timeout()
    with phase("hours: evidence to weeks, one week"):
        deep, wrong = _rounds(clock, history, _DEEP_STEPS, rounds, now)
    with phase("board: every week for the first time"):
        first_time = clock.cpu(lambda: _board(board, now))
    with owner_connection(stack) as owner:
        settle(owner, ["sessions_app_weekhours"])
    with phase("board: weeks that are right already"):
        rolled, _ = _rounds(clock, board, _BOARD_STEPS, rounds, now)
    with phase("hours and board: the loops"):
        loop = _scaled(clock, history, _loop)
        board_loop = _scaled(clock, board, _week_loop)
    with phase("corrections"):
        corrections = [_correct(board, n, now) for n in range(30)]
    size, large = _size(history), _size(board)
    note = f"{size}, {history.evidence:,} rows of evidence"
    proof = "" if not wrong else f"{wrong} figures disagree"
    weeks = [a + b for a, b in zip(deep["deep"], deep["board"], strict=True)]
    return [
        judge("hours, deep: evidence to weeks", weeks, "CPU s", Target(40, "ratio"), references=deep["scan_evidence"],
              notes=[note, "reference: bare scan of the evidence", proof], spoilt=bool(wrong)),
        judge("hours, daily: one week of the program", deep["daily"], "CPU s", Target(4, "ratio"),
              references=deep["scan_week"], notes=[size, "reference: bare scan of that week's evidence"]),
        judge("hours, board: weeks from finished attendance", rolled["board"], "CPU s", Target(3, "ratio"),
              references=rolled["scan_records"], notes=[f"{large}, {board.records:,} records; rows that are right "
              "already are not written again", "reference: bare scan of the records"]),
        judge("hours, board: the same when nothing was written yet", [first_time], "CPU s",
              references=rolled["scan_records"], notes=[large]),
        judge("hours, board: against a loop through the ORM", [board_loop / value for value in rolled["board"]],
              "times cheaper", Target(10, at_least=True),
              notes=[f"loop over {SAMPLE} clients, scaled: {board_loop:.0f} CPU s"]),
        judge("hours, deep: against a loop through the ORM", [loop / value for value in weeks], "times cheaper",
              Target(10, at_least=True), notes=[f"loop over {SAMPLE} clients, scaled: {loop:.0f} CPU s"]),
        judge("recompute after one correction", corrections, "ms", Target(10), notes=[large]),
    ]  # fmt: skip


def _rounds(
    clock: Clock, history: History, steps: Mapping[str, Step], rounds: int, now: datetime
) -> tuple[dict[str, list[float]], int]:
    """CPU seconds of every step, interleaved; and how many figures the deep path gave differently."""
    figures: dict[str, list[float]] = {name: [] for name in steps}
    wrong = 0
    for _ in range(rounds):
        for name, step in steps.items():
            results: list[Any] = []
            figures[name].append(clock.cpu(partial(_keep, results, step, history, now)))
            wrong += len(results[0]) if name == "deep" else 0
    return figures, wrong


def _keep(results: list[Any], step: Step, history: History, now: datetime) -> None:
    results.append(step(history, now))


def _scaled(clock: Clock, history: History, loop: Callable[[History, int], int]) -> float:
    """CPU seconds a loop over everybody would take, from a sample of it."""
    number = min(SAMPLE, len(history.clients))
    return clock.cpu(lambda: loop(history, number)) * len(history.clients) / number


def _size(history: History) -> str:
    return f"{len(history.clients):,} clients x 12 weeks"


# --- the steps ------------------------------------------------------------------------------------------------


def _deep(history: History, now: datetime) -> list[Any]:
    from sessions_app.hours.deep import disagreeing

    return list(disagreeing(history.program.pk, history.weeks[0], history.weeks[-1] + timedelta(days=6)))


def _board(history: History, now: datetime) -> None:
    from sessions_app.hours.roll_up import roll_up
    from vio.common.localtime import Week

    roll_up(program=history.program, weeks=[Week(week) for week in history.weeks], now=now)


def _daily(history: History, now: datetime) -> None:
    from sessions_app.hours.services import compute_week
    from vio.common.localtime import Week

    compute_week(program=history.program, week=Week(history.weeks[-1]), now=now)


def _scan(statement: str) -> Callable[[History, datetime], int]:
    def scan(history: History, now: datetime) -> int:
        from django.db import connection

        week = history.weeks[-1]
        values = {"program": history.program.pk, "first": week, "last": week + timedelta(days=6)}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({statement}) scanned", values)  # noqa: S608  # our own statement
            return int(cursor.fetchone()[0])

    return scan


_DEEP_STEPS: dict[str, Step] = {
    "scan_evidence": _scan(_SCAN_EVIDENCE),
    "deep": _deep,
    "scan_week": _scan(_SCAN_WEEK),
    "board": _board,
    "daily": _daily,
}
_BOARD_STEPS: dict[str, Step] = {"scan_records": _scan(_SCAN_RECORDS), "board": _board}


def _loop(history: History, number: int) -> int:
    """What one would write first: each client, each session, the evidence through the ORM, the rules in Python."""
    from sessions_app.attendance.figures import figures, read_client
    from sessions_app.attendance.gather import gather
    from sessions_app.models import Session

    minutes = 0
    for client in history.clients[:number]:
        sessions = Session.objects.filter(group__memberships__client=client, finalised_at__isnull=False)
        for session in sessions.select_related("program", "group"):
            facts = gather(session, client_id=client.pk)
            minutes += figures(read_client(facts, client.pk)).credited_minutes
    return minutes


def _week_loop(history: History, number: int) -> int:
    """The same weeks as the board's, client by client through the ORM and the Python rule."""
    from sessions_app.hours.reading import read_week
    from vio.common.localtime import Week

    now = datetime.now(UTC)
    readings = (
        read_week(client, Week(week), now=now)
        for client in history.clients[:number]
        for week in history.weeks
    )
    return sum(reading.minutes for reading in readings if reading is not None)


def _correct(history: History, number: int, now: datetime) -> float:
    """Milliseconds from a new version of one record to the client's week."""
    from sessions_app.hours.services import compute_client_weeks
    from sessions_app.models import AttendanceRecord

    client = history.clients[number]
    old = AttendanceRecord.objects.filter(client=client, local_date__gte=history.weeks[-1]).order_by(
        "local_date"
    )[0]
    old.pk, old.version, old.source = None, 2, "corrected"
    old.credited_minutes = max(10, old.credited_minutes - 7)
    old._state.adding = True
    old.save()
    began = time.perf_counter()
    compute_client_weeks(program=history.program, clients=[client.pk], days=[old.local_date], now=now)
    return (time.perf_counter() - began) * 1000


def _without_timeout() -> None:
    from django.db import connection

    from vio import database

    database.ANSWERS_WITHIN = 3600.0
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
