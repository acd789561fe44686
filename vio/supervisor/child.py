"""One supervised process: started, watched, started again when it dies, stopped with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vio.embedded.account import Account, arguments
from vio.embedded.errors import StackError
from vio.embedded.spawn import die_with_parent
from vio.supervisor.output import ChildOutput, Terminal

FIRST_DELAY = 0.5  # seconds before the first restart; doubled each time
LONGEST_DELAY = 15.0
STABLE_AFTER = 60.0  # seconds of life after which the delay starts anew
SOON = 20.0
LAST_WORDS = 1.0  # seconds for the output of a child that has ended
STARTS_AT_FIRST = 2  # a child that dies so often before it was ever ready stops the whole start


@dataclass(frozen=True)
class Spec:
    """How to run one child. Times are in seconds."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    account: Account | None = None
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_patience: float = 10.0
    # Sent by the kernel when the supervisor is killed.
    death_signal: signal.Signals = signal.SIGKILL
    # Blocking; called in a thread before each start.
    prepare: Callable[[], None] | None = None
    # Ready is who has said `ready_text` and then `answers` (blocking; called in a thread again and again until true).
    # Where several children share a port, an answer alone may be another's.
    answers: Callable[[], bool] | None = None
    ready_text: str | None = None
    # Its worries concern its log file only, not the person at the terminal.
    quiet: bool = False
    ready_patience: float = 60.0
    # When false, a child that is merely slow to say so does not hold up the others for longer than SOON.
    ready_required: bool = True


class Child:
    """A process kept alive by `keep` until `stop`."""

    def __init__(self, spec: Spec, log_folder: Path, terminal: Terminal) -> None:
        self.spec = spec
        self.output = ChildOutput(spec.name, log_folder, terminal, quiet=spec.quiet)
        self.starts = 0
        self._terminal = terminal
        self._process: asyncio.subprocess.Process | None = None
        self._said_ready = asyncio.Event()
        self._was_ready = False
        self._stop = asyncio.Event()
        self._restart_asked = False

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def keep(self) -> None:
        """Run until stopped. Raises StackError when the child never becomes ready."""
        delay = FIRST_DELAY
        while not self._stop.is_set():
            began = time.monotonic()
            code = await self._run()
            if self._stop.is_set():
                return
            if self._restart_asked:
                self._restart_asked = False
                continue
            if not self._was_ready and self.starts >= STARTS_AT_FIRST:
                raise StackError(f"{self.spec.name} did not start: {self.output.why()}")
            if time.monotonic() - began > STABLE_AFTER:
                delay = FIRST_DELAY
            self._terminal.child(self.spec.name, f"ended ({_how(code)}); starting it again in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def ready(self) -> None:
        """Wait until the child is ready for work. Raises StackError when that takes too long."""
        patience = self.spec.ready_patience if self.spec.ready_required else SOON
        try:
            async with asyncio.timeout(patience):
                await self._becomes_ready()
        except TimeoutError as error:
            if self.spec.ready_required:
                raise StackError(f"{self.spec.name} is not ready after {patience:g} s") from error
            self._terminal.child(
                self.spec.name, f"has not reported for {patience:g} s; see {self.output.path}"
            )
        self._was_ready = True

    async def once(self) -> None:
        """Run to the end a single time. Raises StackError when it fails."""
        if await self._run() != 0 and not self._stop.is_set():
            raise StackError(f"{self.spec.name} failed: {self.output.why()} (see {self.output.path})")

    async def restart(self) -> None:
        """Ask the process to end and wait for the next one; used for a planned restart."""
        before = self.starts
        self._restart_asked = True
        await self._end()
        while self.starts == before and not self._stop.is_set():  # noqa: ASYNC110 - rare, not worth an event
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """End the process for good: first politely, then with its whole process group."""
        self._stop.set()
        await self._end()

    def kill(self) -> None:
        """End the process group at once, without a word."""
        self._stop.set()
        self._signal_group(signal.SIGKILL)

    async def _becomes_ready(self) -> None:
        if self.spec.ready_text is not None:
            await self._said_ready.wait()
        if self.spec.answers is None:
            return
        while not (self.pid and await asyncio.to_thread(self.spec.answers)):  # noqa: ASYNC110 - it cannot tell us
            await asyncio.sleep(0.05)

    async def _run(self) -> int:
        self.starts += 1
        self._said_ready.clear()
        if self.spec.prepare is not None:
            await asyncio.to_thread(self.spec.prepare)
        if self._stop.is_set():
            return 0
        # A pipe of our own: with asyncio's, `wait` returns only after every grandchild has closed its end.
        reading_end, writing_end = os.pipe()
        try:
            self._process = process = await self._spawn(writing_end)
        except BaseException:
            os.close(reading_end)
            raise
        finally:
            os.close(writing_end)
        pump = asyncio.create_task(self._pump(reading_end))
        if self._stop.is_set():
            # `stop` came while the process was being made and found none to end.
            self._signal_group(signal.SIGKILL)
        try:
            code = await process.wait()
            # Whatever it started goes with it: a pool process without its master serves nobody.
            self._signal_group(signal.SIGKILL)
            await asyncio.wait({pump}, timeout=LAST_WORDS)
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            self.output.end()
        return code

    async def _spawn(self, output: int) -> asyncio.subprocess.Process:
        spec = self.spec
        try:
            return await asyncio.create_subprocess_exec(
                *spec.command,
                env=spec.environment,
                cwd=spec.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C at the terminal is for the supervisor alone
                pass_fds=spec.pass_fds,
                preexec_fn=die_with_parent(spec.death_signal),
                **arguments(spec.account),
            )
        except OSError as error:
            raise StackError(f"{spec.name} cannot be started: {error.strerror or error}") from error

    async def _pump(self, source: int) -> None:
        """Pass the output on until the last holder of the other end has closed it."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(source, "rb")
        )
        try:
            while data := await stream.read(65536):
                for line in self.output.feed(data):
                    if self.spec.ready_text is not None and self.spec.ready_text in line:
                        self._said_ready.set()
        finally:
            transport.close()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.spec.stop_patience)
        except TimeoutError:
            self._terminal.child(self.spec.name, f"did not stop in {self.spec.stop_patience:g} s; killing it")
        self._signal_group(signal.SIGKILL)
        await process.wait()

    def _signal_group(self, how: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, how)


def _how(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
