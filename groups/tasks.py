"""Celery's part of WHO: what a date brings about."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from groups.services import enrolment
from vio.common.tasks import system_task


@shared_task(name="groups.enrolment.apply_due_levels")
@system_task
def apply_due_levels() -> int:
    """Moves enrolments to the level of care whose date has come; safe to run twice (FL-3)."""
    return enrolment.apply_due_levels(now=timezone.now())
