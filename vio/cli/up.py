"""`vio up`: the whole stack under one supervisor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vio.embedded.state import home_path
from vio.supervisor.options import Options
from vio.supervisor.up import up

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(  # noqa: PLR0917 - these are options on a command line, given by name
    port: Annotated[
        int, typer.Option(envvar="VIO_PORT", help="Port of the pages; 0 takes a free one.")
    ] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    web: Annotated[int, typer.Option(help="Number of web processes.")] = 2,
    workers: Annotated[int, typer.Option(help="Number of workers.")] = 1,
    home: Annotated[Path | None, typer.Option(help="State folder (default: VIO_HOME, else ./var).")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make the demo program when it is absent.")] = False,
    server: Annotated[
        str, typer.Option(envvar="VIO_SERVER", help="daphne, or the faster uvicorn (extra `fast`).")
    ] = "daphne",
    verbose: Annotated[bool, typer.Option("--verbose", help="Show every line of every child.")] = False,
) -> None:
    """Run the whole stack: services, web, worker, scheduler. Ctrl-C stops it and keeps the data."""
    folder = home_path(str(home) if home else None)
    up(Options(folder, port, host=host, web=web, workers=workers, demo=demo, verbose=verbose, server=server))
