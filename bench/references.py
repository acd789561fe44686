"""The reference servers: fetched when the machine can, started on the same core, measured the same way."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import machine, usage
from bench.load.dialects import Seat
from bench.stack import Stack

NODE = machine.WORK / "node"
SITE = machine.WORK / "site"
HERE = Path(__file__).parent / "reference"
PEOPLE = 12


@dataclass
class Reference:
    """One running reference server."""

    name: str
    dialect: str
    port: int
    process: subprocess.Popen[bytes]
    path: Callable[[int], str]

    def cpu(self) -> float:
        """Seconds it has used so far."""
        return usage.cpu_seconds(self.process.pid)

    def seats(self, rooms: int) -> list[Seat]:
        """Twelve people in each of so many rooms."""
        return [Seat(room, self.path(room)) for room in range(rooms) for _ in range(PEOPLE)]

    def stop(self) -> None:
        """Ends it."""
        machine.stop(self.process, 5)


def fetch_socketio() -> str:
    """Installs Socket.IO into var/bench/node; returns why not, or ""."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not here: no Socket.IO reference"
    wanted = (HERE / "socketio/package.json").read_bytes()
    kept = NODE / "package.json"
    if kept.exists() and kept.read_bytes() == wanted and (NODE / "node_modules/socket.io").exists():
        return ""
    NODE.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(wanted)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, check=False, timeout=300)
    return "" if done.returncode == 0 else "npm could not install Socket.IO: no Socket.IO reference"


def fetch_channel_layer() -> str:
    """Installs channels-redis, which vio itself does not use, into var/bench/site; returns why not, or ""."""
    if (SITE / "channels_redis").exists():
        return ""
    pip = machine.PROJECT / ".venv/.tools/bin/python"
    command = [str(pip) if pip.exists() else sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += [
        "--disable-pip-version-check",
        "--target",
        str(SITE),
        "channels-redis>=4.3,<5",
        "msgpack>=1,<2",
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    return "" if done.returncode == 0 else "channels-redis could not be installed: no tutorial reference"


def start_socketio(stack: Stack) -> Reference:
    """Socket.IO with the Redis adapter, one process."""
    log = machine.WORK / "socketio.log"
    log.unlink(missing_ok=True)
    command = ["node", str(HERE / "socketio/server.mjs"), stack.redis_socket, str(NODE)]
    process = machine.launch(command, log, cores=machine.SERVER)
    port = _announced(process, log)
    return Reference(
        "Socket.IO + Redis", "socketio", port, process,
        lambda room: f"/socket.io/?EIO=4&transport=websocket&room={room}",
    )  # fmt: skip


def start_tutorial(stack: Stack) -> Reference:
    """The Channels tutorial on Daphne with the Redis layer, one process."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = int(listener.getsockname()[1])
    environment = {
        **os.environ, "VIO_BENCH_REDIS": stack.redis_socket, "PYTHONPATH": f"{machine.PROJECT}:{SITE}",
        "DJANGO_SETTINGS_MODULE": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "daphne", "--fd", str(listener.fileno()), "--verbosity", "0"]
    process = machine.launch(
        [*command, "bench.reference.tutorial.asgi:application"], machine.WORK / "tutorial.log",
        cores=machine.SERVER, environment=environment, pass_fds=[listener.fileno()],
    )  # fmt: skip
    listener.close()
    time.sleep(3)
    return Reference("Channels tutorial", "tutorial", port, process, lambda room: f"/ws/chat/{room}/")


def _announced(process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        if said.strip().isdigit():
            return int(said)
        time.sleep(0.1)
    raise RuntimeError(f"the reference server did not start; see {log.relative_to(machine.PROJECT)}")
