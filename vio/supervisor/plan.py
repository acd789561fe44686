"""The children of a stack: which program, with which environment, ready when, stopped how."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from vio.embedded import janus, postgres, valkey
from vio.embedded.janus import Janus
from vio.embedded.postgres import Postgres
from vio.embedded.state import Home
from vio.embedded.valkey import Valkey
from vio.supervisor.child import Spec

PROJECT = Path(__file__).resolve().parents[2]
WORKER_PROCESSES = 2
# RT-8: sockets are closed within 5 s of the signal, the process is gone within 15 s.
WEB_PATIENCE = 15.0
# Said by vio/asgi.py: on a shared port an answer may come from the process that is to be restarted next.
WEB_READY = "web: ready"


def database(server: Postgres) -> Spec:
    """The embedded PostgreSQL; ends in an orderly way even when the supervisor is killed."""
    return Spec(
        name="postgres",
        command=server.command(),
        account=server.home.account,
        stop_signal=postgres.STOP_SIGNAL,
        death_signal=postgres.STOP_SIGNAL,
        prepare=server.end_leftover,
        answers=server.answers,
        quiet=True,
    )


def redis(server: Valkey) -> Spec:
    """The embedded Valkey."""
    return Spec(
        name="valkey",
        command=server.command(),
        account=server.account,
        stop_signal=valkey.STOP_SIGNAL,
        answers=server.answers,
        quiet=True,
    )


def media(server: Janus) -> Spec:
    """The embedded Janus."""
    return Spec(
        name="janus",
        command=server.command(),
        stop_signal=janus.STOP_SIGNAL,
        prepare=server.prepare,
        answers=server.answers,
        quiet=True,
    )


def migrate(environment: dict[str, str]) -> Spec:
    """Migrations, as the owner of the tables."""
    return _python(
        "migrate",
        ["manage.py", "migrate", "--noinput", "--verbosity", "1"],
        {**environment, "VIO_DATABASE_AS_OWNER": "1"},
        quiet=True,
    )


def demo(environment: dict[str, str], people: Path) -> Spec:
    """The demo program, made when it is not there; writes the table of demo people to `people`."""
    return _python("demo", ["-m", "vio.supervisor.demo", str(people)], environment)


def web(number: int, server: socket.socket, environment: dict[str, str], program: str = "daphne") -> Spec:
    """One web process on the shared socket, of one of options.SERVERS."""
    descriptor = server.fileno()
    port = int(server.getsockname()[1])
    return _python(
        f"web.{number}",
        _fast(descriptor) if program == "uvicorn" else _daphne(descriptor),
        environment,
        pass_fds=(descriptor,),
        stop_patience=WEB_PATIENCE,
        answers=lambda: serves(port),
        ready_text=WEB_READY,
    )


def _daphne(descriptor: int) -> list[str]:
    """No access log: an address may hold a token (AU-9)."""
    return [
        "-m",
        "daphne",
        "--fd",
        str(descriptor),
        "--no-server-name",
        "--verbosity",
        "0",
        # Daphne measures the life of a socket by the wall clock: set forward by two days, it would close everybody's (AT-7).
        "--websocket_timeout=-1",
        "vio.asgi:application",
    ]


def _fast(descriptor: int) -> list[str]:
    """What uvicorn is told stands in vio/fast.py."""
    return ["-m", "vio.fast", str(descriptor)]


def worker(number: int, environment: dict[str, str]) -> Spec:
    """One Celery worker with its pool; it gets its queues from the application."""
    # The schema step ran Django's checks; here they would load every page before the first task.
    command = ["-m", "celery", "--skip-checks", "--app", "vio.celery:app"]
    command += ["worker", "--hostname", f"worker{number}@%h"]
    command += [
        "--loglevel",
        "INFO",
        "--concurrency",
        str(WORKER_PROCESSES),
        "--without-mingle",
        "--without-gossip",
    ]
    return _python(f"worker.{number}", command, environment, ready_text=" ready.", ready_required=False)


def beat(home: Home, environment: dict[str, str]) -> Spec:
    """The scheduler."""
    command = ["-m", "celery", "--skip-checks", "--app", "vio.celery:app", "beat", "--loglevel", "INFO"]
    command += ["--schedule", str(home.root / "beat-schedule"), "--pidfile", ""]
    return _python("beat", command, environment, ready_text="beat: Starting", ready_required=False)


def serves(port: int) -> bool:
    """Whether the web processes answer on `port`; any answer short of a server error counts."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _python(
    name: str,
    arguments: list[str],
    environment: dict[str, str],
    *,
    pass_fds: tuple[int, ...] = (),
    stop_patience: float = 10.0,
    answers: Callable[[], bool] | None = None,
    ready_text: str | None = None,
    ready_required: bool = True,
    quiet: bool = False,
) -> Spec:
    return Spec(
        name=name,
        command=[sys.executable, *arguments],
        environment=environment,
        folder=PROJECT,
        pass_fds=pass_fds,
        stop_patience=stop_patience,
        answers=answers,
        ready_text=ready_text,
        ready_required=ready_required,
        quiet=quiet,
    )
