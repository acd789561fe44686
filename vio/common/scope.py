"""Which programs the database shows us: the second wall (AZ-5).

Row-level security compares each row's program with the setting `vio.programs` of the connection. Without a scope the
application's role reads no row. A request, a socket's act and a task each open the scope they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.signals import connection_created

EVERY_PROGRAM = "*"
_current: ContextVar[str] = ContextVar("vio_scope", default="")


def _apply() -> None:
    if connection.connection is None:
        return  # not open: set on opening
    if connection.needs_rollback:
        # Broken transaction: its rollback restores the value from before it, whatever that was.
        connection.connection.vio_scope = None
        return
    _set(connection, _current.get())


def _on_connection(sender: object, connection: Any, **kwargs: object) -> None:
    # A connection of the pool remembers what was last set on it for good; a new one has nothing in view.
    if getattr(connection.connection, "vio_scope", "") != _current.get():
        _set(connection, _current.get())


def _set(connection: Any, value: str) -> None:
    connection.connection.vio_scope = None  # not known, if this fails or is rolled back later
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vio.programs', %s, false)", [value])
    if connection.get_autocommit() and not connection.in_atomic_block:
        connection.connection.vio_scope = value


def in_view() -> str:
    """The scope that holds now, as the connection's setting takes it."""
    return _current.get()


@contextmanager
def scope(program_ids: Iterable[UUID]) -> Iterator[None]:
    """Shows the rows of these programs, and no others, until the block ends."""
    yield from _scoped(",".join(str(p) for p in program_ids))


@contextmanager
def every_program() -> Iterator[None]:
    """Shows all programs: only for the system's own work, which looks for due work everywhere."""
    yield from _scoped(EVERY_PROGRAM)


def _scoped(value: str) -> Iterator[None]:
    if _current.get() == value:
        yield
        return
    token = _current.set(value)
    try:
        _apply()
        yield
    finally:
        _current.reset(token)
        _apply()


def watch_connections() -> None:
    """Sets the scope on every connection taken from the pool; called once when Django starts."""
    connection_created.connect(_on_connection, dispatch_uid="vio.scope")
