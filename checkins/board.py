"""The answer to "whose check-in should be known before the group?", asked by the tonight board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from checkins.access import alerts_for
from checkins.services.raising import UNRESOLVED
from vio.common.actors import Actor
from vio.common.permissions import Permission

LEVELS = ("orange", "red")


def answer_board_flags(
    sender: object, actor: Actor, client_ids: Sequence[UUID], now: datetime, **kwargs: object
) -> dict[UUID, tuple[str, str]]:
    """Receives `board_flags_asked`: the open red and orange alerts this actor may see, the worst of each client."""
    alerts = alerts_for(actor, Permission.SEE_ALERTS, now=now).filter(
        client__in=client_ids, status__in=UNRESOLVED, level__in=LEVELS
    )
    worst = sorted(alerts, key=lambda alert: LEVELS.index(alert.level))
    return {alert.client_id: (alert.level, reverse("alert", args=[alert.pk])) for alert in worst}
