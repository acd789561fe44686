"""`vio vectors`: run portable test vectors against our rules."""

from __future__ import annotations

import json
from dataclasses import asdict
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
        typer.echo(json.dumps({"ok": report.ok, **asdict(report)}))
    else:
        for failure in report.failures:
            typer.echo(failure)
        typer.echo(report.summary())
    if not report.ok:
        raise typer.Exit(1)
