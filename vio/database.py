"""The connection to PostgreSQL: nobody waits for ever for a server that took a question and does not answer it.

The server ends statements itself after 15 s (FT-2). One that hangs, or is behind a line that swallows everything, ends nothing:
then we do, so that whoever waits gets an error they can be told, and a client in need gets help (AL-7).
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen

Result = TypeVar("Result")
ANSWERS_WITHIN = 18.0
"""Seconds: a little more than the server allows itself for a statement."""
CONNECTS_WITHIN = 5
"""Seconds until a server must have taken us in."""
TRIES_AGAIN_FOR = 8.0
"""Seconds in which the pool tries again by itself, with ever longer pauses; whoever needs a connection after that makes it try at
once. So an outage of any length costs no more than that after its end (FT-postgres: 30 s)."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives up, and is closed, when the server does not answer in time (OperationalError)."""

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Waits for the server. Whoever names a time-out of their own keeps it."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, ANSWERS_WITHIN)
        except errors._WaitTimeout:
            self.pgconn.finish()  # an answer that came now would be taken for that of the next question
            raise
