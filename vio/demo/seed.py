"""The demo program, made when it is not there and brought up to date when it is: run at every `vio up --demo`."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from groups.models import Program
from sessions_app.models import Session
from vio.common.localtime import local_date
from vio.common.scope import every_program, scope
from vio.demo.book import Book
from vio.demo.founding import find_program, found_program, keep_factors
from vio.demo.history import bring_up_to_date, read_mark, write_mark
from vio.demo.live import ensure_live
from vio.demo.offices import furnish

WEEKS = 12
SEED = 1
_LOCK = "vio.demo.seed"


@dataclass(frozen=True)
class Seeded:
    """What one run did: whether the program is new, whole days of history added, the live sessions, seconds taken."""

    founded: bool
    days: int
    live: tuple[Session, ...]
    seconds: float


def seed_demo(
    *,
    now: datetime,
    seed: int = SEED,
    weeks: int = WEEKS,
    told: Callable[[date], None] = lambda through: None,
) -> Seeded:
    """Makes the demo program with that many whole weeks of history before this one, or adds what time made necessary.

    Safe to kill and to run again; two at once wait for each other. `seed` counts only for a new program. `told` hears
    how far the history reaches.

    A new program is there with its whole history or not at all: a scheduler that runs beside this would otherwise take
    the evenings of the past for evenings nobody came to.
    """
    began = time.monotonic()
    with _without_collecting(), _alone():
        with every_program():
            program = find_program()
        if program is not None:
            book, through = _open_book(program)
            days, live = _write(book, through, now, told)
        else:
            with transaction.atomic():
                # Its mark is in the trail when this commits, not before.
                book = found(now, seed, weeks)
                days, live = _write(book, book.began - timedelta(days=1), now, told)
    return Seeded(program is None, days, live, time.monotonic() - began)


def _write(
    book: Book, through: date, now: datetime, told: Callable[[date], None]
) -> tuple[int, tuple[Session, ...]]:
    with scope([book.program.pk]):
        keep_factors(book)
        days = bring_up_to_date(book, through=through, now=now, told=told)
        groups = [group for _, group in sorted(book.groups.items())]
        live = tuple(ensure_live(group, actor=book.house, now=now).session for group in groups)
        furnish(book, live, now=now)
        return days, live


def found(now: datetime, seed: int, weeks: int) -> Book:
    """The program, its people and the marker of a history that has yet to be written, in one transaction."""
    with every_program(), transaction.atomic():
        today = local_date(now, Program().zone)
        first = today - timedelta(days=today.weekday() + 7 * weeks)
        friday = now - timedelta(days=(today - first).days + 3)
        book = found_program(began=first, now=friday, seed=seed)
        write_mark(book, first - timedelta(days=1))
    return book


def _open_book(program: Program) -> tuple[Book, date]:
    """The program as it was made, and how far its history reaches."""
    with scope([program.pk]):
        mark = read_mark(program)
    assert mark is not None  # noqa: S101  # written with the program, in one transaction
    return Book(program, mark.began, mark.seed), mark.through


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Looking for garbage in a hundred thousand short-lived rows costs a tenth of the time and finds nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _alone() -> Iterator[None]:
    """One seeding at a time, whoever asks; the lock ends with the connection if we are killed."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_LOCK])
        cursor.execute("SET lock_timeout = '5s'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_LOCK])
