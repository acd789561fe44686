"""A database that takes a question and never answers: whoever waits is told so in time, and the next one is answered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from psycopg_pool import ConnectionPool

from vio import database
from vio.addresses import database_settings
from vio.database import BoundedConnection
from vio.postgresql.base import DatabaseWrapper, has_gone

Pool = ConnectionPool[BoundedConnection]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A pool as the product has one, of connections that wait for 0.4 s."""
    monkeypatch.setattr(database, "ANSWERS_WITHIN", 0.4)
    url = os.environ["VIO_DATABASE_URL"]
    with ConnectionPool(url, connection_class=BoundedConnection, min_size=1, max_size=1, timeout=5) as made:
        yield made


def test_an_answer_in_time_is_waited_for(pool: Pool) -> None:
    with pool.connection() as connection:
        assert connection.execute("SELECT 1 FROM pg_sleep(0.2)").fetchone() == (1,)


def test_nobody_waits_for_ever_and_the_next_one_is_answered(pool: Pool) -> None:
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError), pool.connection() as connection:
        connection.execute("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 3
    assert connection.closed
    with pool.connection() as another:
        assert another.execute("SELECT 7").fetchone() == (7,)


def test_several_statements_at_once_are_bounded_as_well(pool: Pool) -> None:
    """The room sends its statements without waiting in between; the end of the pipeline waits for all of them."""
    with pool.connection() as connection:
        with pytest.raises(psycopg.OperationalError), connection.pipeline():
            connection.execute("SELECT 1 FROM pg_sleep(5)")
        assert connection.closed


def test_what_was_not_answered_is_not_committed(pool: Pool) -> None:
    with pytest.raises(psycopg.OperationalError), pool.connection() as connection:
        connection.execute("CREATE TABLE unanswered AS SELECT 1 AS id FROM pg_sleep(5)")
    with pool.connection() as another:
        assert another.execute("SELECT to_regclass('unanswered')").fetchone() == (None,)


def test_who_names_a_time_of_their_own_keeps_it(pool: Pool) -> None:
    with pool.connection() as connection:
        began = time.monotonic()
        assert list(connection.notifies(timeout=0.8)) == []
        assert time.monotonic() - began > 0.7
        assert not connection.closed


def test_the_product_connects_so() -> None:
    """Tests run as the owner, without a pool; so the settings are read as a deployment has them."""
    told = subprocess.run(
        [sys.executable, "-c", "from vio.settings import DATABASES as d; print(d['default']['OPTIONS'])"],
        env={**os.environ, "VIO_DATABASE_AS_OWNER": "0", "VIO_DEBUG": "1"}, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "BoundedConnection" in told
    assert f"'reconnect_timeout': {database.TRIES_AGAIN_FOR}" in told
    assert f"'connect_timeout': {database.CONNECTS_WITHIN}" in told


# --- connections that die in the pool ---------------------------------------------------------------------


@pytest.fixture
def wrapper() -> Iterator[DatabaseWrapper]:
    """What Django connects with, over a pool of three that are open from the start."""
    settings = {**connections["default"].settings_dict, **database_settings(os.environ["VIO_DATABASE_URL"])}
    pool = {"min_size": 3, "max_size": 3, "timeout": 5, "connection_class": BoundedConnection}
    made = DatabaseWrapper({**settings, "OPTIONS": {"pool": pool}}, alias="pooled")
    yield made
    made.close_pool()


def _take(wrapper: DatabaseWrapper, count: int) -> list[BoundedConnection]:
    return [wrapper.get_new_connection(wrapper.get_connection_params()) for _ in range(count)]


def _resting(wrapper: DatabaseWrapper) -> list[int]:
    """The server processes of three connections that rest in the pool."""
    taken = _take(wrapper, 3)
    for connection in taken:
        wrapper.pool.putconn(connection)
    return [connection.info.backend_pid for connection in taken]


def _end(pids: list[int]) -> None:
    with psycopg.connect(os.environ["VIO_DATABASE_URL"], autocommit=True) as link:
        for pid in pids:
            link.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_nobody_is_given_a_connection_that_died_while_it_rested(wrapper: DatabaseWrapper) -> None:
    resting = _resting(wrapper)
    _end(resting)
    taken = _take(wrapper, 3)
    assert [one.execute("SELECT 7").fetchone() for one in taken] == [(7,)] * 3
    assert not {one.info.backend_pid for one in taken} & set(resting)
    for connection in taken:
        wrapper.pool.putconn(connection)


def test_one_that_lives_is_given_as_it_is(wrapper: DatabaseWrapper) -> None:
    resting = _resting(wrapper)
    _end(resting[:1])
    taken = _take(wrapper, 2)
    assert [one.info.backend_pid for one in taken] == resting[1:]
    for connection in taken:
        wrapper.pool.putconn(connection)


def test_news_from_the_server_is_no_farewell() -> None:
    with psycopg.connect(os.environ["VIO_DATABASE_URL"], autocommit=True) as link:
        link.execute("LISTEN news")
        with psycopg.connect(os.environ["VIO_DATABASE_URL"], autocommit=True) as other:
            other.execute("NOTIFY news")
        assert not has_gone(link)
        assert link.execute("SELECT 7").fetchone() == (7,)


def test_what_is_closed_on_our_side_has_gone() -> None:
    link = psycopg.connect(os.environ["VIO_DATABASE_URL"])
    assert not has_gone(link)
    link.close()
    assert has_gone(link)
