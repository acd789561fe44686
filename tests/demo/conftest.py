"""One seeded program for all tests of this folder: its first seeding was killed in the middle, the second finished it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from vio.common.models import AuditEntry
from vio.demo.history import MARK
from vio.demo.seed import Seeded, seed_demo

# Wednesday noon in New York: one whole week of history before this one, and Monday and Tuesday of this week.
NOON = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)
_SEED = (
    "import django; django.setup()\n"
    "from datetime import datetime\n"
    "from vio.demo.seed import seed_demo\n"
    "seed_demo(now=datetime.fromisoformat('{now}'), weeks=1)\n"
)


@pytest.fixture(scope="package")
def seeded(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Seeded]:
    """What the run after the killed one did; the database holds the demo program until the last test of the folder."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's own class
        _kill_the_first_run()
        yield seed_demo(now=NOON, weeks=1)
        call_command("flush", interactive=False)


def _kill_the_first_run() -> None:
    """Seeds in a process of its own and kills it while it makes the second piece of history."""
    first = subprocess.Popen([sys.executable, "-c", _SEED.format(now=NOON.isoformat())], env=_environment())
    try:
        while _marks() < 2:
            assert first.poll() is None, "the first run ended before it could be killed"
            time.sleep(0.05)
    finally:
        first.kill()
        first.wait()


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
