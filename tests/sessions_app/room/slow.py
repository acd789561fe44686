"""A database that keeps people waiting: rows held by somebody else, and connections cut while they wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from tests.sessions_app.room.live import LiveRoom

CUT_WHO_WAITS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'"""
"""On a connection that commits by itself, or it sees the same moment again and again."""


def address() -> dict[str, Any]:
    """Where the database of this test is."""
    facts = connection.get_connection_params()
    return {key: facts[key] for key in ("dbname", "user", "password", "host", "port") if facts.get(key)}


@contextmanager
def held(live: LiveRoom) -> Iterator[None]:
    """Somebody holds the row of the room: nothing can be committed there."""
    with psycopg.connect(**address()) as other:
        other.execute(
            "SELECT 1 FROM sessions_app_roomstate WHERE session_id = %s FOR UPDATE", (live.session.pk,)
        )
        yield
        other.rollback()
