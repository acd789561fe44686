"""`vio up`: from a folder to a running stack, and back."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vio import env
from vio.embedded import runtime
from vio.embedded.errors import StackError
from vio.embedded.janus import Janus
from vio.embedded.postgres import Postgres
from vio.embedded.runtime import Runtime
from vio.embedded.state import Home, HomeLock, make_root, open_home
from vio.embedded.valkey import Valkey
from vio.supervisor import demo, environment, plan, schema
from vio.supervisor.child import Spec
from vio.supervisor.options import Options, external_services, listening_socket
from vio.supervisor.output import Terminal
from vio.supervisor.stages import Stages

SAME_SIGNAL = 1.0  # seconds


def up(options: Options) -> None:
    """Run the stack until SIGINT or SIGTERM. Raises StackError when it cannot run."""
    external = external_services()
    environment.check_secrets()
    make_root(options.home)
    lock = HomeLock(options.home)
    lock.acquire()
    server = None
    try:
        server = listening_socket(options.host, options.port)
        asyncio.run(Stack(options, open_home(options.home), server, external).run())
    finally:
        if server is not None:
            server.close()
        runtime.remove(options.home)
        lock.release()


@dataclass
class Stack:
    """One run of the whole stack."""

    options: Options
    home: Home
    server: socket.socket
    external: tuple[str, str] | None
    _began: float = field(default_factory=time.monotonic)
    _took: dict[str, float] = field(default_factory=dict)
    _environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.terminal = Terminal(verbose=self.options.verbose)
        self.stages = Stages(self.home.log, self.terminal)
        self._stop = asyncio.Event()

    @property
    def url(self) -> str:
        """Where people open it; `localhost`, because passkeys work there without a certificate."""
        return f"http://localhost:{self.server.getsockname()[1]}"

    async def run(self) -> None:
        """Start, stay until a signal, stop. Whatever happens, nothing is left running."""
        self._listen_to_signals()
        stopped = asyncio.create_task(self._stop.wait())
        life = asyncio.create_task(self._live())
        try:
            await asyncio.wait({stopped, life}, return_when=asyncio.FIRST_COMPLETED)
            if life.done():
                life.result()
        finally:
            life.cancel()
            stopped.cancel()
            with contextlib.suppress(asyncio.CancelledError, StackError):
                await life
            await self._take_down()

    async def _live(self) -> None:
        addresses = {**await self._services(), **await self._media()}
        self._environment = {
            **os.environ,
            **environment.base(self.options, self.home, self._port),
            **addresses,
        }
        self._record()
        await self._schema()
        # Pages first: on a small machine everything at once would only make people wait longer for them. Looking
        # after the demo needs no page and no page needs the demo, so these two share the wait.
        people = await self._demo_and_web()
        self._announce(people)
        with self._timed("workers"):
            await self.stages.start(*self._clockwork())
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in self._took.items())
        self.terminal.say(f"ready in {time.monotonic() - self._began:.1f} s ({parts})")
        await self.stages.failed()

    @property
    def _port(self) -> int:
        return int(self.server.getsockname()[1])

    async def _services(self) -> dict[str, str]:
        if self.external is not None:
            database, redis = self.external
            return {"VIO_DATABASE_URL": database, "VIO_REDIS_URL": redis}
        with self._timed("services"):
            # Before the database exists, because its sealed fields are made with these keys.
            environment.secrets(self.home)
            database_server, redis_server = Postgres.of(self.home), Valkey.of(self.home)
            if await asyncio.to_thread(database_server.initialise):
                self.terminal.say(f"made a new database in {self.home.cluster}")
            await self.stages.start(plan.database(database_server), plan.redis(redis_server))
            await asyncio.to_thread(database_server.create_database)
        return {"VIO_DATABASE_URL": database_server.url(), "VIO_REDIS_URL": redis_server.url()}

    async def _media(self) -> dict[str, str]:
        """The media server as a child, when picture and sound are to go through one and none was given."""
        if env.text("VIO_MEDIA") != "janus" or env.text("VIO_JANUS_URL"):
            return {}
        with self._timed("media"):
            server = Janus.of(self.home)
            await self.stages.start(plan.media(server))
        return server.environment()

    async def _schema(self) -> None:
        with self._timed("database"):
            if self.external is not None:
                await self.stages.once(plan.migrate(self._environment))
                return
            server = Postgres.of(self.home)
            if await asyncio.to_thread(schema.is_current, server, plan.PROJECT):
                return
            self.terminal.say("bringing the database up to date")
            await self.stages.once(plan.migrate(self._environment))
            await asyncio.to_thread(schema.remember, server, plan.PROJECT)

    async def _demo_and_web(self) -> Path | None:
        demo_people = asyncio.create_task(self._demo())
        try:
            with self._timed("web"):
                await self.stages.start(*self._web())
            return await demo_people
        finally:
            demo_people.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await demo_people

    async def _demo(self) -> Path | None:
        if not self.options.demo or importlib.util.find_spec(demo.MODULE) is None:
            return None
        people = self.home.secrets / "demo-people.txt"
        width = str(shutil.get_terminal_size().columns)
        with self._timed("demo"):
            await self.stages.once(plan.demo({**self._environment, "COLUMNS": width}, people))
        return people

    def _web(self) -> list[Spec]:
        numbers = range(1, self.options.web + 1)
        return [plan.web(number, self.server, self._environment, self.options.server) for number in numbers]

    def _clockwork(self) -> list[Spec]:
        numbers = range(1, self.options.workers + 1)
        workers = [plan.worker(number, self._environment) for number in numbers]
        return [*workers, plan.beat(self.home, self._environment)]

    def _record(self) -> None:
        mine = {name: value for name, value in self._environment.items() if os.environ.get(name) != value}
        given = {
            name: os.environ[name] for name in ("VIO_DATABASE_URL", "VIO_REDIS_URL") if os.environ.get(name)
        }
        runtime.write(self.home.root, Runtime(os.getpid(), self.url, {**given, **mine}))

    def _announce(self, people: Path | None) -> None:
        if people is not None:
            self.terminal.say(people.read_text(encoding="utf-8").rstrip())
        self.terminal.say(
            f"vio is running at {self.url}  (Ctrl-C stops it; the data stays in {self.home.root})"
        )

    async def _take_down(self) -> None:
        self.terminal.say("stopping")
        began = time.monotonic()
        await self.stages.stop()
        self.terminal.say(f"stopped in {time.monotonic() - began:.1f} s")

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(name, self._on_stop)
        loop.add_signal_handler(signal.SIGUSR1, self._on_restart)

    def _on_stop(self) -> None:
        """The first signal stops; one that comes clearly later kills. (A wrapper may pass one Ctrl-C on twice.)"""
        now = time.monotonic()
        if not self._stop.is_set():
            self._asked_to_stop = now
            self._stop.set()
        elif now - self._asked_to_stop > SAME_SIGNAL:
            self.terminal.say("killing what is left")
            self.stages.kill()

    def _on_restart(self) -> None:
        """A planned restart of the web processes, one after the other (RT-8)."""
        self.terminal.say("restarting the web processes one by one")
        self._restarting = asyncio.create_task(self.stages.restart("web."))

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._took[name] = time.monotonic() - began
