"""Whether somebody waits for a lock in the database of this test; the other test databases of the server are no part of it."""

from __future__ import annotations

from django.db import connection

_WAITS = """
SELECT EXISTS (
    SELECT FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()
    )
)
"""
"""Who waits for a row waits for its transaction, which belongs to no database: the other locks of the same backend tell."""


def somebody_waits() -> bool:
    """Whether another connection to this database waits for a lock now; also true to the moment inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS)
        return bool(cursor.fetchone()[0])
