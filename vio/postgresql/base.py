"""What Django loads as its database backend: its own, but nobody is given a pooled connection whose server has gone.

A server that is restarted ends every connection. The pool learns of it only when somebody uses one, and that is somebody's page:
the connections that had rested met people minutes later (FT-postgres). Asking the server each time would cost a way there and
back for every page and every command in a room; whether the other end has hung up is known here without asking.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base

LOOKS = 10
"""A server that goes says so first, and then hangs up: two looks. More than that many things to read are no farewell."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, which passes over connections that have died in the pool."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that is not known to be dead. What is dead goes back: the pool throws it away and makes another."""
        connection = super().get_new_connection(conn_params)
        while self.pool is not None and has_gone(connection):
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def has_gone(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has hung up, as far as is known on this side; then it is closed. Asks and waits for nothing."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    for _ in range(LOOKS):
        if not waiting.poll(0):
            return False
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            connection.close()
            return True
    return False
