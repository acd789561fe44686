"""`vio up` as people run it: one real stack for the whole file, then looked at, disturbed and stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.supervisor.processes import children, command_line, descendants, eventually, is_alive
from vio.embedded import runtime
from vio.embedded.spawn import die_with_parent
from vio.embedded.state import is_locked

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

COMMAND = [sys.executable, "-m", "vio"]


def bare_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIO_", "DJANGO_"))}
    return {**kept, "VIO_HOME": str(home)}


@dataclass
class Run:
    """A `vio up` of ours: its process, its folder and its port."""

    process: subprocess.Popen[str]
    home: Path
    port: int

    def status(self, path: str = "/healthz") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def pids(self, part: str) -> list[int]:
        return [pid for pid in children(self.process.pid) if part in command_line(pid)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int, *more: str) -> tuple[Run, list[str]]:
    """Start a stack and read its lines until it says that it is ready."""
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", str(port), "--web", "2", *more],
        env=bare_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - a killed test run leaves no stack
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("ready in "):
            return Run(process, home, port), lines
    process.wait()
    raise AssertionError("\n".join(lines))


def database_answers(run: Run) -> bool:
    """Whether the database of a running stack takes a connection."""
    found = runtime.find(run.home)
    try:
        with psycopg.connect(found.environment["VIO_DATABASE_URL"] if found else "", connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def stop(run: Run) -> str:
    """Ctrl-C; the rest of the output."""
    run.process.send_signal(signal.SIGINT)
    rest, _ = run.process.communicate(timeout=60)
    return rest


def refused(*arguments: str, **environment: str) -> str:
    """Run a command that must fail, and return its only line."""
    result = subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1
    assert result.stdout in {"", "stopping\nstopped in 0.0 s\n"}
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="vio-up-"))
    root.chmod(0o755)
    yield root / "home"
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[Run]:
    run, lines = start(home, free_port())
    assert any(line.startswith(f"vio is running at http://localhost:{run.port}") for line in lines)
    yield run
    if run.process.poll() is None:
        stop(run)


def test_everything_runs_and_answers(stack: Run) -> None:
    assert stack.status("/healthz") == 200
    for part, count in (
        ("bin/postgres", 1),
        ("valkey-server", 1),
        ("daphne", 2),
        ("worker1", 1),
        (" beat ", 1),
    ):
        assert len(stack.pids(part)) == count, part


def test_other_commands_find_the_running_stack(stack: Run) -> None:
    found = runtime.find(stack.home)
    assert found is not None
    assert found.pid == stack.process.pid
    doctor = subprocess.run(
        [*COMMAND, "doctor"], env=bare_environment(stack.home), capture_output=True, text=True, check=False
    )
    for name in ("database", "migrations", "redis", "keys"):
        assert f"ok    {name}" in doctor.stdout
    assert "as vio_app" in doctor.stdout


def test_a_second_start_on_the_same_folder_is_refused(stack: Run) -> None:
    line = refused("up", "--port", "0", **bare_environment(stack.home))
    assert line == f"vio: another `vio up` is running on {stack.home} (process {stack.process.pid})\n"
    assert stack.status() == 200


def test_a_port_in_use_is_refused(stack: Run, place: Path) -> None:
    line = refused("up", "--port", str(stack.port), **bare_environment(place / "other"))
    assert line.startswith(f"vio: port {stack.port} on 127.0.0.1 is in use; choose another with --port")


@pytest.mark.parametrize("part", ["daphne", "worker1", " beat ", "valkey-server", "bin/postgres"])
def test_a_killed_child_is_back_within_thirty_seconds(stack: Run, part: str) -> None:
    before = stack.pids(part)
    victim = before[0]
    below = descendants(victim)
    os.kill(victim, signal.SIGKILL)

    def back() -> bool:
        now = stack.pids(part)
        return (
            len(now) == len(before)
            and victim not in now
            and stack.status() == 200
            and database_answers(stack)
        )

    assert eventually(back, 30)
    assert eventually(lambda: not any(is_alive(pid) for pid in below))
    assert stack.process.poll() is None


def test_a_planned_restart_replaces_the_web_processes_while_pages_answer(stack: Run) -> None:
    before = set(stack.pids("daphne"))
    stack.process.send_signal(signal.SIGUSR1)
    assert eventually(lambda: len(stack.pids("daphne")) == 2 and not before & set(stack.pids("daphne")), 120)
    assert eventually(lambda: stack.status() == 200)
    # The last one has only just been started; a stop now must find it as well.
    assert database_answers(stack)


def test_stopped_or_killed_nothing_runs_on_and_the_data_stays(place: Path) -> None:
    first, _ = start(place / "home", free_port())
    found = runtime.find(first.home)
    assert found is not None
    with psycopg.connect(found.environment["VIO_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept_for_next_time (word text)")
    everything = descendants(first.process.pid)
    assert stop(first).splitlines()[-1].startswith("stopped in ")
    assert first.process.returncode == 0
    assert eventually(lambda: not any(is_alive(pid) for pid in everything))
    assert not (first.home / runtime.NAME).exists()
    assert not is_locked(first.home)

    again, lines = start(place / "home", free_port())
    everything = [again.process.pid, *descendants(again.process.pid)]
    try:
        assert "bringing the database up to date" not in lines
        found = runtime.find(again.home)
        assert found is not None
        with psycopg.connect(found.environment["VIO_DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM kept_for_next_time").fetchone() == (0,)
    finally:
        again.process.kill()
        again.process.communicate(timeout=10)
    assert eventually(lambda: not any(is_alive(pid) for pid in everything))


def test_the_faster_server_serves_is_restarted_one_by_one_and_stopped(place: Path) -> None:
    run, _ = start(place / "fast", free_port(), "--server", "uvicorn")
    try:
        before = set(run.pids("vio.fast"))
        assert len(before) == 2
        assert run.pids("daphne") == []
        assert run.status() == 200
        run.process.send_signal(signal.SIGUSR1)
        assert eventually(
            lambda: len(run.pids("vio.fast")) == 2 and not before & set(run.pids("vio.fast")), 120
        )
        assert run.status() == 200
    finally:
        everything = descendants(run.process.pid)
        rest = stop(run)
    assert rest.splitlines()[-1].startswith("stopped in ")
    assert run.process.returncode == 0
    assert eventually(lambda: not any(is_alive(pid) for pid in everything))


def test_ctrl_c_in_the_middle_of_a_start_stops_it_too(place: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", "0"],
        env=bare_environment(place / "home"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert eventually(lambda: bool(descendants(process.pid)), 30)
    everything = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "stopped in" in rest
    assert eventually(lambda: not any(is_alive(pid) for pid in everything))


def damage_marker(home: Path) -> None:
    home.mkdir()
    (home / "home.json").write_text("{", encoding="utf-8")


def damage_database(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "secrets").mkdir()


def be_a_file(home: Path) -> None:
    home.write_text("", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (damage_marker, "is damaged: home.json cannot be read"),
        (damage_database, "is damaged: "),
        (be_a_file, "is not a folder; set VIO_HOME to another place"),
    ],
)
def test_a_damaged_folder_is_one_clear_line(place: Path, damage: Callable[[Path], None], says: str) -> None:
    damage(place / "home")
    assert says in refused("up", "--port", "0", **bare_environment(place / "home"))


def test_a_missing_secret_with_debug_off_is_one_clear_line(place: Path) -> None:
    line = refused("up", "--port", "0", **bare_environment(place / "home"), VIO_DEBUG="0")
    assert line.startswith("vio: VIO_SECRET_KEY is missing")
    assert not (place / "home").exists()


def test_a_command_without_a_stack_says_so(place: Path) -> None:
    began = time.monotonic()
    result = subprocess.run(
        [*COMMAND, "doctor"],
        env=bare_environment(place / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"nothing is running on {place / 'home'}; start it with `vio up`" in result.stdout
    assert time.monotonic() - began < 10
