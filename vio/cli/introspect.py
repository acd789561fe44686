"""`vio routes`, `vio commands`, `vio tasks`: what the product offers, each with the right it needs."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _set_up() -> None:
    # The lists come from the code alone: no running stack and no secret is needed to read them.
    if "VIO_SECRET_KEY" not in os.environ and "VIO_SECRET_KEY_FILE" not in os.environ:
        os.environ["VIO_DEBUG"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")
    import django

    django.setup()


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    texts = [[_text(value) for value in row.values()] for row in rows]
    widths = [max(len(text[i]) for text in texts) for i in range(len(texts[0]))] if texts else []
    for text in texts:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(text, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "-" if value is None else str(value)


@app.command()
def routes(as_json: AsJson = False) -> None:
    """List every URL and method with its permission."""
    _set_up()
    from vio.introspect import edges

    _print([edge.as_json() for edge in edges()], as_json)


@app.command()
def commands(as_json: AsJson = False) -> None:
    """List every socket command with its permission."""
    _set_up()
    from vio.introspect import socket_commands

    rows = [
        {"command": c.name, "permission": c.permission.value if c.permission else None}
        for c in socket_commands()
    ]
    _print(rows, as_json)


@app.command()
def tasks(as_json: AsJson = False) -> None:
    """List every Celery task with its permission and how often it runs."""
    _set_up()
    from vio import introspect

    rows = [
        {
            "task": task.name,
            "permission": task.permission.value if task.permission else None,
            "every_seconds": task.every_seconds,
        }
        for task in introspect.tasks()
    ]
    _print(rows, as_json)
