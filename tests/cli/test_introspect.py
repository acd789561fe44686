"""`vio routes|commands|tasks`: the lists say what the code says, with or without a running stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


def vio(*arguments: str) -> str:
    """Runs the command in an environment that names no database and no secret."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("VIO_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "vio", *arguments], env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_routes_are_listed_with_methods_and_permission() -> None:
    rows = json.loads(vio("routes", "--json"))
    by_name = {row["name"]: row for row in rows}
    assert by_name["healthz"]["route"] == "/healthz"
    assert by_name["healthz"]["permission"] == "public"
    assert by_name["account_change_password"]["permission"] == "signed_in"
    assert all(row["methods"] for row in rows)
    assert [row["route"] for row in rows if row["permission"] is None] == []


@pytest.mark.parametrize("command", ["commands", "tasks"])
def test_commands_and_tasks_are_lists(command: str) -> None:
    rows = json.loads(vio(command, "--json"))
    assert isinstance(rows, list)
    assert [row for row in rows if row["permission"] is None] == []


def test_a_table_is_printed_for_people() -> None:
    assert "/healthz" in vio("routes")
