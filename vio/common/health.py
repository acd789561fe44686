"""Liveness and readiness (FT-1): no login needed, no version or host told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.http import HttpResponseBase, JsonResponse
from django.utils import timezone

from vio.common.http import PageRequest, needs
from vio.common.models import Heartbeat
from vio.common.permissions import Permission

WORKER_SILENT_AFTER = timedelta(seconds=120)  # AL-6
WORKERS = ("worker", "beat")


@needs(Permission.PUBLIC)
def healthz(request: PageRequest) -> HttpResponseBase:
    """{"ok": true}: this process answers."""
    return JsonResponse({"ok": True})


@needs(Permission.PUBLIC)
def readyz(request: PageRequest) -> HttpResponseBase:
    """{"ok": bool, "database": bool, "redis": bool, "migrations": bool, "worker": bool}; 503 unless all are.

    Migrations and worker are read from the database. One that does not answer is asked once: each time may cost the full wait,
    and whoever probes would have gone before we say what is wrong.
    """
    found = {"database": _holds(_database), "redis": _holds(_redis)}
    in_database: dict[str, Callable[[], bool]] = {"migrations": _migrations, "worker": worker_alive}
    found |= {name: found["database"] and _holds(check) for name, check in in_database.items()}
    return JsonResponse({"ok": all(found.values()), **found}, status=200 if all(found.values()) else 503)


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, redis.RedisError, OSError):
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _redis() -> bool:
    client = redis.Redis.from_url(settings.BELL_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    finally:
        client.close()


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def worker_alive() -> bool:
    """Whether worker and scheduler have reported within two minutes (AL-6)."""
    return signs_of_life(now=timezone.now()).count() == len(WORKERS)


def signs_of_life(*, now: datetime) -> QuerySet[Heartbeat]:
    """Of worker and scheduler those that have reported lately."""
    return Heartbeat.objects.filter(name__in=WORKERS, at__gte=now - WORKER_SILENT_AFTER)
