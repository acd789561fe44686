"""From an id to an alert, for an actor: the only way there. A facilitator reaches the alerts of their own clients."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from checkins.models import Alert
from groups.access import clients_for, one
from vio.common.actors import Actor
from vio.common.permissions import STAFF_ROLES, Permission


def alerts_for(
    actor: Actor, permission: Permission | None, *, now: datetime | None = None
) -> QuerySet[Alert]:
    """The alerts this actor may do that to. A client never reaches an alert, not even one about themselves."""
    if actor.system:
        return Alert.objects.all()
    staffed = [program for program, roles in actor.roles.items() if roles & STAFF_ROLES]
    charts = clients_for(actor, permission, now=now).filter(program__in=staffed)
    return Alert.objects.filter(client__in=charts.exclude(person=actor.person_id))


def alert_for(actor: Actor, alert_id: UUID, permission: Permission, *, now: datetime | None = None) -> Alert:
    """The alert with its client, owner and program; raises NotFoundError out of reach, NotAllowedError without the right."""
    return one(
        lambda p: alerts_for(actor, p, now=now).select_related("client__person", "program", "owner"),
        alert_id,
        permission,
    )
