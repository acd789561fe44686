"""Threads for the database, apart from the one that pages use.

Under Channels the ORM shares a single thread per process, so one slow query would stop every room. The room's writes and
reads run here instead, and a connection goes back to the pool after each piece of work, so that idle sockets hold none (FT-2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
SIZE = 4


class DatabaseThreads:
    """A few threads in which synchronous services run for the event loop."""

    def __init__(self, size: int = SIZE) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="room")

    async def run(
        self, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        """Runs synchronous work in a thread and gives its result."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _and_return(work, *args, **kwargs))

    def stop(self) -> None:
        """Lets running work finish; takes no more."""
        self._pool.shutdown(wait=True)


def _and_return(
    work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    try:
        return work(*args, **kwargs)
    finally:
        connections.close_all()
