"""Fixtures for all tests. The services behind them are started by the plugin tests/services.py."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.core.cache import cache
from django.db import connection, connections

from sessions_app.models import PresenceEvidence
from sessions_app.room.presence import TICK
from tests.lock_order import watched
from tests.worlds import World, build_world
from vio.common import scope


def pytest_configure() -> None:
    """Test bodies see every program; requests, sockets and tasks open the scope they would in production."""
    scope._current.set(scope.EVERY_PROGRAM)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Migrations ran as the owner; from here on every test acts as the application's role (AZ-5)."""
    connection.settings_dict["OPTIONS"]["assume_role"] = "vio_app"
    connection.close()
    yield
    # What coroutines of tests ask runs in asgiref's one thread, which keeps its connection; a database in use is not dropped.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    del connection.settings_dict["OPTIONS"]["assume_role"]  # the owner takes the database down
    connection.close()


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """No rate limit of one test reaches the next."""
    if "django_db_setup" in request.fixturenames or "db" in request.fixturenames:
        cache.clear()


def inside_one_transaction(request: pytest.FixtureRequest) -> bool:
    """Whether a test uses the database and is rolled back as a whole."""
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or (marker and marker.kwargs.get("transaction"))
    return not commits and bool(marker or "db" in request.fixturenames)


@pytest.fixture(autouse=True)
def entries_at_once(request: pytest.FixtureRequest) -> None:
    """A test inside one transaction never commits: there each statement chains what it recorded, as a commit would."""
    if not inside_one_transaction(request):
        return
    request.getfixturevalue("db")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS chain_drafts IMMEDIATE")


@pytest.fixture(autouse=True)
def one_order_of_locks(request: pytest.FixtureRequest, entries_at_once: None) -> Iterator[None]:
    """No act of any test inside one transaction waits for a row that comes before one it holds (tests/lock_order.py).

    The demo is not asked: it plays whole days, act after act, in one transaction, before anybody works with it.
    """
    if not inside_one_transaction(request) or "demo" in request.path.parts:
        yield
        return
    with watched() as acts:
        yield
    problems = {problem for act in acts for problem in act.problems}
    assert not problems, f"out of the order of locks (docs/decisions/0019): {sorted(problems)}"


_AT_WORK = """
SELECT count(*) FROM pg_locks
WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation >= 16384 AND pid <> pg_backend_pid()
"""
PATIENCE = 5.0


@pytest.fixture(autouse=True)
def threads_are_done(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that committed is cleaned up by emptying every table. What its threads still do must end first: PostgreSQL would
    have to choose between the two (a deadlock), and could choose the cleaning."""
    marker = request.node.get_closest_marker("django_db")
    if "transactional_db" not in request.fixturenames and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")  # so that we are finished before it cleans up
    yield
    with_a_server = any(request.node.get_closest_marker(name) for name in ("browser", "real"))
    if with_a_server and PresenceEvidence.objects.exists():
        time.sleep(TICK + 0.3)  # what its windows proved last is written by the server's next tick
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(_AT_WORK)
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)


@pytest.fixture
def world(db: None) -> World:
    """Two programs with everybody a rule can allow or refuse (tests/worlds.py)."""
    return build_world()
