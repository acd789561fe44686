"""One seeded program for all tests of this folder.

A run that should have added the history was killed in the middle; the next run finished it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from groups.models import Program
from vio.common.models import AuditEntry
from vio.demo.history import MARK
from vio.demo.seed import Seeded, found, seed_demo

# Wednesday noon in New York: one whole week of history before this one, and Monday and Tuesday of this week.
NOON = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)
_SEED = (
    "import django; django.setup()\n"
    "from datetime import datetime\n"
    "from vio.demo.seed import seed_demo\n"
    "seed_demo(now=datetime.fromisoformat('{now}'), weeks=1)\n"
)


@pytest.fixture(scope="package")
def left_by_a_killed_founding(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> tuple[int, int]:
    """How many programs and audit entries a founding leaves that is killed while it writes."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own class
        _killed(when=_writing)
        return Program.objects.count(), AuditEntry.objects.count()


@pytest.fixture(scope="package")
def seeded(
    left_by_a_killed_founding: tuple[int, int], django_db_blocker: pytest.FixtureRequest
) -> Iterator[Seeded]:
    """What the run after the killed one did; the database holds the demo program until the last test of the folder."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own class
        found(NOON, 1, weeks=1)
        _killed(when=lambda: _marks() == 2)  # in the second of three pieces
        yield seed_demo(now=NOON)
        call_command("flush", interactive=False)


def _killed(*, when: Callable[[], bool]) -> None:
    """Seeds in a process of its own and kills it."""
    run = subprocess.Popen([sys.executable, "-c", _SEED.format(now=NOON.isoformat())], env=_environment())
    try:
        while not when():
            assert run.poll() is None, "the run ended before it could be killed"
            time.sleep(0.05)
    finally:
        run.kill()
        run.wait()


def _writing() -> bool:
    """Whether another connection has an open transaction that has recorded an act."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
            " WHERE c.relname = 'common_auditdraft' AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


def _marks() -> int:
    return AuditEntry.objects.filter(action=MARK).count()


def _environment() -> dict[str, str]:
    given = urlsplit(os.environ["VIO_DATABASE_URL"])
    return {
        **os.environ,
        "VIO_DATABASE_URL": given._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "VIO_DATABASE_AS_OWNER": "0", "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VIO_FIELD_KEYS": settings.FIELD_KEYS, "VIO_SECRET_KEY": settings.SECRET_KEY,
    }  # fmt: skip
