"""The server under test: a real Daphne in a process of its own, as the application's role on the test database."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

PATIENCE = 60.0
"""Seconds in which the server must answer; a loaded machine needs some of them."""


def database_url() -> str:
    """The address of the database this test run made."""
    name = str(connection.settings_dict["NAME"])
    return urlsplit(os.environ["VIO_DATABASE_URL"])._replace(path=f"/{name}").geturl()


class Server:
    """Daphne on a port that stays the same over restarts. Everything it writes is kept in `log`."""

    def __init__(self, log: Path, settings: Mapping[str, str] | None = None) -> None:
        self.log = log
        self._settings = dict(settings or {})
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers; raises AssertionError with the log when it does not."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "daphne", "--fd", str(self._socket.fileno()), "vio.asgi:application"],
                pass_fds=[self._socket.fileno()],
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + PATIENCE
        while not self.answers():
            assert self._process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops it as an operator does, so that it can say goodbye."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Takes it away without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Stops it and gives the port back."""
        self.stop()
        self._socket.close()

    def answers(self) -> bool:
        """Whether it serves pages."""
        caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            caller.request("GET", "/healthz", headers={"Host": f"localhost:{self.port}"})
            return caller.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            caller.close()

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def said(self) -> str:
        """Everything it has written so far."""
        return self.log.read_text(errors="replace")

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "VIO_DATABASE_AS_OWNER"}
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "vio.settings",
            "VIO_DEBUG": "1",
            "VIO_DATABASE_URL": database_url(),
            "VIO_ORIGINS": self.url,
            "VIO_ALLOWED_HOSTS": "localhost,127.0.0.1",
            "VIO_LOG_LEVEL": "WARNING",
            "VIO_HOME": str(self.log.parent),
            "PYTHONUNBUFFERED": "1",
            **self._settings,
        }


@contextmanager
def serving(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server that runs until the block ends; it writes into this folder."""
    running = Server(folder / "daphne.log", settings)
    running.start()
    yield running
    running.close()
