"""The runner passes what is right, and fails on everything it should."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vio.vectors.compare import mismatches
from vio.vectors.kinds import KINDS
from vio.vectors.runner import Report, run_files

ROOT = Path(__file__).parents[2]
DATA = sorted((Path(__file__).parent / "data").glob("*.json"))
WEEK: dict[str, Any] = {
    "id": "w",
    "kind": "week",
    "given": {"timezone": "America/New_York", "days": {"2026-05-04": 90}},
    "expect": {"minutes": 90},
}


def run(tmp_path: Path, *cases: object, text: str | None = None) -> Report:
    path = tmp_path / "some.json"
    path.write_text(json.dumps(cases) if text is None else text)
    return run_files([path])


def problem(tmp_path: Path, case: object) -> str:
    """The one complaint about one case."""
    report = run(tmp_path, case)
    assert not report.ok
    (line,) = report.failures
    assert line.startswith("some.json: ")
    assert "\n" not in line
    return line.removeprefix("some.json: ")


# -- our own examples --


def test_our_own_vectors_all_pass() -> None:
    report = run_files(DATA)
    assert report.failures == ()
    assert (report.ok, report.cases, report.passed) == (True, report.passed, report.cases)
    assert report.summary() == f"{report.cases} cases in {len(DATA)} files: all pass"


def test_our_own_vectors_visit_every_kind() -> None:
    kinds = {case["kind"] for path in DATA for case in json.loads(path.read_text())}
    assert kinds == set(KINDS)
    assert len(DATA) == len(KINDS)


def spoil(value: object) -> object:
    """Another value of the same look."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return [*value, "another"]
    return {"unheard of": 1} if value is None else f"{value}x"


def spoiled() -> list[tuple[str, dict[str, Any]]]:
    """Every expectation of every case, each made wrong once."""
    found = []
    for path in DATA:
        for case in json.loads(path.read_text()):
            for key, value in case["expect"].items():
                if isinstance(value, dict):
                    for inner, number in value.items():
                        wrong = copy.deepcopy(case)
                        wrong["expect"][key][inner] = spoil(number)
                        found.append((f"{key}.{inner}", wrong))
                else:
                    wrong = copy.deepcopy(case)
                    wrong["expect"][key] = spoil(value)
                    found.append((key, wrong))
    return found


def test_every_expectation_made_wrong_is_noticed(tmp_path: Path) -> None:
    cases = spoiled()
    assert len(cases) > 200
    for key, case in cases:
        assert problem(tmp_path, case).startswith(f"{case['id']}: {key}: expected "), (key, case["id"])


# -- how things compare --


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ({"a": 167}, {"a": 167.0, "b": 1}),
        ({"a": None}, {}),
        ({"a": None}, {"a": None}),
        ({"flags": ["b", "a"]}, {"flags": ["a", "b"]}),
        ({"units": [1, 0]}, {"units": (1, 0)}),
        ({"by_date": {"2026-05-04": 0}}, {"by_date": {}}),
        ({"subscales": {"use": None}}, {"subscales": {"use": None, "risk": 3}}),
        ({"subscales": {}}, {"subscales": {"risk": 3}}),
    ],
)
def test_matches(expect: dict[str, object], found: dict[str, object]) -> None:
    assert list(mismatches(expect, found)) == []


@pytest.mark.parametrize(
    ("expect", "found", "key"),
    [
        ({"a": 1}, {"a": True}, "a"),
        ({"a": True}, {"a": 1}, "a"),
        ({"a": False}, {}, "a"),
        ({"a": 0}, {"a": None}, "a"),
        ({"a": "9.00"}, {"a": 9}, "a"),
        ({"a": 9}, {"a": "9"}, "a"),
        ({"a": None}, {"a": 0}, "a"),
        ({"a": "x"}, {"a": "X"}, "a"),
        ({"units": [1, 0]}, {"units": [0, 1]}, "units"),
        ({"units": [1]}, {"units": [1, 0]}, "units"),
        ({"units": [1]}, {"units": 1}, "units"),
        ({"flags": ["a"]}, {"flags": ["a", "a"]}, "flags"),
        ({"flags": []}, {}, "flags"),
        ({"flags": "late"}, {"flags": ["late"]}, "flags"),
        ({"by_date": {"2026-05-04": 1}}, {"by_date": {}}, "by_date.2026-05-04"),
        ({"subscales": {"use": 1}}, {"subscales": {"use": 2}}, "subscales.use"),
        ({"subscales": {"use": 0}}, {"subscales": {}}, "subscales.use"),
        ({"subscales": {"use": 1}}, {"subscales": None}, "subscales"),
        ({"subscales": [1]}, {"subscales": {"use": 1}}, "subscales"),
    ],
)
def test_does_not_match(expect: dict[str, object], found: dict[str, object], key: str) -> None:
    assert [each.key for each in mismatches(expect, found)] == [key]


