"""A program of one start: make the demo program when it is absent, and write down who can sign in.

Run by `vio up --demo` as `python -m vio.supervisor.demo FILE`; both steps in one process, because each start
of Django costs seconds.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path

import typer.main

from vio.embedded.state import write_private

MODULE = "vio.cli.demo"


def main() -> None:
    """Seed (the command itself does nothing twice), then the table of demo people into the given file."""
    target = Path(sys.argv[1])
    command = typer.main.get_command(importlib.import_module(MODULE).app)
    command.main(["seed"], prog_name="vio demo", standalone_mode=False)
    draft = target.with_suffix(".draft")
    write_private(draft, "")
    with draft.open("w", encoding="utf-8") as table, contextlib.redirect_stdout(table):
        command.main(["people"], prog_name="vio demo", standalone_mode=False)
    draft.replace(target)


if __name__ == "__main__":
    main()
