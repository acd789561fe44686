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


# Rows that are read in the order they are grouped by need no table of all groups. What is joined to them afterwards is
# not worth sorting.
_IN_ORDER = "SET LOCAL enable_hashagg = off; SET LOCAL enable_mergejoin = off"
_IN_ANY_ORDER = "SET LOCAL enable_hashagg TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT"


@contextmanager
def widely(*, in_order: bool = False) -> Iterator[CursorWrapper]:
    """A cursor, in a transaction, for one statement over a whole program; what follows it is planned as ever.

    With `in_order` rows are grouped as an index gives them, not in a table of all groups.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEFORE)
        if in_order:
            cursor.execute(_IN_ORDER)
        yield cursor
        cursor.execute(_AFTER)
        if in_order:
            cursor.execute(_IN_ANY_ORDER)
