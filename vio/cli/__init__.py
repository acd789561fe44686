"""The `vio` command: what people and scripts call. Each command is a module, loaded when it is used."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a StackError is one line on standard error and exit code 1."""
    from vio.cli.commands import command
    from vio.embedded.errors import StackError

    try:
        command(prog_name="vio")
    except StackError as error:
        sys.stderr.write(f"vio: {error}\n")
        sys.exit(1)
