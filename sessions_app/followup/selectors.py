"""What pages show of follow-ups: the list for the desk, one task with its history, the flags of a client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from groups.access import clients_for
from sessions_app.models import ArrivalNotice, Flag, FollowUp
from vio.common.actors import Actor
from vio.common.errors import NotAllowedError, NotFoundError
from vio.common.permissions import Permission


@dataclass(frozen=True)
class OpenMiss:
    """One row of the desk's list: the task, how often somebody tried, and whether an attempt is overdue."""

    task: FollowUp
    attempts: int
    overdue: bool
    notice: ArrivalNotice | None = None  # what the client had said about coming


def follow_ups_for(actor: Actor, permission: Permission) -> QuerySet[FollowUp]:
    """The follow-ups of the clients this actor may do that to."""
    return FollowUp.objects.filter(client__in=clients_for(actor, permission))


def follow_up_for(actor: Actor, follow_up_id: UUID, permission: Permission) -> FollowUp:
    """One follow-up; NotFoundError out of reach, NotAllowedError in reach without the right (AZ-2)."""
    rows = FollowUp.objects.select_related("client__person", "session__group", "program", "owner", "flag")
    found = rows.filter(pk=follow_up_id, client__in=clients_for(actor, permission)).first()
    if found is not None:
        return found
    if (
        FollowUp.objects.filter(pk=follow_up_id, client__in=clients_for(actor, None)).exists()
        and actor.is_staff
    ):
        raise NotAllowedError
    raise NotFoundError


def open_misses(actor: Actor, *, now: datetime) -> list[OpenMiss]:
    """Running follow-ups, worst first: high risk, then escalated, then by due time. One query."""
    rank = Case(
        When(risk="high", then=Value(0)),
        When(status="escalated", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    tasks = (
        follow_ups_for(actor, Permission.SEE_FOLLOW_UP)
        .filter(status__in=("open", "escalated"))
        .select_related("client__person", "session__group", "session__program", "owner")
        .annotate(tries=Count("attempts"), rank=rank, said=Subquery(_said()))
        .order_by("rank", "next_due_at", "pk")
    )
    return [OpenMiss(task, task.tries, _overdue(task, now), _notice(task)) for task in tasks[:200]]


_SAID = ("id", "kind", "minutes", "said_at")


def _said() -> QuerySet[ArrivalNotice, Any]:
    """What the client says of this session, as far as a line shows it; the reason is read when somebody asks."""
    held = ArrivalNotice.objects.filter(
        session=OuterRef("session"), client=OuterRef("client"), withdrawn_at=None
    )
    return held.values(facts=JSONObject(**{name: name for name in _SAID}))[:1]


def _notice(task: Any) -> ArrivalNotice | None:
    """The notice of a follow-up read with what was `said`."""
    if task.said is None:
        return None
    known = {
        "program_id": task.program_id,
        "session_id": task.session_id,
        "client_id": task.client_id,
        **task.said,
    }
    read = [field for field in ArrivalNotice._meta.concrete_fields if field.attname in known]
    return ArrivalNotice.from_db(
        None, [field.attname for field in read], [field.to_python(known[field.attname]) for field in read]
    )


def _overdue(task: FollowUp, now: datetime) -> bool:
    return task.next_due_at is not None and task.next_due_at < now


def open_flags(
    actor: Actor, kinds: Iterable[str] = ("disengagement_review", "weekly_shortfall_risk")
) -> QuerySet[Flag]:
    """Flags in force about clients the actor may follow up, newest first."""
    return (
        Flag.objects.filter(
            Q(client__in=clients_for(actor, Permission.SEE_FOLLOW_UP)),
            kind__in=list(kinds),
            withdrawn_at=None,
        )
        .select_related("client__person")
        .order_by("-due_at")
    )
