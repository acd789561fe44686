"""The `needs` marker for Celery tasks: every task acts as the system, in a scope of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vio.common.permissions import Permission, mark
from vio.common.scope import every_program

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def system_task(work: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Marks a task with Permission.SYSTEM and opens the scope of all programs: due work is looked for everywhere.

    Put it under `@shared_task(name=...)`. Arguments are ids only (FL-3).
    """

    @functools.wraps(work)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with every_program():
            return work(*args, **kwargs)

    return mark(run, Permission.SYSTEM)
