"""A pytest plugin: PostgreSQL and Valkey for one test run, started before Django's settings are read.

Started once by the process that was called; workers of pytest-xdist inherit the addresses. When
VIO_DATABASE_URL and VIO_REDIS_URL are given, those are used and nothing is started. A server that cannot
start ends the run: no test is ever skipped for want of one.

`python -m tests.services PROGRAM ...` runs any program beside such servers.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from vio.embedded import services
from vio.embedded.errors import StackError
from vio.embedded.keys import new_keyset

ADDRESSES = ("VIO_DATABASE_URL", "VIO_REDIS_URL")


def ensure() -> None:
    """Set the addresses in the environment, starting the servers when none are given."""
    os.environ.setdefault("VIO_SECRET_KEY", "tests-only-" + "k" * 48)
    if "VIO_FIELD_KEYS" not in os.environ and "VIO_FIELD_KEYS_FILE" not in os.environ:
        os.environ["VIO_FIELD_KEYS"] = new_keyset()
    given = [name for name in ADDRESSES if os.environ.get(name)]
    if len(given) == len(ADDRESSES):
        return
    if given:
        raise StackError(f"{given[0]} is set alone; set both of {' and '.join(ADDRESSES)} or neither")
    # Short, for the sockets, and open to the account that PostgreSQL runs under when we are root.
    root = Path(tempfile.mkdtemp(prefix="vio-tests-"))
    root.chmod(0o755)
    running = services.start(root / "home")
    os.environ.update(VIO_DATABASE_URL=running.database_url, VIO_REDIS_URL=running.redis_url)
    # The many processes that tests start compile the code once between them.
    os.environ.update(PYTHONPYCACHEPREFIX=str(root / "pycache"), PYTHONDONTWRITEBYTECODE="")

    def stop() -> None:
        running.stop()
        shutil.rmtree(root, ignore_errors=True)

    # Also after Ctrl-C; after kill -9 the servers end with us, by the kernel.
    atexit.register(stop)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Before every other plugin, because pytest-django reads the settings in this hook."""
    try:
        ensure()
    except StackError as problem:
        raise pytest.UsageError(f"the services for the tests cannot run: {problem}") from problem
    return (yield)


def main() -> int:
    """Run the given program (a .py file by this Python) with both servers up; its exit code is ours."""
    ensure()
    arguments = sys.argv[1:]
    if arguments[0].endswith(".py"):
        arguments.insert(0, sys.executable)
    return subprocess.run(arguments, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
