"""What follow-up needs from the clock. Each task finds its due work in the database and may run twice (FL-3)."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from sessions_app.followup import handing_over, misses, payers, watch
from vio.common.actors import system_actor
from vio.common.tasks import system_task


@shared_task(name="sessions_app.followup.find_misses")
@system_task
def find_misses() -> None:
    """Every ten seconds: who is missing, and who has come after all (F1)."""
    now = timezone.now()
    actor = system_actor("beat")
    misses.withdraw_answered(actor=actor, now=now)
    misses.raise_missed(actor=actor, now=now)


@shared_task(name="sessions_app.followup.remind_of_attempts")
@system_task
def remind_of_attempts() -> None:
    """Every minute: work of who is away goes to who is there, then attempts that have fallen due (F2)."""
    now = timezone.now()
    handing_over.hand_over(actor=system_actor("beat"), now=now)
    watch.remind_of_attempts(now=now)


@shared_task(name="sessions_app.followup.watch_weeks")
@system_task
def watch_weeks() -> None:
    """Every minute: weeks that cannot reach their hours (F5), and clients whose attendance has just changed (F4)."""
    now = timezone.now()
    watch.watch_weeks(now=now)
    watch.review_engagement(now=now, changed_since=now - timedelta(minutes=10))


@shared_task(name="sessions_app.followup.review_everybody")
@system_task
def review_everybody() -> None:
    """Every hour: clients who have not been credited for 14 days (F4)."""
    watch.review_engagement(now=timezone.now())


@shared_task(name="sessions_app.followup.watch_authorisations")
@system_task
def watch_authorisations() -> None:
    """Every hour: authorisations whose last units have begun (R12)."""
    payers.watch_authorisations(actor=system_actor("beat"), now=timezone.now())
