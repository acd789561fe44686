"""Many rows laid out at once: a table's indexes rest meanwhile and are built whole afterwards, its constraints with them.

What is measured later is the same table: built indexes, counted rows, no page that still has to be written or looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench import machine
from bench.progress import phase

# Whatever PostgreSQL knows of an index, rows come in without it until it is built again.
_REST = "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY (%s::regclass[])"
_BROKEN = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisready AND indisvalid)"


@contextmanager
def resting_indexes(owner: Any, tables: Sequence[str]) -> Iterator[None]:
    """Lets the indexes of these tables rest within the block and builds them at its end.

    Building a unique one looks for doubles, so that its constraint holds as if it had never rested. Raises
    RuntimeError when one is not whole afterwards.
    """
    owner.execute(_REST, [list(tables)])
    yield
    owner.execute("SET maintenance_work_mem = '1GB'")
    with phase("  indexes"):
        for table in tables:
            owner.execute(f"REINDEX TABLE {table}")
    if broken := owner.execute(_BROKEN).fetchall():
        raise RuntimeError(f"indexes that were not built: {broken}")


def settle(owner: Any, tables: Sequence[str]) -> None:
    """What housekeeping does within minutes in production: rows are counted and seen to be visible, pages written."""
    with phase("  housekeeping"):
        for table in tables:
            owner.execute(f"VACUUM (ANALYZE) {table}")
        owner.execute("CHECKPOINT")


@contextmanager
def on_all_cores(process: int) -> Iterator[None]:
    """Lets a server and what it starts within the block use every core; nothing is measured then."""
    machine.pin(process, machine.SERVER | machine.OTHERS)
    try:
        yield
    finally:
        machine.pin(process, machine.OTHERS)
