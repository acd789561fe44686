"""Open follow-ups of somebody who is away go to who is there (F2)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups.cover import answering_for
from groups.models import Absence
from sessions_app.followup.handovers import note_handover
from sessions_app.followup.services import RUNNING, tell_desk, tell_owner
from sessions_app.models import FollowUp
from vio.common import audit
from vio.common.actors import Actor
from vio.common.logs import log

BATCH = 200
_log = log(__name__)


def hand_over(*, actor: Actor, now: datetime) -> int:
    """Gives every running follow-up whose owner is away to who answers instead; returns how many went.

    It goes by what is stored, not by what was done before: however often and by however many it runs, each goes once,
    because its new owner is there, and who is given one finds a message. Where nobody is, it belongs to nobody. None comes
    back by itself.
    """
    away = Absence.objects.filter(starts_at__lte=now, ends_at__gt=now)
    gone = 0
    for absence in away:
        held = FollowUp.objects.filter(
            program=absence.program_id, owner=absence.person_id, status__in=RUNNING
        )
        for key in held.order_by("next_due_at", "pk").values_list("pk", flat=True)[:BATCH]:
            try:
                gone += _pass_on(actor, key, absence, now)
            except Exception:  # the others must be handed over in this same run
                _log.exception("follow_up.handing_over_failed", follow_up=str(key))
    return gone


@transaction.atomic
def _pass_on(actor: Actor, follow_up_id: UUID, absence: Absence, now: datetime) -> int:
    away = absence.person_id
    held = FollowUp.objects.select_for_update(of=("self",), no_key=True).select_related("client")
    task = held.filter(pk=follow_up_id, owner=away, status__in=RUNNING).first()
    if task is None:  # another scheduler was quicker, somebody took it, or it has ended
        return 0
    owner = answering_for(task.client, now, first=[away])
    if owner == away:  # back since
        return 0
    task.owner_id = owner
    task.save(update_fields=["owner"])
    row = note_handover(actor, task, away, because="away", now=now, away_until=absence.ends_at)
    tell_owner(task, row, now)
    audit.record(
        actor=actor, action="follow_up.handed_over", program_id=task.program_id, subject=task,
        client_id=task.client_id, details={"from": str(away), "owner": str(owner or "")},
    )  # fmt: skip
    tell_desk(task)
    return 1
