"""Writes what was measured: var/bench.json for programs, docs/benchmarks.md for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bench import machine
from bench.rows import Row, to_json, to_table

JSON = machine.PROJECT / "var/bench.json"
DOCUMENT = machine.PROJECT / "docs/benchmarks.md"

_WORDS: Final = """# Benchmarks

Written by `make bench`; do not edit by hand. Every figure goes through the real product: signed in, authorised, numbered, stored
and sealed, on PostgreSQL with durable commits. The reference of a ratio ran in the same minutes, in turn with vio, on the same
cores. Ratios are ratios of the medians over the rounds.

- Machine: {machine}
- Date: {date}; the run took {minutes:.0f} min
- Command: `{command}`
- Sizes: rooms of 12; 480 people for steady, burst and saturation, 1,008 for storm, memory and all people may say;
  {clients:,} clients x 12 weeks for the hours
- The server under test has one core to itself; load generator, Redis and PostgreSQL share the other
- CPU is user plus system time of the server's processes and Redis (and PostgreSQL where it says so) per 1,000 deliveries
- vio carries its heartbeats (one per person every ten seconds) and its stored evidence in these figures; the references
  have neither log nor login

{table}
"Met" is empty where there is no target. A row that lost something, or whose reference was missing, never meets its target.

## How to read it

*steady*: a message every ten milliseconds, evenly spread over 40 rooms. *burst*: one message from each of 480 people in the same
moment. *saturation*: everybody speaks again as soon as they heard themselves. vio allows one message a second and person, and
480 people who keep to that do not fill a process: for this row alone that limit is lifted (`bench/unpaced.py`; everything else
is the product), so that vio and the references are asked for the same. *all people may say*: the product with its limits, 1,008
people who each speak once a second. *storm*: all people open their sockets in the same moment; the time is until the last one
has the room to look at. The reference servers keep no log, check no login and write nothing down.
"""


def write(made: list[Row], document: bool, *, seconds: float, clients: int, quick: bool) -> None:
    """Both files."""
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.write_text(to_json(made), encoding="utf-8")
    if document:
        command = 'make bench ARGS="--quick"' if quick else "make bench"
        text = _WORDS.format(
            machine=machine.description(), date=datetime.now(UTC).strftime("%d %B %Y"), minutes=seconds / 60,
            command=command, clients=clients, table=to_table(made),
        )  # fmt: skip
        DOCUMENT.write_text(text, encoding="utf-8")
