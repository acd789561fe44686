"""One line per requirement; one failure among many successes is a failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faults.__main__ import _report
from faults.findings import Book, Finding, gather, write


def test_a_requirement_holds_only_when_every_check_held() -> None:
    book = Book()
    assert book.check("RT-2", [], "network: 90 messages")
    assert not book.check("RT-2", ["a lost", "b lost", "c lost", "d lost"], "bells")
    assert book.check("RT-1", [], "no gaps")
    lines = gather(book.findings)
    assert [(line.id, line.ok) for line in lines] == [("RT-1", True), ("RT-2", False)]
    assert lines[1].detail == "a lost; b lost; c lost (and 1 more)"
    assert str(lines[0]).split() == ["RT-1", "ok", "no", "gaps"]


def test_lines_are_ordered_as_people_count() -> None:
    ids = ["RT-10", "RT-2", "AT-1", "FT-web"]
    assert [line.id for line in gather([Finding(i, True, "") for i in ids])] == [
        "AT-1",
        "FT-web",
        "RT-2",
        "RT-10",
    ]


def test_the_result_is_written_for_machines(tmp_path: Path) -> None:
    write(gather([Finding("RT-2", False, "lost")]), tmp_path / "var" / "faults.json")
    found = json.loads((tmp_path / "var" / "faults.json").read_text(encoding="utf-8"))
    assert found == [{"id": "RT-2", "ok": False, "detail": "lost"}]


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_tells(tmp_path: Path, ok: bool, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert _report(gather([Finding("RT-2", ok, "seen")]), 60.0, tmp_path / "faults.json") == code
    assert ("FAILED: RT-2" in capsys.readouterr().out) is not ok
