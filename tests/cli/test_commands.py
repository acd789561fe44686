"""The command line itself: quick, typed, silent about what does not exist, one line per problem."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from vio.cli import commands
from vio.cli.attach import attach
from vio.cli.commands import Row
from vio.embedded import runtime
from vio.embedded.errors import StackError
from vio.embedded.runtime import Runtime
from vio.embedded.state import HomeLock


def vio(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vio", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_the_commands_without_loading_django_or_a_driver() -> None:
    code = (
        "import sys\nfrom vio.cli import main\nsys.argv = ['vio', '--help']\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'django', 'psycopg', 'celery', 'tink', 'redis'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    for name in ("up", "doctor", "vectors"):
        assert f"\n  {name} " in result.stdout


@pytest.mark.parametrize("name", ["up", "doctor", "vectors"])
def test_each_command_has_help_of_its_own(name: str) -> None:
    result = vio(name, "--help")
    assert result.returncode == 0
    assert f"Usage: vio {name} " in result.stdout


def test_an_unknown_command_is_an_error() -> None:
    result = vio("celebrate")
    assert result.returncode == 2
    assert "No such command 'celebrate'" in result.stderr


def test_a_row_without_its_module_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "later", Row("vio.cli.written_later", "Not there yet."))
    assert "later" not in commands.LazyGroup().list_commands(None)
    assert commands.LazyGroup().get_command(None, "later") is None


def test_a_module_without_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(commands.COMMANDS, "other", Row("vio.cli.probe", "Help.", member=True))
    probe = type(sys)("vio.cli.probe")
    probe.app = typer.Typer()  # type: ignore[attr-defined]  # a module made by hand
    probe.app.command("one")(lambda: None)
    probe.app.command("two")(lambda: None)
    monkeypatch.setitem(sys.modules, "vio.cli.probe", probe)
    with pytest.raises(typer.BadParameter, match=r"vio\.cli\.probe has no command other"):
        commands.load("other")
    monkeypatch.setitem(commands.COMMANDS, "two", Row("vio.cli.probe", "Help.", member=True))
    assert commands.load("two").name == "two"


@pytest.mark.parametrize("wrong", [["up", "--port", "seven"], ["up", "--web", "x"], ["vectors"]])
def test_wrong_use_is_exit_code_two_and_names_the_option(wrong: list[str]) -> None:
    result = vio(*wrong)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_vectors_pass_and_fail_by_exit_code(tmp_path: Path) -> None:
    case = {
        "id": "T-1",
        "kind": "localtime",
        "given": {"timezone": "America/New_York", "wall": "2026-03-05T17:30:00"},
        "expect": {"utc": "2026-03-05T22:30:00Z"},
    }
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps([case]), encoding="utf-8")
    bad.write_text(json.dumps([{**case, "expect": {"utc": "2026-03-05T21:30:00Z"}}]), encoding="utf-8")
    assert vio("vectors", str(good)).returncode == 0
    failed = vio("vectors", "--json", str(bad))
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["ok"] is False
    assert vio("vectors", str(tmp_path / "absent.json")).returncode == 1


def test_a_command_finds_what_is_running_but_keeps_what_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VIO_DATABASE_URL", "VIO_REDIS_URL", "VIO_FIELD_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIO_HOME", str(tmp_path))
    monkeypatch.setenv("VIO_SECRET_KEY", "given")
    with pytest.raises(StackError, match="nothing is running on"):
        attach()
    lock = HomeLock(tmp_path)
    lock.acquire()
    written = {
        "VIO_DATABASE_URL": "postgresql://running",
        "VIO_SECRET_KEY_FILE": "/made/up",
        "VIO_REDIS_URL": "unix:///r",
    }
    runtime.write(tmp_path, Runtime(1, "http://localhost:1", written))
    environment: dict[str, str] = {"VIO_HOME": str(tmp_path), "VIO_SECRET_KEY": "given"}
    monkeypatch.setattr("os.environ", environment)
    attach()
    assert environment["VIO_DATABASE_URL"] == "postgresql://running"
    assert "VIO_SECRET_KEY_FILE" not in environment
    lock.release()
