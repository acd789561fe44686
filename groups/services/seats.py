"""What stands in the way of a seat: it is held for somebody on the waitlist, or beside somebody one is kept apart from.

The caller holds the lock of the group's row.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from groups.models import Client, Group, Membership, NoContact, SeatOffer, WaitlistEntry
from groups.models.waitlist import OPEN, WAITING
from groups.rules import Band, Period
from vio.common.errors import ConflictError


def refuse_full(group: Group, client: Client, period: Period, band: Band, today: date) -> None:
    """Raises ConflictError `group_full`, or `seat_offered` when the last free seats are held for others.

    An offered place begins tomorrow at the earliest, so a seat for today alone is nobody else's.
    """
    if band.is_over:
        message = f"This group is full: it holds at most {band.maximum} clients."
        raise ConflictError(message, code="group_full", fields={"client": message})
    if period.last is not None and period.last <= today:
        return
    held = group.offers.filter(status=OPEN).exclude(client=client).count()
    if band.size + held > band.maximum:
        message = "The free place in this group is offered to somebody on the waitlist."
        raise ConflictError(message, code="seat_offered", fields={"client": message})


def refuse_apart(group: Group, client: Client, period: Period, *, to_client: bool) -> None:
    """Raises ConflictError `kept_apart` when somebody is in the group in that time from whom the client is kept apart.

    The client, who takes a seat by themselves (`to_client`), hears `seat_gone` and learns nothing of anybody.
    """
    pairs = NoContact.objects.filter(Q(first=client) | Q(second=client), ended_at=None)
    others = {who for pair in pairs.values_list("first", "second") for who in pair} - {client.pk}
    places = (
        group.memberships.filter(client__in=others).select_related("client__person").order_by("starts_on")
    )
    there = next((p for p in places if Period(p.starts_on, p.ends_on).overlaps(period)), None)
    if there is not None and to_client:
        raise ConflictError("This seat is not open any more.", code="seat_gone")
    if there is not None:
        message = (
            f"{_name(client)} is kept apart from {_name(there.client)}, who is in this group {_when(there)}."
        )
        raise ConflictError(message, code="kept_apart", fields={"client": message})


def _name(client: Client) -> str:
    return client.person.full_name


def _when(place: Membership) -> str:
    first = f"from {place.starts_on:%b} {place.starts_on.day}, {place.starts_on.year}"
    return first + (
        f" to {place.ends_on:%b} {place.ends_on.day}, {place.ends_on.year}" if place.ends_on else ""
    )


def settle_waitlist(group: Group, client: Client, now: datetime) -> None:
    """A client who got a lasting place waits for it no longer, whichever way they got it."""
    SeatOffer.objects.filter(group=group, client=client, status=OPEN).update(
        status="withdrawn", closed_at=now
    )
    WaitlistEntry.objects.filter(group=group, client=client, status=WAITING).update(
        status="placed", ended_at=now
    )
