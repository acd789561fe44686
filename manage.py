#!/usr/bin/env python
"""Django's own command line. People use `vio`; this is for migrations and checks."""

import os
import sys

# These change the schema: they connect as the owner, everything else as the application's role (AZ-5, OP-3).
OWNER_COMMANDS = {"migrate", "makemigrations", "flush", "dbshell", "sqlmigrate", "showmigrations", "check"}


def main() -> None:
    """Runs one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("VIO_DATABASE_AS_OWNER", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
