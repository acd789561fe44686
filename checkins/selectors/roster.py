"""The list of clients: name, groups, and where a reader may see it the worst alert that is not resolved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkins.access import alerts_for
from checkins.rules import Level
from checkins.services.raising import UNRESOLVED
from groups.access import clients_for
from groups.models import Client, Membership
from vio.common.actors import Actor
from vio.common.permissions import Permission


@dataclass(frozen=True)
class Row:
    """One client of the list."""

    client: Client
    groups: str
    level: str  # the worst unresolved alert, '' for none or for a reader without the right


def roster(actor: Actor, query: str, *, now: datetime) -> list[Row]:
    """The clients in reach whose name holds every word of the query, by name."""
    clients = list(
        clients_for(actor, Permission.SEE_CLIENTS, now=now)
        .exclude(person=actor.person_id)
        .select_related("person")
        .order_by("person__first_name", "person__last_name", "pk")
    )
    found = [client for client in clients if _matches(client, query)]
    groups = _groups(found, now)
    levels = _levels(actor, now)
    return [Row(client, ", ".join(groups[client.pk]), levels.get(client.pk, "")) for client in found]


def _matches(client: Client, query: str) -> bool:
    name = f"{client.person.full_name} {client.privacy_name}".casefold()
    return all(word in name for word in query.casefold().split())


def _groups(clients: Iterable[Client], now: datetime) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    today = now.date()
    places = Membership.objects.filter(client__in=clients).select_related("group").order_by("group__name")
    for place in places:
        if place.starts_on <= today and (place.ends_on is None or place.ends_on >= today):
            found[place.client_id].append(place.group.name)
    return found


def _levels(actor: Actor, now: datetime) -> dict[UUID, str]:
    worst: dict[UUID, str] = {}
    open_ones = alerts_for(actor, Permission.SEE_ALERTS, now=now).filter(status__in=UNRESOLVED)
    for client_id, level in open_ones.values_list("client_id", "level"):
        if Level(level).rank > Level(worst.get(client_id, "none")).rank:
            worst[client_id] = level
    return worst
