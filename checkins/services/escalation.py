"""Red alerts that nobody has acknowledged: the supervisor after 15 minutes, the director after 30 (A10, AL-4).

Each step is claimed by a conditional update, so it happens once however many schedulers and workers look, and late
ones catch up: after an outage both steps follow in one run.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from checkins import rules
from checkins.models import Alert
from checkins.recipients import directors, supervisors
from checkins.services.raising import ring, tell_people, write_act
from vio.common.actors import Actor

_STEPS = {1: "supervisor", 2: "director"}
_DIRECTOR_LATER = rules.DIRECTOR_AFTER - rules.ACKNOWLEDGE_WITHIN


def overdue(now: datetime) -> list[UUID]:
    """Red alerts with a step due that was not taken yet."""
    first = Q(escalation=0, acknowledge_by__lte=now)
    second = Q(escalation__lte=1, acknowledge_by__lte=now - _DIRECTOR_LATER)
    return list(
        Alert.objects.filter(first | second, status="open", level="red")
        .order_by("acknowledge_by")
        .values_list("pk", flat=True)
    )


def escalate_alert(*, actor: Actor, alert_id: UUID, now: datetime) -> list[str]:
    """Takes every step of one alert that is due, in order; returns the names of the steps this call took."""
    return [name for step, name in _STEPS.items() if _take_step(actor, alert_id, step, now)]


def _take_step(actor: Actor, alert_id: UUID, step: int, now: datetime) -> bool:
    due_before = now if step == 1 else now - _DIRECTOR_LATER
    with transaction.atomic():
        claimed = Alert.objects.filter(
            pk=alert_id, status="open", level="red", escalation=step - 1, acknowledge_by__lte=due_before
        ).update(escalation=step, version=F("version") + 1, changed_at=now)
        if not claimed:
            return False
        alert = Alert.objects.select_related("program").get(pk=alert_id)
        name = _STEPS[step]
        write_act(
            actor, alert, "escalated", now=now, step=name if alert.round == 1 else f"{name}-{alert.round}"
        )
        people = supervisors(alert, now) if step == 1 else directors(alert, now)
        tell_people(alert, name, people, now)
        ring(alert)
    return True
