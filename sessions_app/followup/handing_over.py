"""Open follow-ups of somebody who is away, or may not answer any more, go to who is there (F2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from groups.cover import answering_for, answering_roles, owner_answers
from groups.models import Absence
from sessions_app.followup.handovers import note_handover
from sessions_app.followup.services import RUNNING, tell_desk, tell_owner
from sessions_app.models import FollowUp
from vio.common import audit
from vio.common.actors import Actor
from vio.common.logs import log

BATCH = 200
_log = log(__name__)


@dataclass(frozen=True)
class Held:
    """A running follow-up whose owner is away until `until`; None: they lost the role or the account for it."""

    follow_up_id: UUID
    owner_id: UUID
    until: datetime | None


def hand_over(*, actor: Actor, now: datetime) -> int:
    """Gives every running follow-up whose owner is away or gone to who answers instead; returns how many went.

    It goes by what is stored, not by what was done before: however often and by however many it runs, each goes once,
    because its new owner is there, and who is given one finds a message. Where nobody is, it belongs to nobody. None comes
    back by itself.
    """
    gone = 0
    for held in [*_held_by_gone(), *_held_by_absent(now)]:
        try:
            gone += _pass_on(actor, held, now)
        except Exception:  # the others must be handed over in this same run
            _log.exception("follow_up.handing_over_failed", follow_up=str(held.follow_up_id))
    return gone


def _held_by_gone() -> Iterator[Held]:
    rows = FollowUp.objects.filter(~owner_answers(), status__in=RUNNING, owner__isnull=False)
    for key, owner_id in rows.order_by("next_due_at", "pk").values_list("pk", "owner")[:BATCH]:
        if owner_id is not None:
            yield Held(key, owner_id, None)


def _held_by_absent(now: datetime) -> Iterator[Held]:
    for absence in Absence.objects.filter(starts_at__lte=now, ends_at__gt=now):
        held = FollowUp.objects.filter(
            program=absence.program_id, owner=absence.person_id, status__in=RUNNING
        )
        for key in held.order_by("next_due_at", "pk").values_list("pk", flat=True)[:BATCH]:
            yield Held(key, absence.person_id, absence.ends_at)


@transaction.atomic
def _pass_on(actor: Actor, held: Held, now: datetime) -> int:
    rows = FollowUp.objects.select_for_update(of=("self",), no_key=True).select_related("client")
    task = rows.filter(pk=held.follow_up_id, owner=held.owner_id, status__in=RUNNING).first()
    if task is None:  # another scheduler was quicker, somebody took it, or it has ended
        return 0
    left = held.until is None
    if left and answering_roles(task.program_id).filter(person=held.owner_id).exists():  # given back since
        return 0
    owner = answering_for(task.client, now, first=[] if left else [held.owner_id])
    if owner == held.owner_id:  # back since
        return 0
    task.owner_id = owner
    task.save(update_fields=["owner"])
    row = note_handover(
        actor, task, held.owner_id, because="left" if left else "away", now=now, away_until=held.until
    )
    tell_owner(task, row, now)
    audit.record(
        actor=actor, action="follow_up.handed_over", program_id=task.program_id, subject=task,
        client_id=task.client_id, details={"from": str(held.owner_id), "owner": str(owner or "")},
    )  # fmt: skip
    tell_desk(task)
    return 1
