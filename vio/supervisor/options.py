"""What `vio up` was asked for, checked before anything starts."""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from vio.embedded.errors import StackError

BACKLOG = 1024
# name -> the modules it needs, of the extra `fast` where they are not there.
SERVERS: dict[str, tuple[str, ...]] = {"daphne": ("daphne",), "uvicorn": ("uvicorn", "uvloop", "httptools")}
MOST_PROCESSES = 64


@dataclass(frozen=True)
class Options:
    """The options of `vio up`."""

    home: Path
    port: int
    host: str = "127.0.0.1"
    web: int = 2
    workers: int = 1
    demo: bool = False
    verbose: bool = False
    server: str = "daphne"

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise StackError(f"{self.port} is not a port number")
        for name, count in (("--web", self.web), ("--workers", self.workers)):
            if not 1 <= count <= MOST_PROCESSES:
                raise StackError(f"{name} must be between 1 and {MOST_PROCESSES}")
        if self.server not in SERVERS:
            raise StackError(f"--server must be {' or '.join(SERVERS)}, not {self.server}")
        missing = [name for name in SERVERS[self.server] if importlib.util.find_spec(name) is None]
        if missing:
            raise StackError(
                f"server_not_installed: --server {self.server} needs {', '.join(missing)}; "
                "install vio with its extra: pip install 'vio[fast]'"
            )


def external_services() -> tuple[str, str] | None:
    """The addresses given in the environment, or None for embedded services.

    Raises StackError when only one of the two is given: half a stack would be a surprise.
    """
    database, redis = os.environ.get("VIO_DATABASE_URL", ""), os.environ.get("VIO_REDIS_URL", "")
    if bool(database) != bool(redis):
        given, missing = (
            ("VIO_DATABASE_URL", "VIO_REDIS_URL") if database else ("VIO_REDIS_URL", "VIO_DATABASE_URL")
        )
        raise StackError(f"{given} is set but {missing} is not; set both, or neither for embedded services")
    return (database, redis) if database else None


def listening_socket(host: str, port: int) -> socket.socket:
    """The socket that all web processes share; 0 as `port` takes any free one.

    Raises StackError when the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((host, port))
        # Listening from now on, so that a second start on the same port fails here and at once.
        server.listen(BACKLOG)
    except OSError as error:
        server.close()
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise StackError(f"port {port} on {host} {reason}; choose another with --port or VIO_PORT") from error
    return server
