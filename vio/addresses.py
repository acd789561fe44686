"""Addresses of PostgreSQL and Redis: from one URL in the environment to what each library wants.

`VIO_DATABASE_URL`: postgresql://user:password@host:port/name, or postgresql://user@/name?host=/socket/dir
`VIO_REDIS_URL`: redis://host:port, rediss://host:port, or unix:///path/to/socket
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from vio.env import EnvironmentProblem


def database_settings(url: str) -> dict[str, Any]:
    """NAME, USER, PASSWORD, HOST, PORT for Django from a postgresql:// URL."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise EnvironmentProblem("VIO_DATABASE_URL must begin with postgresql://")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "vio.postgresql",
        "NAME": parts.path.lstrip("/") or "vio",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
    }


def redis_url(base: str, database: int) -> str:
    """The URL redis-py takes, for one numbered database of the server."""
    if base.startswith("unix://"):
        return f"{base.split('?', maxsplit=1)[0]}?db={database}"
    if base.startswith(("redis://", "rediss://")):
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.netloc}/{database}"
    raise EnvironmentProblem("VIO_REDIS_URL must begin with redis://, rediss:// or unix://")


def broker_url(base: str, database: int) -> str:
    """The URL Celery takes, for one numbered database of the server."""
    if base.startswith("unix://"):
        return (
            f"redis+socket://{base.split('?', maxsplit=1)[0].removeprefix('unix://')}?virtual_host={database}"
        )
    return redis_url(base, database)
