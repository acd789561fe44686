"""Watches in which order a test's acts lock rows (docs/decisions/0019): the recorder behind the guard.

It reads the statements themselves. An act is what happens inside the outermost `atomic` of the code under test; a test's
own statements, and those that are a transaction each, hold nothing while they wait and are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

_LOCKING = re.compile(
    r"\bFOR (?:NO KEY )?UPDATE\b(?: OF (?P<of>[\w\", ]+?))?(?: SKIP LOCKED| NOWAIT)?\s*\)?\s*$"
)
_TABLES = re.compile(r'(?:FROM|JOIN) "(\w+)"(?:\s+(\w+)(?=\s+ON|\s+USING))?')
_CHANGING = re.compile(r'^\s*(?:UPDATE|DELETE FROM) "?(\w+)"?')
_ADVISORY = "pg_advisory_xact_lock"


@dataclass
class Act:
    """The tables that one act locked rows of, in the order of the first lock of each."""

    tables: list[str] = field(default_factory=list)

    def locks(self, table: str) -> None:
        """Notes a lock; one that is held already is no new one."""
        if table not in self.tables:
            self.tables.append(table)


def locked_by(sql: str) -> list[str]:
    """The tables a statement locks existing rows of; "advisory" for a lock without a row."""
    if _ADVISORY in sql:
        return ["advisory"]
    if changing := _CHANGING.match(sql):
        return [changing[1]]
    if not (locking := _LOCKING.search(sql)):
        return []
    if locking["of"]:
        return [name.strip().strip('"') for name in locking["of"].split(",")]
    return [table for table, _ in _TABLES.findall(sql)]


@contextmanager
def watched() -> Iterator[list[Act]]:
    """The acts of a block, as they happen."""
    acts: list[Act] = []
    open_savepoints = 0

    def look(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        nonlocal open_savepoints
        text = str(sql)
        if text.startswith("SAVEPOINT"):
            if not open_savepoints:
                acts.append(Act())
            open_savepoints += 1
        elif text.startswith("RELEASE SAVEPOINT"):
            open_savepoints -= 1
        elif open_savepoints:
            for table in locked_by(text):
                acts[-1].locks(table)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield acts