def test_a_mismatch_tells_file_id_key_expected_and_found(tmp_path: Path) -> None:
    wrong = WEEK | {"expect": {"minutes": 91, "weeks": {"2026-05-03": 90}, "level": "2.1"}}
    assert run(tmp_path, wrong).failures == (
        "some.json: w: minutes: expected 91, found 90",
        'some.json: w: level: expected "2.1", found "1"',
    )


def test_whole_seconds_of_a_broken_second_are_floored_and_a_fraction_is_exact(tmp_path: Path) -> None:
    case = {
        "id": "s",
        "kind": "attendance",
        "given": {
            "timezone": "Etc/UTC",
            "scheduled": ["2026-05-04T10:00:00", "2026-05-04T11:00:00"],
            "presence": [["2026-05-04T10:00:00", "2026-05-04T10:20:00.75"]],
        },
    }
    assert run(tmp_path, case | {"expect": {"credited_seconds": 1200}}).ok
    assert run(tmp_path, case | {"expect": {"credited_seconds": 1200.75}}).ok
    for wrong in (1201, 1200.5, 1199):
        assert not run(tmp_path, case | {"expect": {"credited_seconds": wrong}}).ok


# -- what cannot be evaluated --


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "tides"}, "w: unknown kind 'tides'"),
        ({"kind": 3}, "w: kind: expected a text"),
        ({"id": ""}, ": id: expected a text"),
        ({"id": 7}, "case 1: id: expected a text"),
        ({"given": []}, "w: given: expected an object"),
        ({"expect": None}, "w: expect: expected an object"),
        ({"expect": {}}, "w: expect is empty: the case would check nothing"),
        ({"expect": {"minuets": None}}, "w: expect.minuets is not known to kind week"),
        ({"comment": "x"}, "w: unknown key 'comment'"),
    ],
)
def test_a_case_of_the_wrong_shape_fails(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    assert problem(tmp_path, WEEK | change) == complaint


@pytest.mark.parametrize("case", [7, None, "week", [WEEK]])
def test_what_is_no_case_fails(tmp_path: Path, case: object) -> None:
    assert problem(tmp_path, case) == "case 1: case: expected an object"


@pytest.mark.parametrize("missing", ["id", "kind", "given", "expect"])
def test_a_case_that_lacks_something_fails(tmp_path: Path, missing: str) -> None:
    case = {key: value for key, value in WEEK.items() if key != missing}
    assert f"{missing}: expected" in problem(tmp_path, case)


A = {"timezone": "Etc/UTC", "scheduled": ["2026-05-04T10:00:00", "2026-05-04T11:00:00"], "presence": []}
U = {"profile": "unit15", "minutes": 8}
L = {"timezone": "Etc/UTC", "wall": "2026-05-04T10:00:00"}


@pytest.mark.parametrize(
    ("kind", "given", "complaint"),
    [
        ("attendance", A | {"timezone": "Mars/Olympus"}, "given.timezone: unknown time zone 'Mars/Olympus'"),
        ("attendance", A | {"timezone": 5}, "given.timezone: expected a text"),
        ("attendance", {"timezone": "Etc/UTC"}, "given.scheduled is missing"),
        ("attendance", A | {"scheduled": ["2026-05-04T10:00:00"]}, "given.scheduled: expected two times"),
        ("attendance", A | {"presense": []}, "given.presense is not known to this calculation"),
        ("attendance", A | {"policy": {"grace": 5}}, "given.grace is not known to this calculation"),
        ("attendance", A | {"policy": {"late_after_seconds": -1}}, "expected a whole number from 0 up"),
        (
            "attendance",
            A | {"policy": {"attended_percent": 101}},
            "cannot be evaluated: an attendance policy",
        ),
        ("attendance", A | {"policy": {"attribution": "end_date"}}, "expected one of start_date, split"),
        ("attendance", A | {"presence": [["20260504T100000", None]]}, "expected a time like"),
        ("attendance", A | {"presence": [["2026-02-30T10:00:00", None]]}, "is no time"),
        ("attendance", A | {"presence": [[None, "2026-05-04T10:00:00"]]}, "expected a text"),
        ("attendance", A | {"actual": [None, None, None]}, "expected [start, end]"),
        ("attendance", A | {"excused": 1}, "given.excused: expected true or false"),
        ("week", {"timezone": "Etc/UTC", "days": {}}, "given.as_of is missing"),
        ("week", {"timezone": "Etc/UTC", "days": {"2026-5-4": 1}}, "expected a date like"),
        ("week", {"timezone": "Etc/UTC", "days": {"2026-05-40": 1}}, "is no date"),
        ("week", {"timezone": "Etc/UTC", "days": {"2026-05-04": 1.5}}, "expected a whole number"),
        ("week", {"timezone": "Etc/UTC", "days": {"2026-05-04": True}}, "expected a number"),
        (
            "week",
            {"timezone": "Etc/UTC", "days": {"2026-05-04": 1}, "week_start": "tue"},
            "expected one of sun, mon",
        ),
        ("week", {"timezone": "Etc/UTC", "days": {}, "as_of": "9999-12-31"}, "cannot be evaluated"),
        ("units", U | {"profile": "weekly"}, "expected one of unit15"),
        ("units", U | {"sessions": [1]}, "either minutes or sessions"),
        ("units", {"profile": "ohio_day"}, "either minutes or sessions"),
        ("units", U | {"cap": 3}, "given.cap is not known"),
        (
            "units",
            {"profile": "group_size", "participants": [{"id": "a", "minutes": 1, "role": "pet"}]},
            "one of client",
        ),
        ("instrument", {"instrument": "mmpi", "answers": []}, "expected one of phq9"),
        ("instrument", {"instrument": "phq9", "answers": {"1": 0}}, "given.answers: expected a list"),
        ("instrument", {"instrument": "bam", "answers": [0]}, "given.answers: expected an object"),
        ("instrument", {"instrument": "rci", "sd": 0, "r": 0.5, "previous": 1, "current": 2}, "above 0"),
        ("alerts", {"today": {"urge": 1, "hunger": 3}}, "given.hunger is not known"),
        ("alerts", {"earlier_urges": {"2026-05-04": 3}}, "given.today.date is needed"),
        ("alerts", {"earlier_urges": [True]}, "expected a number"),
        ("alerts", {"open_alert": {"level": "purple"}}, "expected one of none"),
        ("deadline", {"rule": "tax"}, "expected one of note_due"),
        ("deadline", {"rule": "disengagement", "statuses": ["absent"]}, "expected one of attended"),
        ("deadline", {"rule": "disengagement", "last_credited": "2026-05-04"}, "given.as_of is missing"),
        ("localtime", L | {"instant": "2026-05-04T10:00:00Z"}, "either wall or instant"),
        ("localtime", L | {"fold": 2}, "expected 0 or 1"),
        ("localtime", {"timezone": "Etc/UTC", "instant": "2026-05-04T10:00:00"}, "expected an offset or Z"),
    ],
)
def test_a_given_that_cannot_be_understood_fails(
    tmp_path: Path, kind: str, given: dict[str, object], complaint: str
) -> None:
    key = min(KINDS[kind].expects)
    found = problem(tmp_path, {"id": "x", "kind": kind, "given": given, "expect": {key: None}})
    assert found.startswith("x: ")
    assert complaint in found


def test_an_id_used_twice_fails_also_over_files(tmp_path: Path) -> None:
    assert problem_lines(run(tmp_path, WEEK, WEEK)) == ["some.json: w: the id is used before, in some.json"]
    other = tmp_path / "other.json"
    other.write_text(json.dumps([WEEK]))
    path = tmp_path / "some.json"
    path.write_text(json.dumps([WEEK]))
    report = run_files([other, path])
    assert problem_lines(report) == ["some.json: w: the id is used before, in other.json"]
    assert (report.cases, report.passed) == (2, 1)


def problem_lines(report: Report) -> list[str]:
    return list(report.failures)


# -- files --


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not JSON: Expecting value"),
        ("[{]", "is not JSON"),
        ("{}", "the file must hold a JSON array of cases"),
        ("[]", "the file holds no case"),
        ('[{"id": "a", "id": "b"}]', "is not JSON: key 'id' stands twice in one object"),
        ("[NaN]", "is not JSON: NaN is not a JSON number"),
        ("[" * 100_000, "is nested too deeply"),
        ("\ufeff[]", "is not JSON: Unexpected UTF-8 BOM"),
    ],
)
def test_a_broken_file_fails_with_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    report = run(tmp_path, text=text)
    (line,) = report.failures
    assert line.startswith(f"some.json: {complaint}")
    assert not report.ok


