"""Which scenario shows which requirement, and where those are shown that no scenario is needed for."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Collection, Sequence
from pathlib import Path
from types import ModuleType

SCENARIOS = (
    "nights", "network", "bells", "database", "web", "rights", "edge", "crowd", "clocks", "pressure", "alerts", "clockwork",
    "resets",
)  # fmt: skip
BESIDE = ("nights",)
"""These bring stacks of their own and mostly wait; they are played beside all others."""
TOGETHER = (("edge", "crowd", "clocks"), ("clockwork", "resets"))
"""These share their time: what one breaks the other does not use, and none of them measures a latency."""
FOLDER = Path(__file__).parent / "scenarios"

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "AL-1": ("tests/checkins/test_submit.py::test_a_check_in_that_cannot_be_told_is_not_stored",),
    "AL-4": (
        "tests/checkins/test_escalation.py::test_never_early",
        "tests/checkins/test_escalation.py::test_after_an_outage_both_steps_follow_in_one_run",
    ),
    "AL-5": (
        "tests/common/test_outbox.py::test_one_slow_mail_delays_nobody",
        "tests/common/test_outbox.py::test_a_server_that_is_gone",
        "tests/common/test_outbox.py::test_staff_see_that_messages_are_late",
    ),
    "AT-5": ("tests/sessions_app/room/test_service_rights.py::test_the_late_end_of_an_old_connection_ends_no_newer_one",),
    "AT-6": (
        "tests/sessions_app/room/test_service_rights.py::test_removal_closes_every_device",
        "tests/rules/test_evidence.py::test_waiting_in_the_lobby_is_never_in_the_room",
    ),
    "AT-8": ("tests/sessions_app/attendance/test_recompute.py::test_a_tampered_figure_is_found",),
    "AT-9": ("tests/rules/test_attendance_properties.py::test_repeated_late_and_shuffled_rows_change_nothing",),
    "FL-3": ("tests/guards/test_due_work.py::test_nothing_is_put_into_the_broker_but_by_the_clock",),
    "FT-1": ("tests/supervisor/test_up.py", "tests/guards/test_headers.py"),
    "FT-postgres": ("tests/common/test_database.py::test_nobody_waits_for_ever_and_the_next_one_is_answered",),
    "RT-4": ("tests/sessions_app/room/test_views.py::test_every_event_type_travels_and_folds_alike",),
    "RT-8": ("tests/sessions_app/room/test_processes.py::test_a_stop_closes_sockets_with_1012_and_the_process_goes",),
}  # fmt: skip


def shown_by(name: str) -> tuple[str, ...]:
    """The requirements a scenario shows, read without loading it: it needs a running stack."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SHOWS":
            return tuple(ast.literal_eval(node.value))
    raise ValueError(f"{name} does not say what it shows")


def chosen(only: Sequence[str]) -> list[str]:
    """The scenarios that show any of these requirements (or are named themselves); all of them for none."""
    wanted = set(only)
    return [name for name in SCENARIOS if not wanted or name in wanted or wanted & set(shown_by(name))]


def in_turn(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Those that are played one after the other, with those that are played together in one place."""
    turns: list[tuple[str, ...]] = []
    for name in names:
        company = next((group for group in TOGETHER if name in group), (name,))
        turn = tuple(one for one in company if one in names)
        if name not in BESIDE and turn not in turns:
            turns.append(turn)
    return turns


def unseen(played: Sequence[str], found: Collection[str]) -> list[str]:
    """What these scenarios are to show and nobody looked at: silence is no proof."""
    promised = {requirement for name in played for requirement in shown_by(name)}
    return sorted(promised - set(found))


def load(name: str) -> ModuleType:
    """The module of a scenario."""
    return importlib.import_module(f"faults.scenarios.{name}")


def table() -> str:
    """What is shown where, for people."""
    rows: dict[str, list[str]] = {}
    for name in SCENARIOS:
        for requirement in shown_by(name):
            rows.setdefault(requirement, []).append(f"faults/scenarios/{name}.py")
    for requirement, where in ELSEWHERE.items():
        rows.setdefault(requirement, []).extend(where)
    return "\n".join(f"{key:<12} {', '.join(where)}" for key, where in sorted(rows.items()))
