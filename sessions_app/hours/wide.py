"""Statements over a whole program: how PostgreSQL is asked to work on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# Sorting and grouping stay in memory: rows written away to disk cost more than the rest of the work. And everybody is
# joined with everybody's: row by row would only ever be a wrong guess about how many there are.
_BEFORE = "SET LOCAL work_mem = '128MB'; SET LOCAL enable_nestloop = off"
_AFTER = "SET LOCAL work_mem TO DEFAULT; SET LOCAL enable_nestloop TO DEFAULT"


@contextmanager
def widely() -> Iterator[CursorWrapper]:
    """A cursor, in a transaction, for one statement over a whole program; what follows it is planned as ever."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEFORE)
        yield cursor
        cursor.execute(_AFTER)
