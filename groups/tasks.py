"""Celery's part of WHO: what a date brings about."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from groups import logins, throttles
from groups.services import enrolment, licence_warnings, offers
from vio.common.tasks import system_task


@shared_task(name="groups.enrolment.apply_due_levels")
@system_task
def apply_due_levels() -> int:
    """Moves enrolments to the level of care whose date has come; safe to run twice (FL-3)."""
    return enrolment.apply_due_levels(now=timezone.now())


@shared_task(name="groups.waitlist.offer_seats")
@system_task
def offer_seats() -> int:
    """Every minute: offers that ran out, and free seats for who waits; returns how many were offered."""
    return offers.offer_seats(now=timezone.now())


@shared_task(name="groups.licences.warn_of_endings")
@system_task
def warn_of_endings() -> int:
    """Every hour: tells who manages the staff of licences that end in thirty days and in seven, each once."""
    return licence_warnings.warn_of_endings(now=timezone.now())


@shared_task(name="groups.logins.forget_ended")
@system_task
def forget_ended() -> int:
    """Removes logins that are over and counts of failed tries that say nothing any more; safe to run twice."""
    now = timezone.now()
    return logins.forget_ended(now=now) + throttles.forget_old(now=now)
