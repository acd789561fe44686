"""The shared tasks that beat starts: sending what is in the outbox, and the signs of life (AL-6)."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from vio.common import outbox
from vio.common.models import Heartbeat
from vio.common.tasks import system_task


@shared_task(name="vio.common.send_deliveries")
@system_task
def send_deliveries() -> int:
    """Sends due messages; returns how many went out."""
    return outbox.send_due(now=timezone.now())


@shared_task(name="vio.common.report_alive")
@system_task
def report_alive() -> None:
    """Proves both at once: the scheduler asked for this and a worker did it. A stale tick expires in the queue."""
    now = timezone.now()
    for name in ("worker", "beat"):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
