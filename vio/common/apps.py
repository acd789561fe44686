"""Starts what every process of the product needs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommonConfig(AppConfig):
    """The leaf: every app may import it, it imports no app."""

    name = "vio.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Watches connections for the scope and builds the walls after migrations."""
        from vio.common import logs, scope, walls

        logs.configure()
        scope.watch_connections()
        post_migrate.connect(walls.build_walls, dispatch_uid="vio.walls")
