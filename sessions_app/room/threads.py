"""Threads for the database, apart from the one that pages use.

Under Channels the ORM shares a single thread per process, so one slow query would stop every room. The room's writes and
reads run here instead. Each thread keeps its connection between two pieces of work, so that a commit does not begin with
setting one up and its statements stay prepared; idle sockets still hold none (FT-2).
"""

from __future__ import annotations

import asyncio
import select
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, connection, connections
from psycopg import Error as DriverError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
SIZE = 4


class DatabaseThreads:
    """A few threads in which synchronous services run for the event loop."""

    def __init__(self, size: int = SIZE) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="room")
        self._kept: dict[int, Any] = {}

    async def run(
        self, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """Runs synchronous work in a thread and gives its result."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self._work(work, *args, **kwargs))

    def stop(self) -> None:
        """Lets running work finish, takes no more, gives the connections back."""
        self._pool.shutdown(wait=True)
        closing = threading.Thread(
            target=self._give_back
        )  # Django closes no connection beside a running loop
        closing.start()
        closing.join()

    def _give_back(self) -> None:
        for kept in self._kept.values():
            kept.inc_thread_sharing()  # its thread is gone; nobody else uses it
            kept.close()
        self._kept.clear()

    def _work(
        self, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        _drop_if_lost()
        try:
            result = work(*args, **kwargs)
        except DatabaseError:
            connections.close_all()  # whatever state it was left in, the next piece of work begins anew
            raise
        if connection.connection is not None:
            self._kept[threading.get_ident()] = connections["default"]
        return result


def _drop_if_lost() -> None:
    """Closes a kept connection that the server has closed: its socket has something to read though nothing was asked."""
    raw = connection.connection
    if raw is None:
        return
    poll = select.poll()
    try:
        poll.register(raw.fileno(), select.POLLIN)
        lost = raw.closed or raw.broken or bool(poll.poll(0))
    except (OSError, DriverError):
        lost = True
    if lost or connection.in_atomic_block or connection.needs_rollback:
        connections.close_all()
