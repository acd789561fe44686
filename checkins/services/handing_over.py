"""Unresolved alerts of somebody who is away, or may not answer any more, go to who is there (A10).

It goes by what is stored, not by what was done before: however often and by however many it runs, each alert goes once,
because its new owner is there. An alert keeps its clock and its status; where nobody at all is there it stays where it is,
so that none that was answered looks as if nobody had it, and is looked at again a minute later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from checkins.models import Alert
from checkins.services.raising import UNRESOLVED, ring, write_act
from groups.cover import answering_for, answering_roles, handed_words, owner_answers
from groups.models import Absence, Person
from vio.common import outbox
from vio.common.actors import Actor

BATCH = 200


@dataclass(frozen=True)
class Held:
    """An unresolved alert whose owner is away until `until`; None: they lost the role or the account for it."""

    alert_id: UUID
    owner_id: UUID
    until: datetime | None


def held_by_absent(now: datetime) -> list[Held]:
    """The alerts to hand over at an instant, of each absence the oldest first."""
    away = Absence.objects.filter(starts_at__lte=now, ends_at__gt=now)
    return [
        Held(alert_id, person_id, until)
        for program_id, person_id, until in away.values_list("program_id", "person_id", "ends_at")
        for alert_id in Alert.objects.filter(program=program_id, owner=person_id, status__in=UNRESOLVED)
        .order_by("raised_at", "pk")
        .values_list("pk", flat=True)[:BATCH]
    ]


def held_by_gone() -> list[Held]:
    """The alerts whose owner may not answer any more, the oldest first."""
    rows = Alert.objects.filter(~owner_answers(), status__in=UNRESOLVED, owner__isnull=False)
    found = rows.order_by("raised_at", "pk").values_list("pk", "owner")[:BATCH]
    return [Held(alert_id, owner_id, None) for alert_id, owner_id in found]


@transaction.atomic
def hand_over(*, actor: Actor, held: Held, now: datetime) -> bool:
    """Gives one alert to who answers instead of its owner, who finds a message; False when it went already or stays.

    The conditional update decides between two who try. It does not come back by itself.
    """
    alert = Alert.objects.select_related("client", "program").get(pk=held.alert_id)
    if held.until is None and _holds_a_role(alert.program_id, held.owner_id):  # given back meanwhile
        return False
    first = [] if held.until is None else [held.owner_id]
    owner_id = answering_for(alert.client, now, first=first, widely=True)
    if owner_id is None or owner_id == held.owner_id:  # nobody is there, or they are back since
        return False
    if not _holds_a_role(
        alert.program_id, owner_id
    ):  # withdrawn in this moment: whoever is next is found in a minute
        return False
    claimed = Alert.objects.filter(pk=alert.pk, owner=held.owner_id, status__in=UNRESOLVED).update(
        owner=owner_id, version=F("version") + 1, changed_at=now
    )
    if not claimed:  # another scheduler was quicker, somebody took it, or it is closed
        return False
    alert.refresh_from_db(fields=["owner", "version", "status", "level", "round", "changed_at"])
    _tell(actor, alert, held, now)
    return True


def _holds_a_role(program_id: UUID, person_id: UUID) -> bool:
    """Whether somebody may answer; nobody can withdraw it until the transaction ends."""
    held = answering_roles(program_id).filter(person=person_id)
    return bool(held.select_for_update(of=("self",), no_key=True).values_list("pk"))


def _tell(actor: Actor, alert: Alert, held: Held, now: datetime) -> None:
    people = Person.objects.in_bulk([held.owner_id, alert.owner_id])
    giver, owner = people[held.owner_id], people[alert.owner_id]
    act = write_act(
        actor, alert, "handed_over", now=now,
        text=handed_words(giver, owner, held.until, alert.program.zone, left=held.until is None),
        details={"from": str(giver.pk), "owner": str(owner.pk)},
    )  # fmt: skip
    outbox.post(
        program_id=alert.program_id, recipients=[owner], kind="alert_assigned", about=str(act.pk),
        path=f"/alerts/{alert.pk}/", due_at=now,
    )  # fmt: skip
    ring(alert)
