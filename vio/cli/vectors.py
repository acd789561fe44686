"""`vio vectors`: run portable test vectors against our rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(
    files: Annotated[list[Path], typer.Argument(help="Files of test vectors (JSON arrays of cases).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run every case of the files; exit code 1 on any mismatch, unknown case or unreadable file."""
    from vio.vectors.runner import run_files

    report = run_files(files)
    if as_json:
        typer.echo(
            json.dumps({"passed": report.passed, "failed": len(report.problems), "problems": report.problems})
        )
    else:
        for problem in report.problems:
            typer.echo(problem)
        typer.echo(f"{report.passed} passed, {len(report.problems)} failed")
    if report.problems or not report.passed:
        raise typer.Exit(1)
