"""Which news somebody at the desk may hear: asked of the same access functions as the pages (AZ-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from checkins.access import alerts_for
from checkins.desk.standing import actor_at_desk
from checkins.models import Alert
from sessions_app.access import sessions_for
from sessions_app.followup.selectors import follow_ups_for
from vio.common.actors import Actor
from vio.common.permissions import Permission
from vio.common.scope import every_program, scope

News = tuple[str, str]
"""A kind ("alert", "miss", "session" or "look") and an id ('' for "look")."""

OVERLAP = timedelta(seconds=10)
"""How far back a poll looks again: a transaction may commit later than its clock says."""


def audible(login: str, waiting: Iterable[News], *, source: str, now: datetime) -> tuple[Actor, list[News]]:
    """Of the waiting news those this login may hear, with who it is now. Raises as `actor_at_desk`."""
    actor = actor_at_desk(login, source=source, now=now)
    by_kind: dict[str, set[UUID]] = {"alert": set(), "miss": set(), "session": set()}
    found: list[News] = []
    for kind, key in waiting:
        if kind == "look":
            found.append((kind, ""))
        elif kind in by_kind:
            by_kind[kind].add(UUID(key))
    with scope(actor.program_ids):
        found += [("alert", str(pk)) for pk in _alerts(actor, by_kind["alert"], now)]
        found += [("miss", str(pk)) for pk in _misses(actor, by_kind["miss"])]
        found += [("session", str(pk)) for pk in _sessions(actor, by_kind["session"], now)]
    return actor, found


def _alerts(actor: Actor, keys: set[UUID], now: datetime) -> Iterable[UUID]:
    rows = alerts_for(actor, Permission.SEE_ALERTS, now=now) if keys else Alert.objects.none()
    return list(rows.filter(pk__in=keys).values_list("pk", flat=True))


def _misses(actor: Actor, keys: set[UUID]) -> Iterable[UUID]:
    if not keys:
        return []
    rows = follow_ups_for(actor, Permission.SEE_FOLLOW_UP)
    return list(rows.filter(pk__in=keys).values_list("pk", flat=True))


def _sessions(actor: Actor, keys: set[UUID], now: datetime) -> Iterable[UUID]:
    if not keys:
        return []
    rows = sessions_for(actor, Permission.TONIGHT_BOARD, now=now)
    return list(rows.filter(pk__in=keys).values_list("pk", flat=True))


def changed_alerts(program_ids: Iterable[UUID], since: datetime) -> list[tuple[UUID, UUID, int]]:
    """(program, alert, version) of what changed lately: the poll in place of bells."""
    with every_program():
        rows = Alert.objects.filter(program__in=list(program_ids), changed_at__gte=since - OVERLAP)
        return list(rows.order_by("changed_at").values_list("program_id", "pk", "version"))
