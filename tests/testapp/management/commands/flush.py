"""Empties the test database as its owner: append-only tables refuse it to everybody else."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections


class Command(BaseCommand):
    """Stands in for Django's flush, with the same options."""

    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def add_arguments(self, parser: Any) -> None:
        """The options that TransactionTestCase passes."""
        parser.add_argument("--database", default="default")
        parser.add_argument("--no-input", "--noinput", action="store_false", dest="interactive")

    def handle(self, **options: Any) -> None:
        """Truncates every table but the record of migrations and content types."""
        connection = connections[options["database"]]
        keep = {"django_migrations", "django_content_type"}
        tables = [t for t in connection.introspection.table_names() if t not in keep]
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            cursor.execute("RESET ROLE; SET session_replication_role = replica")
            cursor.execute("TRUNCATE " + ", ".join(f'"{t}"' for t in tables) + " RESTART IDENTITY CASCADE")
            cursor.execute(f'SET session_replication_role = DEFAULT; SET ROLE "{role}"')
