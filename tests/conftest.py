"""Fixtures for all tests. The services behind them are started by the plugin tests/services.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection

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
    del connection.settings_dict["OPTIONS"]["assume_role"]  # the owner takes the database down
    connection.close()


@pytest.fixture(autouse=True)
def empty_cache(request: pytest.FixtureRequest) -> None:
    """No rate limit of one test reaches the next."""
    if "django_db_setup" in request.fixturenames or "db" in request.fixturenames:
        cache.clear()


@pytest.fixture
def world(db: None) -> World:
    """Two programs with everybody a rule can allow or refuse (tests/worlds.py)."""
    return build_world()
