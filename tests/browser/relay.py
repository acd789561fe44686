"""A real TURN relay (coturn) on this machine, for as long as a test needs it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

SECRET = "a-secret-that-only-this-test-knows"
PATIENCE = 20.0


class Relay:
    """coturn with time-limited credentials, on the loopback alone."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("turnserver")
        assert program, "coturn is missing: apt-get install coturn (make browser does it)"
        self.port = _free_port()
        self.url = f"turn:127.0.0.1:{self.port}?transport=udp"
        self.log = folder / "turn.log"
        self._process = subprocess.Popen(
            [
                program, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=vio",
                "--listening-ip=127.0.0.1", f"--listening-port={self.port}", "--relay-ip=127.0.0.1",
                "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls", "--no-stdout-log",
                f"--log-file={self.log}", "--simple-log", f"--pidfile={folder / 'turn.pid'}",
                f"--userdb={folder / 'turn.db'}",
            ],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait()

    def close(self) -> None:
        """Stops it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            assert self._process.poll() is None, "coturn ended"
            assert time.monotonic() < until, "coturn does not listen"
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
