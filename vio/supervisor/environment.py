"""The environment the children get: addresses, secrets and where things are."""

from __future__ import annotations

import os

from vio import env
from vio.embedded import keys
from vio.embedded.errors import StackError
from vio.embedded.state import Home
from vio.supervisor.options import Options

SECRETS = ("VIO_SECRET_KEY", "VIO_FIELD_KEYS")


def check_secrets() -> None:
    """With debug explicitly off this is production: secrets are given, never made up (OP-3)."""
    if "VIO_DEBUG" not in os.environ or env.flag("VIO_DEBUG", default=False):
        return
    for name in SECRETS:
        if not env.text(name):
            raise StackError(
                f"{name} is missing (or give {name}_FILE); with VIO_DEBUG off secrets are never made up"
            )


def secrets(home: Home) -> dict[str, str]:
    """The generated secret files, for those secrets that the environment does not give."""
    makers = {"VIO_SECRET_KEY": keys.secret_key_file, "VIO_FIELD_KEYS": keys.field_keys_file}
    return {f"{name}_FILE": str(make(home)) for name, make in makers.items() if not env.text(name)}


def base(options: Options, home: Home, port: int) -> dict[str, str]:
    """What differs between places, without the addresses of the services."""
    return {
        "VIO_HOME": str(home.root),
        "VIO_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        # Compiled once for all processes and later starts, also where the code may not be written to: five processes
        # that each compile everything are most of a start.
        "PYTHONPYCACHEPREFIX": str(home.root / "pycache"),
        "PYTHONDONTWRITEBYTECODE": "",
        **secrets(home),
    }
