"""Statements over a whole program: how PostgreSQL is asked to work on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

# Sorting and grouping stay in memory: rows written away to disk cost more than the rest of the work. And everybody is
# joined with everybody's: row by row would only ever be a wrong guess about how many there are.
_BEFORE = "SET LOCAL work_mem = '128MB'; SET LOCAL enable_nestloop = off"
_AFTER = "SET LOCAL work_mem TO DEFAULT; SET LOCAL enable_nestloop TO DEFAULT"


@transaction.atomic
def ask_widely(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement over a whole program. What follows in the caller's transaction is planned as ever."""
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE)
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute(_AFTER)
        return rows
