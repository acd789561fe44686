"""What must hold under faults is shown somewhere, and what is said to be shown there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from faults import catalogue

ROOT = Path(__file__).resolve().parents[2]
UNDER_FAULTS = (
    *(f"AT-{n}" for n in (1, 2, 3, 4, 5, 7)),
    *(f"RT-{n}" for n in (2, 3, 5, 6, 7, 8, 9)),
    *(f"AL-{n}" for n in (2, 3, 4, 5, 6, 7)),
    *(f"FL-{n}" for n in (1, 2, 3)),
    *(f"FT-{n}" for n in (1, 2, 3)),
    "FT-web", "FT-clockwork", "FT-redis", "FT-postgres", "FT-network", "FT-clock",
    "WS-4", "WS-6", "AZ-6",
)  # fmt: skip
"""Every requirement on attendance, rooms, alerts, flags, processes and the socket's edge that is to be seen on real processes."""
BY_A_SCENARIO = set(UNDER_FAULTS) - {"AL-5"}
"""Of these, all but one need the whole stack; a mail server that refuses or hangs is played to the outbox itself."""


PLAYED_BY = {"nights": ("night_evening.py",)}
"""Where a scenario looks that is played in processes of its own."""


@pytest.mark.parametrize("requirement", UNDER_FAULTS)
def test_what_must_hold_under_faults_is_shown(requirement: str) -> None:
    listed = {line.split()[0] for line in catalogue.table().splitlines()}
    assert requirement in listed


@pytest.mark.parametrize("requirement", sorted(BY_A_SCENARIO))
def test_and_on_a_running_stack(requirement: str) -> None:
    assert catalogue.chosen([requirement])


@pytest.mark.parametrize("name", catalogue.SCENARIOS)
def test_every_scenario_says_what_it_shows(name: str) -> None:
    assert catalogue.shown_by(name)
    assert name in catalogue.table()


@pytest.mark.parametrize("name", catalogue.SCENARIOS)
def test_every_scenario_looks_at_what_it_says(name: str) -> None:
    """A requirement in `SHOWS` is named once more where it is checked; that the check is reached is seen in the run."""
    files = [catalogue.FOLDER / f"{name}.py", *(ROOT / "faults" / file for file in PLAYED_BY.get(name, ()))]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert [key for key in catalogue.shown_by(name) if texts.count(key) < 2] == []


@pytest.mark.parametrize(
    "where", sorted({place for places in catalogue.ELSEWHERE.values() for place in places})
)
def test_what_is_shown_elsewhere_is_there(where: str) -> None:
    path, _, name = where.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert name in functions if name else any(n.startswith("test_") for n in functions)


def test_every_scenario_file_is_played() -> None:
    files = {path.stem for path in catalogue.FOLDER.glob("*.py")} - {"__init__"}
    assert files == set(catalogue.SCENARIOS)


def test_only_chooses_by_requirement_or_name() -> None:
    assert catalogue.chosen([]) == list(catalogue.SCENARIOS)
    assert catalogue.chosen(["AU-7"]) == ["rights"]
    assert catalogue.chosen(["edge", "AT-7"]) == ["nights", "edge", "clocks"]
    assert catalogue.chosen(["XX-1"]) == []


def test_silence_is_no_proof() -> None:
    assert catalogue.unseen(["rights"], {"AU-7", "AZ-6"}) == []
    assert catalogue.unseen(["rights", "alerts"], {"AU-7", "AZ-6", "AL-2"}) == ["AL-7"]


def test_everything_is_played_once_and_what_shares_its_time_together() -> None:
    turns = catalogue.in_turn(catalogue.SCENARIOS)
    played = [name for turn in turns for name in turn]
    assert sorted([*played, *catalogue.BESIDE]) == sorted(catalogue.SCENARIOS)
    assert set(catalogue.TOGETHER) <= set(turns)
    assert catalogue.in_turn(["rights", "clocks", "resets", "edge"]) == [
        ("rights",),
        ("edge", "clocks"),
        ("resets",),
    ]


def test_no_latency_is_measured_in_company() -> None:
    """Those with a limit below some seconds stand alone."""
    assert not {"alerts", "pressure", "network", "bells", "rights"} & {
        name for turn in catalogue.TOGETHER for name in turn
    }
