"""What children print: kept, prefixed, and unable to play tricks on a terminal or a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from vio.supervisor import output
from vio.supervisor.output import ChildOutput, Terminal, safe_line


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain\n", "plain"),
        (b"tab\there\r\n", "tab\there"),
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"one\rtwo", "one\\x0dtwo"),
        ("a\u2028b".encode(), "a\\x2028b"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("grüße".encode(), "grüße"),
    ],
)
def test_a_line_is_printable(raw: bytes, shown: str) -> None:
    assert safe_line(raw) == shown


def test_bytes_become_lines_wherever_they_are_cut(tmp_path: Path) -> None:
    child = ChildOutput("web.1", tmp_path, Terminal())
    assert child.feed(b"one\ntw") == ["one"]
    assert child.feed(b"o\nthree") == ["two"]
    child.end()
    assert child.path.read_text(encoding="utf-8").splitlines() == ["one", "two", "three"]


def test_a_line_without_end_takes_bounded_memory(tmp_path: Path) -> None:
    child = ChildOutput("web.1", tmp_path, Terminal())
    for _ in range(200):
        child.feed(b"x" * 1000)
    child.end()
    assert all(
        len(line) <= output.LONGEST_LINE for line in child.path.read_text(encoding="utf-8").splitlines()
    )


def test_the_terminal_shows_what_matters_and_verbose_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = b"all is well\nTraceback (most recent call last):\n  File x\nValueError: y\nall is well\n"
    ChildOutput("calm", tmp_path, Terminal()).feed(said)
    calm = capsys.readouterr().out
    assert "all is well" not in calm
    assert calm.count("\n") == 3
    ChildOutput("loud", tmp_path, Terminal(verbose=True)).feed(said)
    assert capsys.readouterr().out.count("all is well") == 2
    ChildOutput("quiet", tmp_path, Terminal(), quiet=True).feed(said)
    assert not capsys.readouterr().out


def test_the_names_stand_in_one_column(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.expect(["web.1", "beat"])
    terminal.child("beat", "tick")
    assert capsys.readouterr().out == "beat  | tick\n"


def test_logs_are_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOG_BYTES", 1000)
    child = ChildOutput("web.1", tmp_path, Terminal())
    child.feed(b"a line of thirty characters...\n" * 500)
    child.end()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["web.1.log", *(f"web.1.log.{number}" for number in range(1, output.LOG_FILES + 1))]


def test_the_reason_of_an_end_is_its_most_telling_line(tmp_path: Path) -> None:
    child = ChildOutput("postgres", tmp_path, Terminal(), quiet=True)
    child.feed(b"LOG: starting\nFATAL: could not open file\nLOG: shut down\n")
    assert child.why() == "FATAL: could not open file"
    assert ChildOutput("web.1", tmp_path, Terminal()).why() == "it said nothing"
