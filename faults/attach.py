"""Django for this process, on the database of the stack under test. Imports no models: they need Django first."""

from __future__ import annotations

import os

from faults.stack import Stack


def attach(stack: Stack) -> None:
    """Without a pool of connections: a fault must not leave us with dead ones."""
    os.environ.update({k: v for k, v in stack.environment().items() if k.startswith("VIO_")})
    os.environ["DJANGO_SETTINGS_MODULE"] = "vio.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    django.setup()
