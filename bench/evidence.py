"""Presence evidence as the product writes it, one statement a tick, beside one ORM save per row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.hours import Clock
from bench.people import Evening
from bench.rows import Row, Target, judge
from bench.stack import Stack

PEOPLE = 1008
TICKS = 8
SAVES = 400


def measure(stack: Stack, evening: Evening, rounds: int, now: datetime) -> list[Row]:
    """CPU per row of both ways, in turn."""
    clock = Clock(stack)
    written, saved = [], []
    for number in range(rounds):
        start = now + timedelta(minutes=10 * number)
        written.append(clock.cpu(lambda start=start: _ticks(evening, start)) / (PEOPLE * TICKS) * 1e6)  # type: ignore[misc]  # bound for this turn
        saved.append(clock.cpu(lambda start=start: _saves(evening, start)) / SAVES * 1e6)  # type: ignore[misc]
    return [
        judge("presence evidence against one ORM save each", written, "CPU us/row", Target(1 / 20, "ratio"),
              references=saved, notes=[f"{PEOPLE} connections a statement"]),
    ]  # fmt: skip


def _connections(evening: Evening) -> list[dict[str, Any]]:
    share = len(evening.clients) // len(evening.sessions)
    return [
        {
            "session_id": evening.sessions[n // share].pk, "program_id": evening.program.pk, "connection": uuid4(),
            "person_id": client.person_id, "client_id": client.pk,
        }
        for n, client in enumerate(evening.clients)
    ]  # fmt: skip


def _ticks(evening: Evening, start: datetime) -> None:
    from sessions_app.room.presence import Proof, write_proofs

    seats = (_connections(evening) * 2)[:PEOPLE]
    for tick in range(TICKS):
        at = start + timedelta(seconds=15 * tick)
        write_proofs([Proof(**seat, at=at + timedelta(microseconds=n)) for n, seat in enumerate(seats)])


def _saves(evening: Evening, start: datetime) -> None:
    from sessions_app.models import PresenceEvidence

    seats = _connections(evening)
    for n in range(SAVES):
        PresenceEvidence(**seats[n % len(seats)], kind="seen", at=start + timedelta(milliseconds=n)).save()
