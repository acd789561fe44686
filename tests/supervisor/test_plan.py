"""How the web processes are started, by `vio up` and by a Procfile."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import pytest
from daphne.cli import CommandLineInterface

from vio import fast
from vio.embedded.errors import StackError
from vio.supervisor import plan
from vio.supervisor.options import BACKLOG, SERVERS, Options


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


def test_uvicorn_is_told_what_daphne_is_told() -> None:
    """AU-9: no address is logged. Nobody may say in a header where they come from: `vio up` has no proxy before it."""
    told = fast.configuration(BACKLOG)
    assert told.app == "vio.asgi:application"
    assert (told.access_log, told.log_level, told.log_config) == (False, "warning", None)
    assert (told.proxy_headers, told.server_header, told.ws_per_message_deflate) == (False, False, False)
    assert told.backlog == 1024
    assert (told.ws_ping_interval, told.ws_ping_timeout) == (20, 30)
    told.load()
    assert told.ws_protocol_class is not None
    assert told.ws_protocol_class.__name__ == "WebSocketsSansIOProtocol"
    assert told.http_protocol_class.__name__ == "HttpToolsProtocol"


@pytest.mark.parametrize(("program", "module"), [("daphne", "daphne"), ("uvicorn", "vio.fast")])
def test_each_server_gets_the_shared_socket(program: str, module: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        spec = plan.web(3, listener, {}, program)
        assert spec.command[1:3] == ["-m", module]
        assert str(listener.fileno()) in spec.command
        assert spec.pass_fds == (listener.fileno(),)
        assert (spec.name, spec.stop_patience, spec.ready_text) == ("web.3", 15.0, "web: ready")


def test_a_server_nobody_knows_and_one_that_is_not_installed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StackError, match="--server must be daphne or uvicorn, not hypercorn"):
        Options(tmp_path, 8000, server="hypercorn")
    assert Options(tmp_path, 8000, server="uvicorn").server == "uvicorn"
    monkeypatch.setitem(SERVERS, "uvicorn", ("uvicorn", "a_module_that_is_not_there"))
    with pytest.raises(
        StackError, match=r"^server_not_installed: .* a_module_that_is_not_there; .*vio\[fast\]"
    ):
        Options(tmp_path, 8000, server="uvicorn")
