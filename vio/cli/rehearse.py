"""`vio rehearse`: an evening of scripted people against the running stack, compared with the ledger."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from vio.cli.attach import django
from vio.embedded import runtime
from vio.embedded.errors import StackError
from vio.embedded.state import home_path

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(
    rooms: Annotated[
        int, typer.Option(min=1, max=200, help="How many rooms; the demo's two come first.")
    ] = 2,
    minutes: Annotated[float, typer.Option(min=1, max=240, help="Minutes of the script.")] = 5,
    speed: Annotated[float, typer.Option(min=0.1, max=30, help="How many times as fast as in life.")] = 1,
    seed: Annotated[int, typer.Option(help="Which of many evenings.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Play an evening over real sockets and compare the ledger with the script; exit code 1 when they disagree."""
    django()
    origin = _origin()
    from rich.console import Console

    from vio.rehearse.run import Plan, rehearse
    from vio.rehearse.show import live, table, view
    from vio.rehearse.stage import StageError
    from vio.rehearse.watch import Board

    length = minutes * 60 / speed
    board, console = Board(length), Console(stderr=as_json)
    plan = Plan(origin, rooms, length, seed)
    try:
        with live(console) as display:
            result = rehearse(plan, board=board, tick=lambda: display.update(view(board, _elapsed(board))))
    except StageError as error:
        raise StackError(str(error)) from error
    if as_json:
        typer.echo(json.dumps(result.as_json()))
    else:
        table(result, console)
    if result.disagreements:
        raise typer.Exit(1)


def _elapsed(board: object) -> float:
    import time

    began = getattr(board, "began", 0.0)
    return time.time() - began if began else 0.0


def _origin() -> str:
    """The address of the running pages: as `vio up` wrote it down, else the first one of the settings."""
    found = runtime.find(home_path())
    if found is not None:
        return found.url
    from django.conf import settings

    return str(settings.ORIGINS[0])
