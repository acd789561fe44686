"""How a command finds the database: the environment's addresses, else what `vio up` started on VIO_HOME."""

from __future__ import annotations

import os

from vio.embedded import runtime
from vio.embedded.errors import StackError
from vio.embedded.state import home_path


def attach() -> None:
    """Put the addresses and secrets of the running stack into the environment.

    Values that the environment gives already are kept. Raises StackError when nothing is running.
    """
    if os.environ.get("VIO_DATABASE_URL"):
        return
    home = home_path()
    running = runtime.find(home)
    if running is None:
        raise StackError(f"nothing is running on {home}; start it with `vio up`, or set VIO_DATABASE_URL")
    for name, value in running.environment.items():
        if name not in os.environ and name.removesuffix("_FILE") not in os.environ:
            os.environ[name] = value


def django() -> None:
    """Attach and set Django up; call it first in each command that uses models."""
    attach()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")
    import django as framework

    framework.setup()
