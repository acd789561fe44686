"""What is due is found by asking the database: nothing waits in the broker, and nothing travels there but ids (FL-3)."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from tests.guards.sources import python_files, tree
from vio import introspect
from vio.celery import app

QUEUES = {"delay", "apply_async", "send_task", "signature", "chord", "chain"}
"""Ways to put work into the broker; the clock does that, and nobody else."""
WAITS = {"countdown", "eta"}


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def queued(call: ast.Call) -> bool:
    named = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return named in QUEUES or any(keyword.arg in WAITS for keyword in call.keywords)


@pytest.mark.parametrize(
    ("code", "found"),
    [("send.delay(1)", True), ("send.apply_async(countdown=9)", True), ("go(eta=when)", True), ("send(1)", False)],
)  # fmt: skip
def test_the_guard_knows_what_it_looks_for(code: str, found: bool) -> None:
    assert any(queued(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)) is found


def test_nothing_is_put_into_the_broker_but_by_the_clock() -> None:
    found = [f"{path}:{call.lineno}" for path in python_files() for call in calls(path) if queued(call)]
    assert found == []


def test_what_the_clock_starts_takes_no_facts_along() -> None:
    given = {
        name for name, entry in app.conf.beat_schedule.items() if entry.get("args") or entry.get("kwargs")
    }
    assert given == set()


def test_no_task_takes_anything_but_ids() -> None:
    ours = [task.name for task in introspect.tasks()]
    assert len(ours) > 10
    taken = {name: [*inspect.signature(app.tasks[name].run).parameters] for name in ours}
    assert {name: names for name, names in taken.items() if not all(n.endswith("_id") for n in names)} == {}


def test_a_tick_that_comes_late_is_not_kept() -> None:
    kept = {name for name, entry in app.conf.beat_schedule.items() if entry["options"]["expires"] > 3600}
    assert kept == set()
