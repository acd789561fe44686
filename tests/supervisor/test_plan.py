"""How the web processes are started, by `vio up` and by a Procfile."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import pytest
from daphne.cli import CommandLineInterface

from vio.supervisor import plan


def by_vio_up() -> list[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        command = plan.web(1, listener, {}).command
    return command[command.index("daphne") + 1 :]


def by_the_procfile() -> list[str]:
    lines = (Path(plan.PROJECT) / "Procfile").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith("web: daphne ")]
    return shlex.split(line.removeprefix("web: daphne ").replace("${PORT:-8000}", "8000"))


@pytest.mark.parametrize("arguments", [by_vio_up(), by_the_procfile()], ids=["vio up", "Procfile"])
def test_no_socket_ends_by_the_wall_clock_and_no_address_is_logged(arguments: list[str]) -> None:
    """AT-7: Daphne would close a socket of a day by the wall clock. AU-9: an address may hold a token."""
    given = CommandLineInterface().parser.parse_args(arguments)
    assert given.websocket_timeout == -1
    assert given.verbosity == 0
    assert given.server_name == ""
    assert given.application == "vio.asgi:application"
