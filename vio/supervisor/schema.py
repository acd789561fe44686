"""Whether the embedded database already has every migration, found out without starting Django.

Asking Django costs seconds of every start. After migrating, a fingerprint of the code (our apps as files, the
libraries by their versions) is kept as the database's comment, together with how many migrations it applied.
The comment lives and dies with the database, so a restored or replaced one is simply migrated again.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

import psycopg
from psycopg import sql

from vio.embedded.postgres import DATABASE, Postgres

APPS = ("vio/common", "groups", "sessions_app", "checkins")


def fingerprint(project: Path) -> str:
    """A digest of everything that decides what `migrate` does.

    That is more than migrations: grants and row policies follow from the models, renewed after each run.
    """
    digest = hashlib.sha256()
    files = [project / "vio" / "settings.py"]
    files += [file for app in APPS for file in sorted((project / app).rglob("*.py"))]
    for file in files:
        digest.update(file.relative_to(project).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    for name in sorted(f"{found.name}=={found.version}" for found in importlib.metadata.distributions()):
        digest.update(name.encode() + b"\0")
    return digest.hexdigest()[:32]


def is_current(server: Postgres, project: Path) -> bool:
    """Whether nothing is pending for certain; false when in doubt."""
    with psycopg.connect(server.url(), connect_timeout=5, autocommit=True) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (DATABASE,)
        ).fetchone()
        return row is not None and row[0] == _comment(connection, project)


def remember(server: Postgres, project: Path) -> None:
    """Record that everything is applied now."""
    with psycopg.connect(server.url(), connect_timeout=5, autocommit=True) as connection:
        comment = sql.Literal(_comment(connection, project))
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(DATABASE), comment))


def _comment(connection: psycopg.Connection, project: Path) -> str:
    known = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    if known is None or known[0] is None:
        return "nothing applied"
    row = connection.execute("SELECT count(*) FROM django_migrations").fetchone()
    return f"migrations {fingerprint(project)} applied {row[0] if row else 0}"
