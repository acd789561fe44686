"""A real Janus on this machine, configured as `vio up` configures it, for as long as a test needs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from vio.embedded.janus import STOP_SIGNAL, Janus

PATIENCE = 30.0


class RunningJanus:
    """The media server in its own folder, with candidates of the loopback alone."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("janus")
        assert program, "janus is missing: apt-get install janus (make browser does it)"
        self.server = Janus(folder / "janus", Path(program), _free_port(), _free_port(), only_loopback=True)
        self.server.prepare()
        self._path = folder / "janus.log"
        self._log = self._path.open("wb")
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers; raises AssertionError with its log when it does not."""
        self._process = subprocess.Popen(self.server.command(), stdout=self._log, stderr=self._log)
        until = time.monotonic() + PATIENCE
        while not self.server.answers():
            assert self._process.poll() is None, self._path.read_text(errors="replace")
            assert time.monotonic() < until, self._path.read_text(errors="replace")
            time.sleep(0.1)

    def kill(self) -> None:
        """Takes it away without a word."""
        self._process.kill()
        self._process.wait()

    def worked(self) -> float:
        """Seconds of processor time it has used so far."""
        fields = (
            Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settings(self) -> dict[str, str]:
        """What the product is told."""
        return {"VIO_MEDIA": "janus", **self.server.environment()}

    def close(self) -> None:
        """Stops it."""
        self._process.send_signal(STOP_SIGNAL)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
