"""The embedded Valkey: doorbells, queue and counters in memory, reached through a private socket."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from vio.embedded import locate
from vio.embedded.account import Account, reaches
from vio.embedded.state import Home

STOP_SIGNAL = signal.SIGTERM
MEMORY = "256mb"


@dataclass(frozen=True)
class Valkey:
    """The server of one state folder."""

    home: Home
    program: Path

    @classmethod
    def of(cls, home: Home) -> Valkey:
        """The server of `home`, with its program found. Raises StackError when there is none."""
        return cls(home, locate.valkey_server())

    @property
    def socket_path(self) -> Path:
        """Where the server listens."""
        return self.home.run / "valkey.sock"

    @property
    def account(self) -> Account | None:
        """The account to run under: the one of the servers when it can reach the program, else our own."""
        return self.home.account if reaches(self.home.account, self.program) else None

    def url(self) -> str:
        """The address in the form of VIO_REDIS_URL."""
        return f"unix://{self.socket_path}"

    def command(self) -> list[str]:
        """The command line of the server; noeviction, because a queue that drops entries is none."""
        where = ["--port", "0", "--unixsocket", str(self.socket_path), "--unixsocketperm", "700"]
        nothing_kept = ["--save", "", "--appendonly", "no", "--dir", str(self.home.run)]
        bounds = ["--maxmemory", MEMORY, "--maxmemory-policy", "noeviction"]
        return [str(self.program), *where, *nothing_kept, *bounds]

    def answers(self) -> bool:
        """Whether the server answers a PING now."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket_path))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
