"""How a rehearsal looks in a terminal: quiet while it plays, a table at the end."""

from __future__ import annotations

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from vio.rehearse.compare import Result
from vio.rehearse.watch import Board

PHASES = {"waiting": "dim", "lobby": "cyan", "running": "green", "break": "yellow", "ended": "dim"}
MOST_ROOMS = 12


def view(board: Board, elapsed: float) -> Group:
    """The whole display at one moment."""
    rooms = Table(box=None, padding=(0, 2), show_edge=False)
    for heading in ("room", "", "here", "away", "messages"):
        rooms.add_column(heading, justify="left" if heading in {"room", ""} else "right", header_style="dim")
    for room in board.rooms[:MOST_ROOMS]:
        rooms.add_row(
            room.name, Text(room.phase, PHASES[room.phase]), f"{room.inside}/{room.expected}", str(room.away or "·"),
            str(room.messages),
        )  # fmt: skip
    if len(board.rooms) > MOST_ROOMS:
        rooms.add_row(Text(f"and {len(board.rooms) - MOST_ROOMS} more", "dim"))
    happened = Text()
    for at, where, text in list(board.lines):
        happened.append(f"{at:6.1f} s  ", "dim")
        happened.append(f"{where:<16} ", "cyan")
        happened.append(f"{text}\n")
    bar = ProgressBar(total=board.length, completed=min(elapsed, board.length), width=60)
    title = f"{board.stage} · {board.deliveries} messages delivered"
    return Group(
        Panel(Group(rooms, Text(), bar), title=title, title_align="left", border_style="dim"), happened
    )


def live(console: Console) -> Live:
    """A display that is renewed as it is told."""
    return Live(console=console, refresh_per_second=8, transient=True)


def table(result: Result, console: Console) -> None:
    """The result in plain words."""
    facts = result.as_json()
    latency = facts["latency_ms"]
    rows = Table(box=None, show_header=False, padding=(0, 2))
    rows.add_column(style="dim")
    rows.add_column()
    rows.add_row("rooms, people", f"{result.rooms}, {result.people}")
    rows.add_row("messages delivered", f"{result.deliveries}")
    rows.add_row("until heard", _latency(latency))
    rows.add_row("red alert on the desk after", _milliseconds(facts["alert_ms"]))
    rows.add_row("miss raised after its time", _milliseconds(facts["miss_ms"]))
    for room in result.no_miss:
        rows.add_row("no miss", room.words)
    rows.add_row("connections lost by our side", f"{result.losses}")
    rows.add_row("largest difference in credit", f"{result.worst:.0f} s")
    console.print(rows)
    if not result.disagreements:
        console.print("\n[green]The ledger agrees with the script on every point.[/green]")
        return
    found = Table(title=f"{len(result.disagreements)} disagreements", title_style="red", title_justify="left")
    for heading in ("room", "who", "what", "script", "ledger"):
        found.add_column(heading)
    for row in result.disagreements:
        found.add_row(row.room, row.person, row.what, row.script, row.ledger)
    console.print(found)


def _latency(latency: object) -> str:
    if isinstance(latency, dict) and latency["p50"] is not None:
        return f"{latency['p50']} ms (half), {latency['p99']} ms (99 of 100)"
    return "nothing was said"


def _milliseconds(value: object) -> str:
    return "not in this evening" if value is None else f"{value} ms"
