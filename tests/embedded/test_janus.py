"""The generated configuration of the embedded Janus: private, on the loopback alone, with nothing that could record."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vio.embedded import janus
from vio.embedded.errors import StackError
from vio.embedded.janus import Janus


@pytest.fixture
def server(tmp_path: Path) -> Janus:
    made = Janus(tmp_path / "janus", Path("/usr/bin/janus"), socket_port=18188, admin_port=17088)
    made.prepare()
    return made


def texts(server: Janus) -> dict[str, str]:
    return {path.name: path.read_text() for path in server.folder.glob("*.jcfg")}


def test_files_hold_secrets_and_are_nobody_elses(server: Janus) -> None:
    for path in server.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


def test_secrets_stay_over_a_restart_and_differ_from_one_another(server: Janus) -> None:
    before = server.environment()
    server.prepare()
    assert server.environment() == before
    known = [value for name, value in before.items() if name.endswith(("_SECRET", "_KEY"))]
    assert len(set(known)) == 3
    assert all(len(value) >= 32 for value in known)


def test_what_the_product_is_told_is_what_the_server_holds(server: Janus) -> None:
    told, held = server.environment(), texts(server)
    assert f'admin_secret = "{told["VIO_JANUS_ADMIN_SECRET"]}"' in held["janus.jcfg"]
    assert f'token_auth_secret = "{told["VIO_JANUS_TOKEN_SECRET"]}"' in held["janus.jcfg"]
    assert f'admin_key = "{told["VIO_JANUS_ROOM_KEY"]}"' in held["janus.plugin.videoroom.jcfg"]


def test_both_doors_are_on_the_loopback_and_browsers_cannot_reach_the_admin(server: Janus) -> None:
    held = texts(server)
    assert 'admin_ip = "127.0.0.1"' in held["janus.transport.http.jcfg"]
    assert 'ws_ip = "127.0.0.1"' in held["janus.transport.websockets.jcfg"]
    assert "admin_ws = false" in held["janus.transport.websockets.jcfg"]
    assert " http = false" in held["janus.transport.http.jcfg"]


def test_only_the_rooms_are_loaded(server: Janus) -> None:
    core = texts(server)["janus.jcfg"]
    for name in ("recordplay", "streaming", "audiobridge", "voicemail", "textroom", "sip"):
        assert f"libjanus_{name}.so" in core
    assert "videoroom" not in core


def test_without_the_program_the_start_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="apt-get install janus"):
        janus._program()
