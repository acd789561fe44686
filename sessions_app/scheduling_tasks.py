"""The clock's part of scheduling: sessions are made four weeks ahead, safe to run twice or late (FL-3)."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sessions_app.services.scheduling import materialise_sessions
from vio.common.actors import system_actor
from vio.common.tasks import system_task


@shared_task(name="sessions_app.scheduling.materialise_sessions")
@system_task
def materialise() -> int:
    """Makes every session of the coming four weeks that does not exist yet."""
    return materialise_sessions(actor=system_actor("beat"), now=timezone.now())