def test_a_file_that_is_absent_a_folder_or_not_utf8_fails(tmp_path: Path) -> None:
    latin = tmp_path / "latin.json"
    latin.write_bytes(b'["\xe9"]')
    report = run_files([tmp_path / "absent.json", tmp_path, latin])
    assert [line.split(": ", 1)[1] for line in report.failures] == [
        "cannot be read: No such file or directory",
        "cannot be read: Is a directory",
        "is not UTF-8: byte 2",
    ]
    assert (report.files, report.cases) == (3, 0)


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "good.json").write_text(json.dumps([WEEK]))
    report = run_files([tmp_path / "broken.json", tmp_path / "good.json"])
    assert (report.passed, len(report.failures), report.ok) == (1, 1, False)
    assert report.summary() == "1 cases in 2 files: 1 problem"


def test_no_files_are_no_success() -> None:
    report = run_files([])
    assert (report.ok, report.summary()) == (False, "0 cases in 0 files: nothing was checked")


# -- the program --


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vio.vectors", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_program_exits_by_the_outcome(tmp_path: Path) -> None:
    good = program(*DATA)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.endswith("all pass\n")
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([WEEK | {"expect": {"minutes": 1}}]))
    failed = program(bad)
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[0] == "bad.json: w: minutes: expected 1, found 90"
    unnamed = program()
    assert (unnamed.returncode, unnamed.stdout) == (1, "")
    assert unnamed.stderr == "Name at least one file of test vectors.\n"
