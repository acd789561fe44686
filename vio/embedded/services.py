"""Both servers for a program without an event loop of its own: the tests, and single commands beside them."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vio.embedded import postgres, valkey
from vio.embedded.account import Account, arguments
from vio.embedded.errors import StackError
from vio.embedded.postgres import Postgres
from vio.embedded.spawn import die_with_parent
from vio.embedded.state import HomeLock, make_root, open_home
from vio.embedded.valkey import Valkey

START_PATIENCE = 60.0  # seconds until a server must answer
STOP_PATIENCE = 10.0  # seconds until a server is killed


@dataclass
class Services:
    """Two running servers; stop them with `stop`. They end with us whatever happens."""

    database_url: str
    redis_url: str
    _lock: HomeLock
    _running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = field(default_factory=list)

    @property
    def pids(self) -> tuple[int, int]:
        """The process ids of PostgreSQL and Valkey, for who measures them."""
        postgres_server, valkey_server = (process.pid for process, _ in self._running)
        return postgres_server, valkey_server

    def stop(self) -> None:
        """Stop what runs, Valkey first, and give the folder back; calling it twice does no harm."""
        while self._running:
            process, how = self._running.pop()
            process.send_signal(how)
            try:
                process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._lock.release()


def start(root: Path, *, durable: bool = False) -> Services:
    """Start both servers on the state folder `root` and wait until they answer.

    Not durable by default, which is for tests. Raises StackError when a server does not come up.
    """
    make_root(root)
    lock = HomeLock(root)
    lock.acquire()
    services: Services | None = None
    try:
        home = open_home(root)
        database, redis = Postgres.of(home, durable=durable), Valkey.of(home)
        database.initialise()
        database.end_leftover()
        services = Services(database.url(), redis.url(), lock)
        processes = [
            _launch(
                services, home.log / "postgres.log", database.command(), home.account, postgres.STOP_SIGNAL
            ),
            _launch(services, home.log / "valkey.log", redis.command(), redis.account, valkey.STOP_SIGNAL),
        ]
        _await(database.answers, processes[0], home.log / "postgres.log")
        _await(redis.answers, processes[1], home.log / "valkey.log")
        database.create_database()
    except BaseException:
        if services is not None:
            services.stop()
        lock.release()
        raise
    return services


def _launch(
    services: Services, log: Path, command: list[str], account: Account | None, how: signal.Signals
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,  # Ctrl-C at the terminal is ours to handle, not theirs
            preexec_fn=die_with_parent(how),  # noqa: PLW1509 - runs before any thread of ours exists
            **arguments(account),
        )
    services._running.append((process, how))
    return process


def _await(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not answers():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise StackError(f"{log.stem} did not start: {lines[-1] if lines else 'it said nothing'}")
        time.sleep(0.02)
