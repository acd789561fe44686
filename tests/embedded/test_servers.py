"""Real servers on a real folder: started, used, stopped, killed, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from vio.embedded import locate, services
from vio.embedded.account import Account, reaches, unprivileged
from vio.embedded.errors import StackError
from vio.embedded.postgres import Postgres
from vio.embedded.services import Services
from vio.embedded.state import make_root, open_home

pytestmark = pytest.mark.real


@contextmanager
def running(root: Path, *, durable: bool = False) -> Iterator[Services]:
    found = services.start(root, durable=durable)
    try:
        yield found
    finally:
        found.stop()


def postmaster(root: Path) -> int:
    return int((open_home(root).cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0])


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


def gone(pids: list[int]) -> bool:
    """Whether all processes end within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(is_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_data_is_still_there_next_time(place: Path) -> None:
    with running(place / "home") as first, psycopg.connect(first.database_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('evening')")
    with running(place / "home") as second, psycopg.connect(second.database_url) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("evening",)]


def test_both_servers_answer_and_stop_leaves_nothing(place: Path) -> None:
    with running(place / "home") as servers:
        client = redis.Redis.from_url(servers.redis_url)
        assert client.ping()
        pids = [postmaster(place / "home"), int(client.info("server")["process_id"])]
        client.close()
        assert all(is_alive(pid) for pid in pids)
    assert gone(pids)


def test_the_database_is_utf8_in_utc_and_has_no_port(place: Path) -> None:
    with running(place / "home") as servers, psycopg.connect(servers.database_url) as connection:
        names = ("server_encoding", "timezone", "listen_addresses", "unix_socket_permissions")
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    assert shown == [("UTF8",), ("UTC",), ("",), ("0700",)]


def test_rows_do_not_reach_the_log_of_the_server(place: Path) -> None:
    with (
        running(place / "home") as servers,
        psycopg.connect(servers.database_url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE one (word text UNIQUE CHECK (word <> 'refused-canary'))")
        connection.execute("INSERT INTO one VALUES ('canary')")
        for word in ("canary", "refused-canary"):
            with pytest.raises(psycopg.IntegrityError):
                connection.execute("INSERT INTO one VALUES (%s)", (word,))
        with pytest.raises(psycopg.DataError):
            connection.execute("SELECT 'canary'::text::int")
    log = (place / "home" / "log" / "postgres.log").read_text(encoding="utf-8")
    assert "ready to accept connections" in log
    assert "canary" not in log


def test_a_killed_server_comes_back_with_what_it_committed(place: Path) -> None:
    with running(place / "home", durable=True) as servers:
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("CREATE TABLE kept (word text)")
        os.kill(postmaster(place / "home"), signal.SIGKILL)
    with running(place / "home") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_servers_end_with_a_starter_that_was_killed(place: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from vio.embedded import services;"
        "services.start(Path(sys.argv[1])); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(place / "home")], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        with redis.Redis(unix_socket_path=str(open_home(place / "home").run / "valkey.sock")) as client:
            pids = [postmaster(place / "home"), int(client.info("server")["process_id"])]
        starter.kill()
    assert gone(pids)
    with running(place / "home") as again, psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_starts_on_one_folder_are_refused(place: Path) -> None:
    with running(place / "home"):
        with pytest.raises(StackError, match="another `vio up` is running"):
            services.start(place / "home")
        assert Postgres.of(open_home(place / "home")).answers()


@pytest.mark.parametrize("lost", ["PG_VERSION", "global/pg_control"])
def test_a_damaged_database_is_named_before_a_server_starts(place: Path, lost: str) -> None:
    with running(place / "home"):
        pass
    (open_home(place / "home").cluster / lost).unlink()
    with pytest.raises(StackError, match=r"damaged: its database has .*; move it away") as caught:
        services.start(place / "home")
    assert "\n" not in str(caught.value)


def test_a_database_of_another_version_is_named(place: Path) -> None:
    with running(place / "home"):
        pass
    (open_home(place / "home").cluster / "PG_VERSION").write_text("17\n", encoding="utf-8")
    with pytest.raises(StackError, match="is of PostgreSQL 17"):
        services.start(place / "home")


def test_damage_that_only_the_server_sees_is_one_line_too(place: Path) -> None:
    with running(place / "home"):
        pass
    (open_home(place / "home").cluster / "global" / "pg_control").write_bytes(b"nonsense")
    with pytest.raises(StackError, match="postgres did not start: ") as caught:
        services.start(place / "home")
    assert "\n" not in str(caught.value)


def test_an_interrupted_first_start_leaves_nothing_half_made(place: Path) -> None:
    make_root(place / "home")
    home = open_home(place / "home")
    draft = home.cluster.with_name("postgres.new")
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n", encoding="utf-8")
    with running(place / "home") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_number_in_the_pid_file_that_another_program_has_now_is_no_hindrance(place: Path) -> None:
    with running(place / "home"):
        pass
    cluster = open_home(place / "home").cluster
    (cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster}\n", encoding="utf-8")
    with running(place / "home") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_private_home_works_for_root_as_for_anybody(place: Path) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    with running(private / "home") as servers, psycopg.connect(servers.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    cluster = open_home(private / "home").cluster
    # Nobody opens the private folder; data that has to be elsewhere is as private there.
    assert private.stat().st_mode & 0o777 == 0o700
    assert cluster.stat().st_mode & 0o777 == 0o700


def test_programs_in_a_private_home_are_copied_for_the_servers_account(place: Path, shared: Path) -> None:
    somebody = Account("somebody", 65_533, 65_533)
    private = place / "private"
    private.mkdir(mode=0o700)
    package = private / locate.POSTGRES_PACKAGE
    installed = locate.package_dir(locate.POSTGRES_PACKAGE)
    package.symlink_to(installed)
    (private / f"{package.name}.libs").symlink_to(installed.with_name(f"{package.name}.libs"))
    assert not reaches(somebody, package / "pginstall18" / "bin" / "postgres")
    programs = locate._readable_copy(package)
    assert programs.is_relative_to(shared)
    assert reaches(somebody, programs / "postgres")
    version = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL) 18" in version.stdout
    assert locate._readable_copy(package) == programs


def test_root_uses_an_account_that_postgresql_accepts() -> None:
    account = unprivileged()
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.uid != 0
