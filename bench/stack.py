"""The product as it runs in production: PostgreSQL and Valkey, the schema, one Daphne on the server's core."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import machine, usage
from vio.embedded import services
from vio.embedded.keys import new_keyset
from vio.supervisor import plan
from vio.supervisor.options import listening_socket

PATIENCE = 60.0


class BenchError(RuntimeError):
    """The bench cannot go on; the text says why."""


@dataclass
class Stack:
    """What runs, and what it costs."""

    running: services.Services
    server: socket.socket
    environment: dict[str, str]
    web: subprocess.Popen[bytes] | None = None
    profiled: bool = False

    @property
    def port(self) -> int:
        """Where the web process listens."""
        return int(self.server.getsockname()[1])

    @property
    def origin(self) -> str:
        """The one origin it answers to."""
        return f"http://localhost:{self.port}"

    @property
    def redis_socket(self) -> str:
        """The path of Valkey's socket."""
        return self.running.redis_url.removeprefix("unix://")

    def postgres_cpu(self) -> float:
        """Seconds PostgreSQL has used so far."""
        return usage.cpu_seconds(self.running.pids[0])

    def redis_cpu(self) -> float:
        """Seconds Valkey has used so far."""
        return usage.cpu_seconds(self.running.pids[1])

    def start_web(self, program: str = "", *, unpaced: bool = False) -> None:
        """Starts the web process as `vio up` does (VIO_SERVER says which, unless it is named), on the server's core, and
        waits until it answers. `unpaced` lifts what one person may say in a time.
        """
        program = program or os.environ.get("VIO_SERVER", "daphne")
        spec = plan.web(1, self.server, self.environment, program)
        command = list(spec.command)
        around = ["bench.profiled"] * self.profiled + ["bench.unpaced"] * unpaced
        command[1:3] = ["-m", *around, command[2]]
        self.web = machine.launch(
            command, machine.WORK / "web.log", cores=machine.SERVER, environment=self.environment,
            pass_fds=spec.pass_fds,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not plan.serves(self.port):
            if self.web.poll() is not None or time.monotonic() > until:
                raise BenchError("the web process did not start; see var/bench/web.log")
            time.sleep(0.1)

    def note_profile(self) -> None:
        """Has the sampler write what it saw, when there is one."""
        if self.profiled and self.web is not None:
            self.web.send_signal(signal.SIGUSR2)

    def restart_web(self, program: str = "", *, unpaced: bool = False) -> None:
        """A fresh web process."""
        if self.web is not None:
            machine.stop(self.web)
        self.start_web(program, unpaced=unpaced)

    def web_cpu(self) -> float:
        """Seconds the web process has used so far."""
        return usage.cpu_seconds(self.web.pid) if self.web else 0.0

    def stop(self) -> None:
        """Stops everything."""
        if self.web is not None:
            machine.stop(self.web)
        self.server.close()
        self.running.stop()


def start() -> Stack:
    """New servers on an empty folder (durable, as in production), the schema, and this process connected to them.

    Everything measured acts as the application's role, behind row-level security.
    """
    home = machine.WORK / "home"
    shutil.rmtree(home, ignore_errors=True)
    machine.WORK.mkdir(parents=True, exist_ok=True)
    running = services.start(home, durable=True)
    for pid in running.pids:
        machine.pin(pid, machine.OTHERS)
    server = listening_socket("127.0.0.1", 0)
    port = int(server.getsockname()[1])
    values = {
        "VIO_DATABASE_URL": running.database_url, "VIO_REDIS_URL": running.redis_url, "VIO_PORT": str(port),
        "VIO_HOME": str(home), "VIO_DEBUG": "0", "VIO_SECRET_KEY": "bench-only-" + "k" * 48,
        "VIO_FIELD_KEYS": new_keyset(), "VIO_ORIGINS": f"http://localhost:{port}",
        "VIO_ALLOWED_HOSTS": "localhost,127.0.0.1", "VIO_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "vio.settings",
    }  # fmt: skip
    os.environ.update(values)
    environment = {**os.environ}
    _migrate({**environment, "VIO_DATABASE_AS_OWNER": "1"})
    import django

    django.setup()
    return Stack(running, server, environment)


def _migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=machine.PROJECT, env=environment, check=True)


def owner_connection(stack: Stack) -> Any:
    """A connection as the owner of the tables: for laying out history in bulk, never for what is measured."""
    import psycopg

    return psycopg.connect(stack.running.database_url, autocommit=True)


def analyse(stack: Stack) -> None:
    """Lets PostgreSQL count what was laid out, as its own housekeeping does within a minute in production."""
    with owner_connection(stack) as owner:
        owner.execute("ANALYZE")


def sockets_folder(stack: Stack) -> Path:
    """Where the servers' sockets are."""
    return Path(stack.redis_socket).parent
