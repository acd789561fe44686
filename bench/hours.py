"""The hours' figures: the product's statements beside a bare scan of the same rows, and beside a loop through the ORM."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bench.history import History
from bench.rows import Row, Target, judge
from bench.stack import Stack

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


def measure(stack: Stack, history: History, rounds: int, now: datetime) -> list[Row]:
    """All rows about hours."""
    clock = Clock(stack)
    figures: dict[str, list[float]] = {name: [] for name in _STEPS}
    _without_timeout()
    wrong = 0
    first_time = clock.cpu(lambda: _board(history, now))
    for _ in range(rounds):
        for name, step in _STEPS.items():
            results: list[Any] = []
            seconds = clock.cpu(lambda step=step, results=results: results.append(step(history, now)))  # type: ignore[misc]  # bound for this turn
            figures[name].append(seconds)
            if name == "deep":
                wrong += len(results[0])
    loop = (
        clock.cpu(lambda: _loop(history, SAMPLE)) * len(history.clients) / min(SAMPLE, len(history.clients))
    )
    size = f"{len(history.clients):,} clients x 12 weeks"
    note = f"{size}, {history.evidence:,} rows of evidence"
    proof = "" if not wrong else f"{wrong} figures disagree"
    deep = [a + b for a, b in zip(figures["deep"], figures["board"], strict=True)]
    corrections = [_correct(history, n, now) for n in range(30)]
    return [
        judge("hours, deep: evidence to weeks", deep, "CPU s", Target(40, "ratio"), references=figures["scan_evidence"],
              notes=[note, "reference: bare scan of the evidence", proof], spoilt=bool(wrong)),
        judge("hours, daily: one week of the program", figures["daily"], "CPU s", Target(4, "ratio"),
              references=figures["scan_week"], notes=[size, "reference: bare scan of that week's evidence"]),
        judge("hours, board: weeks from finished attendance", figures["board"], "CPU s", Target(3, "ratio"),
              references=figures["scan_records"], notes=[f"{size}, {history.records:,} records; rows that are right "
              "already are not written again", "reference: bare scan of the records"]),
        judge("hours, board: the same when nothing was written yet", [first_time], "CPU s",
              references=figures["scan_records"], notes=[size]),
        judge("hours, deep: against a loop through the ORM", [loop / value for value in deep], "times cheaper",
              Target(10, at_least=True), notes=[f"loop over {SAMPLE} clients, scaled: {loop:.0f} CPU s"]),
        judge("recompute after one correction", corrections, "ms", Target(10), notes=[size]),
    ]  # fmt: skip


# --- the steps ------------------------------------------------------------------------------------------------


def _deep(history: History, now: datetime) -> list[Any]:
    from sessions_app.hours.deep import disagreeing

    return list(disagreeing(history.program.pk, history.weeks[0], history.weeks[-1] + timedelta(days=6)))


def _board(history: History, now: datetime) -> None:
    from sessions_app.hours.services import compute_week
    from vio.common.localtime import Week

    for week in history.weeks:
        compute_week(program=history.program, week=Week(week), now=now)


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


_STEPS: dict[str, Callable[[History, datetime], Any]] = {
    "scan_evidence": _scan(_SCAN_EVIDENCE),
    "deep": _deep,
    "scan_week": _scan(_SCAN_WEEK),
    "scan_records": _scan(_SCAN_RECORDS),
    "board": _board,
    "daily": _daily,
}


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

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
