"""The embedded PostgreSQL: one cluster in VIO_HOME, one database `vio`, reached through a private socket.

Whoever can open the socket is trusted; the folder it stands in has mode 0700. There is no TCP port.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from vio.embedded import locate
from vio.embedded.account import arguments, own, reaches
from vio.embedded.errors import StackError
from vio.embedded.state import Home, damaged

OWNER = "vio"
DATABASE = "vio"
# Fast shutdown: connections are closed, everything is written, about 10 ms.
STOP_SIGNAL = signal.SIGINT
LEFTOVER_PATIENCE = 10.0  # seconds a server of a killed supervisor gets to finish

# Statements, parameters and row contents stay out of the log file: they may be health data (DP-3). The
# application sees its own errors; the server logs what concerns the server.
_QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_ALWAYS = {
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
}
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """The server of one state folder; `durable` is off for tests only."""

    home: Home
    programs: Path
    durable: bool = True

    @classmethod
    def of(cls, home: Home, *, durable: bool = True) -> Postgres:
        """The server of `home`, with its programs found. Raises StackError when there are none."""
        return cls(home, locate.postgres_programs(home.account), durable)

    def url(self, database: str = DATABASE) -> str:
        """The address in the form of VIO_DATABASE_URL."""
        return f"postgresql://{OWNER}@/{database}?host={quote(str(self.home.run))}"

    def command(self) -> list[str]:
        """The command line of the server."""
        options = {**_ALWAYS, **_QUIET, **({} if self.durable else _VOLATILE)}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        program = str(self.programs / "postgres")
        return [program, "-D", str(self.home.cluster), "-k", str(self.home.run), "-h", "", *settings]

    def initialise(self) -> bool:
        """Make the cluster when it is absent; true when it was made. Raises StackError when it is damaged."""
        cluster = self.home.cluster
        if cluster.exists():
            self._check()
            return False
        # Made beside its place and moved when whole: an interrupted start leaves nothing half made.
        draft = cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        self._make_parents(draft)
        self._initdb(draft)
        draft.rename(cluster)
        return True

    def answers(self) -> bool:
        """Whether the server accepts a connection now."""
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self) -> bool:
        """Create the application's database when it is absent; true when it was created."""
        import psycopg

        with psycopg.connect(self.url("postgres"), connect_timeout=5, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                return False
            connection.execute("CREATE DATABASE vio")
        return True

    def end_leftover(self) -> None:
        """Wait for the server of a supervisor that was killed a moment ago, and press it; forget dead ones.

        The caller holds the lock of the folder, so a server found here is nobody's.
        """
        deadline = time.monotonic() + LEFTOVER_PATIENCE
        while (pid := self._leftover()) is not None:
            if time.monotonic() > deadline:
                raise StackError(
                    f"an old PostgreSQL (process {pid}) still runs on {self.home.cluster} and does not end"
                )
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, STOP_SIGNAL)
            time.sleep(0.1)

    def _leftover(self) -> int | None:
        path = self.home.cluster / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        try:
            where = Path(f"/proc/{pid}/cwd").readlink()
        except OSError:
            # No such process (the server clears the file by itself) or a system without /proc.
            return None
        if where == self.home.cluster.resolve():
            return pid
        # Another program got the number, as happens after a restart of a container; the server would refuse.
        path.unlink(missing_ok=True)
        return None

    def _check(self) -> None:
        cluster, root = self.home.cluster, self.home.root
        try:
            major = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise damaged(root, "its database has no readable PG_VERSION") from error
        if major != str(locate.POSTGRES_MAJOR):
            raise StackError(
                f"the database in {root} is of PostgreSQL {major}, this is version {locate.POSTGRES_MAJOR}"
            )
        for part in ("global/pg_control", "base", "pg_wal"):
            if not (cluster / part).exists():
                raise damaged(root, f"its database has lost {part}")

    def _make_parents(self, draft: Path) -> None:
        try:
            draft.mkdir(parents=True)
        except OSError as error:
            raise StackError(f"{draft.parent} cannot hold the database: {error.strerror}") from error
        if not reaches(self.home.account, draft):
            draft.parent.chmod(0o711)
        own(draft, self.home.account, 0o700)

    def _initdb(self, folder: Path) -> None:
        command = [str(self.programs / "initdb"), "-D", str(folder), "-U", OWNER]
        command += ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [] if self.durable else ["--no-sync"]
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        result = subprocess.run(
            command,
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **arguments(self.home.account),
        )
        if result.returncode:
            lines = [line for line in result.stderr.splitlines() if "error" in line.lower()] or [
                result.stderr
            ]
            raise StackError(f"PostgreSQL could not make its database in {folder}: {lines[0].strip()}")
