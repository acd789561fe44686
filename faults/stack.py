"""The stack under test: `vio up` on a state folder and port of its own, its processes found and hurt by their ids.

Only children of the supervisor that was started here are ever signalled.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faults import caretaker
from faults.procs import children, command_line, descendants, started_at
from vio.embedded import runtime
from vio.embedded.runtime import Runtime
from vio.embedded.spawn import die_with_parent

PROJECT = Path(__file__).resolve().parents[1]
START_PATIENCE = 180.0
STOP_PATIENCE = 40.0
MARKS: dict[str, Callable[[str], bool]] = {
    "web": lambda command: "-m daphne" in command or "-m vio.fast" in command,
    "worker": lambda command: " worker " in command and "celery" in command,
    "beat": lambda command: " beat " in command and "celery" in command,
    "postgres": lambda command: command.split(" ", 1)[0].endswith("/postgres"),
    "valkey": lambda command: "valkey-server" in command or "redis-server" in command,
}


class StackDiedError(RuntimeError):
    """The stack did not come up, or is gone."""


@dataclass
class Stack:
    """One running `vio up`, and processes started beside it."""

    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="vio-faults-")))
    web: int = 2
    keep: bool = False
    """Whether the state folder stays when all is over."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What its environment has besides."""
    supervisor: subprocess.Popen[bytes] | None = None
    running: Runtime | None = None
    _beside: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _caretaker: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """Its state folder."""
        return self.root / "home"

    @property
    def origin(self) -> str:
        """The address of its pages."""
        if self.running is None:
            raise StackDiedError("the stack is not running")
        return self.running.url

    @property
    def port(self) -> int:
        """The port of its pages."""
        return int(self.origin.rsplit(":", 1)[1])

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts everything and waits until pages, worker and scheduler are there. Raises StackDiedError."""
        self.root.mkdir(exist_ok=True)
        self.root.chmod(0o755)
        given = {k: v for k, v in os.environ.items() if not k.startswith("VIO_")}
        environment = {**given, "VIO_HOME": str(self.home), **self.given}
        with (self.root / "up.log").open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "vio", "up", "--port", "0", "--web", str(self.web)],
                env=environment, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is for us; we stop it in our own time
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # no thread of ours exists yet
            )  # fmt: skip
        self._caretaker = caretaker.engage(self.supervisor.pid, self.root, keep=self.keep)
        self._await(lambda: "ready in" in self.said(), "did not start")
        self.running = runtime.find(self.home)

    def stop(self) -> float:
        """Stops everything; returns how many seconds that took."""
        for process in self._beside:
            end(process)
        began = time.monotonic()
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            try:
                self.supervisor.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                for pid in self.children():
                    self.hurt(pid, signal.SIGKILL)
                self.supervisor.kill()
                self.supervisor.wait()
        return time.monotonic() - began

    def clear(self) -> None:
        """Removes the state folder, unless it is to be kept; the caretaker goes home."""
        if not self.keep:
            shutil.rmtree(self.root, ignore_errors=True)
        if self._caretaker is not None:
            caretaker.dismiss(self._caretaker)

    def said(self) -> str:
        """What the supervisor printed."""
        return (self.root / "up.log").read_text(encoding="utf-8", errors="replace")

    def environment(self) -> dict[str, str]:
        """The environment of its children, for commands and processes beside it."""
        if self.running is None:
            raise StackDiedError("the stack is not running")
        # Where the state is was told to it by the environment, and such things it does not write down.
        return {**os.environ, **self.running.environment, "VIO_HOME": str(self.home)}

    def _await(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while not holds():
            if self.supervisor is None or self.supervisor.poll() is not None or time.monotonic() > deadline:
                raise StackDiedError(f"the stack {what}: {self.said()[-800:]}")
            time.sleep(0.2)

    # --- processes ----------------------------------------------------------------------------------------------

    def children(self) -> list[int]:
        """The process ids of the supervisor's children."""
        return children(self.supervisor.pid) if self.supervisor is not None else []

    def pids(self, kind: str) -> list[int]:
        """The children of one kind, oldest first."""
        found = [pid for pid in self.children() if MARKS[kind](command_line(pid))]
        return sorted(found, key=started_at)

    def pid(self, kind: str, number: int = 0) -> int:
        """One of them. Raises StackDiedError when it is not there."""
        found = self.pids(kind)
        if len(found) <= number:
            raise StackDiedError(f"there is no {kind} process {number}")
        return found[number]

    def hurt(self, pid: int, how: signal.Signals) -> None:
        """Sends a signal to a child of ours, and to nothing else."""
        if pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def hurt_tree(self, pid: int, how: signal.Signals) -> None:
        """The same for a child and everything below it (a worker has a pool)."""
        if pid in self.children():
            for one in [pid, *descendants(pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, how)

    def starve(self, pid: int, size: int | None) -> None:
        """No file of a child of ours, or of anything below it, may grow beyond so many bytes from now on; None lifts it.

        To a server that is a disk with no room left: writing fails. Only a process' own user may do so. Raises OSError.
        """
        for one in [pid, *descendants(pid)] if pid in self.children() else []:
            with contextlib.suppress(FileNotFoundError):  # it has ended by itself
                owner = Path(f"/proc/{one}").stat()
                limit = "unlimited" if size is None else str(size)
                subprocess.run(
                    ["/usr/bin/prlimit", "--pid", str(one), f"--fsize={limit}:"], check=False, stderr=subprocess.DEVNULL,
                    user=owner.st_uid, group=owner.st_gid, extra_groups=[],
                )  # fmt: skip

    # --- processes beside it ------------------------------------------------------------------------------------

    def beside(
        self, arguments: list[str], *, more: Mapping[str, str] | None = None, fds: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """One more process of this project with the same addresses, in a group of its own."""
        with (self.root / "beside.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], env={**self.environment(), **(more or {})}, cwd=PROJECT, pass_fds=fds,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  # it calls the kernel and nothing else
            )  # fmt: skip
        self._beside.append(process)
        return process

    # --- asking -------------------------------------------------------------------------------------------------

    def ask(
        self, path: str, *, cookie: str = "", timeout: float = 20.0, port: int | None = None
    ) -> tuple[int, str]:
        """GET a page; (0, what went wrong) when nothing answers."""
        link = http.client.HTTPConnection("localhost", port or self.port, timeout=timeout)
        try:
            link.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = link.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, type(error).__name__
        finally:
            link.close()

    def readiness(self) -> dict[str, object]:
        """What /readyz says; empty when it says nothing."""
        _, text = self.ask("/readyz")
        try:
            return dict(json.loads(text))
        except ValueError:
            return {}


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that was started beside the stack, with its group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
