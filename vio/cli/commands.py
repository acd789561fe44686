"""The table of commands, and the group that loads a command's module only when that command runs.

`vio --help` must be quick, so the one-line help of each command stands here and not in its module. A module
holds a typer application named `app`. A row whose module does not exist is not listed.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class Row:
    """Where a command is. With `member`, it is that command of the module's application, else all of it."""

    module: str
    help: str
    member: bool = False


Command: TypeAlias = TyperCommand | TyperGroup
_OPERATIONS, _INTROSPECT = "vio.cli.operations", "vio.cli.introspect"
COMMANDS = {
    "up": Row("vio.cli.up", "Run the whole stack: services, web, worker, scheduler."),
    "doctor": Row("vio.cli.doctor", "Check environment, services, migrations, keys and workers."),
    "demo": Row("vio.cli.demo", "Seed the demo program; list demo people."),
    "rehearse": Row(
        "vio.cli.rehearse", "Play an evening over real sockets and compare the ledger with the script."
    ),
    "vectors": Row("vio.cli.vectors", "Run portable test vectors."),
    "explain": Row("vio.cli.explain", "Explain a figure: its evidence, rule and policy version."),
    "recompute": Row(
        _OPERATIONS, "Recompute attendance and hours from evidence; report differences.", member=True
    ),
    "verify-audit": Row(_OPERATIONS, "Verify the chain of the audit log.", member=True),
    "rotate-keys": Row(_OPERATIONS, "Make a new key primary and seal every field again.", member=True),
    "routes": Row(_INTROSPECT, "List every URL and method with its permission.", member=True),
    "commands": Row(_INTROSPECT, "List every socket command with its permission.", member=True),
    "tasks": Row(_INTROSPECT, "List every Celery task with its permission.", member=True),
}


class LazyGroup(TyperGroup):
    """Lists from the table; imports a module when its command is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands whose module exists."""
        return [name for name, row in COMMANDS.items() if importlib.util.find_spec(row.module)]

    def get_command(self, ctx: Any, cmd_name: str) -> Command | None:
        """A stand-in that knows name and help; `resolve_command` brings the real one."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name].help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The real command for the first argument."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest


def load(name: str) -> Command:
    """Import the command `name`. Raises typer.BadParameter when its module does not have it."""
    row = COMMANDS[name]
    found: Any = get_command(importlib.import_module(row.module).app)
    if row.member and isinstance(found, TyperGroup):
        found = found.commands.get(name)
    if not isinstance(found, TyperCommand | TyperGroup):
        raise typer.BadParameter(f"{row.module} has no command {name}")
    found.name = name
    return found


app = typer.Typer(
    cls=LazyGroup,
    help="vio: a virtual intensive outpatient program in one system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # local variables may be health data
    rich_markup_mode=None,
)


@app.callback()
def _vio() -> None:
    """vio: a virtual intensive outpatient program in one system."""


command = get_command(app)
