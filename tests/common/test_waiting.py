"""Tests that wait for a lock are told of those in their own database, and of no other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from tests.sessions_app.room.slow import address
from tests.waiting import somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 10.0
LOCK, WAIT = "SELECT pg_advisory_lock(4711)", "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"


@contextmanager
def one_who_waits(database: str) -> Iterator[None]:
    """Two connections to a database, of which the second waits for the first."""
    where = {**address(), "dbname": database}
    with (
        psycopg.connect(**where) as holder,
        psycopg.connect(**where) as waiter,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute(LOCK)
        waiting = pool.submit(waiter.execute, LOCK)
        until = time.monotonic() + PATIENCE
        while holder.execute(WAIT, (waiter.info.backend_pid,)).fetchone() == (0,):
            assert time.monotonic() < until
        try:
            yield
        finally:
            holder.rollback()
            holder.close()
            waiting.result(PATIENCE)


def test_somebody_waits_in_the_database_of_the_test() -> None:
    assert not somebody_waits()
    with one_who_waits(str(connection.settings_dict["NAME"])):
        assert somebody_waits()
    assert not somebody_waits()


def test_who_waits_in_another_database_of_the_server_is_nothing_to_a_test() -> None:
    with one_who_waits("postgres"):
        assert not somebody_waits()
