"""What `vio up` refuses before it starts anything, in one clear line each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vio.embedded.errors import StackError
from vio.embedded.state import make_root, open_home
from vio.supervisor import environment
from vio.supervisor.options import Options, external_services, listening_socket

NAMES = ("VIO_DATABASE_URL", "VIO_REDIS_URL", "VIO_DEBUG", "VIO_SECRET_KEY", "VIO_FIELD_KEYS")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            StackError, match=rf"port {port} on 127\.0\.0\.1 is in use; choose another with --port"
        ):
            listening_socket("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(StackError, match=r"port 8000 on 192\.0\.2\.1 cannot be used"):
        listening_socket("192.0.2.1", 8000)


def test_a_free_port_listens_at_once() -> None:
    with (
        listening_socket("127.0.0.1", 0) as server,
        socket.create_connection(server.getsockname(), timeout=2) as one,
    ):
        assert one.getpeername() == server.getsockname()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"port": 70_000}, "70000 is not a port number"),
        ({"port": -1}, "-1 is not a port number"),
        ({"web": 0}, "--web must be between 1 and 64"),
        ({"workers": 1000}, "--workers must be between 1 and 64"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path: Path, wrong: dict[str, int], message: str) -> None:
    with pytest.raises(StackError, match=message):
        Options(**{"home": tmp_path, "port": 8000, **wrong})


def test_both_addresses_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert external_services() is None
    monkeypatch.setenv("VIO_DATABASE_URL", "postgresql://db/vio")
    with pytest.raises(StackError, match="VIO_DATABASE_URL is set but VIO_REDIS_URL is not"):
        external_services()
    monkeypatch.setenv("VIO_REDIS_URL", "redis://cache")
    assert external_services() == ("postgresql://db/vio", "redis://cache")
    monkeypatch.delenv("VIO_DATABASE_URL")
    with pytest.raises(StackError, match="VIO_REDIS_URL is set but VIO_DATABASE_URL is not"):
        external_services()


def test_with_debug_off_secrets_are_never_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIO_DEBUG", "0")
    with pytest.raises(StackError, match=r"VIO_SECRET_KEY is missing \(or give VIO_SECRET_KEY_FILE\)"):
        environment.check_secrets()
    monkeypatch.setenv("VIO_SECRET_KEY", "k" * 60)
    with pytest.raises(StackError, match="VIO_FIELD_KEYS is missing"):
        environment.check_secrets()
    monkeypatch.setenv("VIO_FIELD_KEYS", "{}")
    environment.check_secrets()


@pytest.mark.parametrize("debug", [None, "1"])
def test_otherwise_they_are_generated_unless_given(
    place: Path, monkeypatch: pytest.MonkeyPatch, debug: str | None
) -> None:
    if debug is not None:
        monkeypatch.setenv("VIO_DEBUG", debug)
    environment.check_secrets()
    make_root(place / "home")
    home = open_home(place / "home")
    assert set(environment.secrets(home)) == {"VIO_SECRET_KEY_FILE", "VIO_FIELD_KEYS_FILE"}
    monkeypatch.setenv("VIO_SECRET_KEY", "k" * 60)
    assert set(environment.secrets(home)) == {"VIO_FIELD_KEYS_FILE"}


def test_children_compile_once_for_all_starts_whatever_the_shell_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    root = tmp_path / "home"
    make_root(root)
    given = {**os.environ, **environment.base(Options(root, 8000), open_home(root), 8000)}
    module = tmp_path / "some_module.py"
    module.write_text("VALUE = 1\n")
    subprocess.run([sys.executable, "-c", "import some_module"], cwd=tmp_path, env=given, check=True)
    compiled = list((root / "pycache").rglob("some_module.*.pyc"))
    assert len(compiled) == 1
    assert not (tmp_path / "__pycache__").exists()
