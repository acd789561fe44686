"""What the clock starts: escalations, missed check-ins, reminders. Each finds its work by asking the database."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from checkins.services import escalation, handing_over, missed, reminders
from groups.models import Program
from vio.common.actors import system_actor
from vio.common.logs import log
from vio.common.tasks import system_task

_log = log(__name__)


@shared_task(name="checkins.alerts.escalate_due_alerts")
@system_task
def escalate_due_alerts() -> int:
    """Takes every step that is due (A10); returns how many. One alert that fails does not stop the next (AL-4)."""
    now = timezone.now()
    actor = system_actor("beat")
    taken = 0
    for alert_id in escalation.overdue(now):
        try:
            taken += len(escalation.escalate_alert(actor=actor, alert_id=alert_id, now=now))
        except Exception:  # the others must be escalated in this same run
            _log.exception("alert.escalation_failed", alert=str(alert_id))
    return taken


@shared_task(name="checkins.alerts.hand_over_alerts")
@system_task
def hand_over_alerts() -> int:
    """Every minute: alerts of who is away, or may not answer any more, go to who is there; returns how many.

    One that fails does not stop the next.
    """
    now = timezone.now()
    actor = system_actor("beat")
    gone = 0
    for held in [*handing_over.held_by_gone(), *handing_over.held_by_absent(now)]:
        try:
            gone += handing_over.hand_over(actor=actor, held=held, now=now)
        except Exception:  # the others must be handed over in this same run
            _log.exception("alert.handing_over_failed", alert=str(held.alert_id))
    return gone


@shared_task(name="checkins.checkins.raise_missed_checkins")
@system_task
def raise_missed_checkins() -> int:
    """Raises an alert for every silence that A7 names and nobody was told of; returns how many."""
    now = timezone.now()
    actor = system_actor("beat")
    return sum(
        missed.raise_missed(actor=actor, program=program, now=now) for program in Program.objects.all()
    )


@shared_task(name="checkins.checkins.remind_of_checkins")
@system_task
def remind_of_checkins() -> int:
    """Puts the reminders that are due into the outbox; returns how many."""
    now = timezone.now()
    return sum(reminders.remind(program=program, now=now) for program in Program.objects.all())
