"""Seats of a group that are held for somebody on the waitlist, while another place in it is decided.

The caller holds the lock of the group's row.
"""

from __future__ import annotations

from datetime import date, datetime

from groups.models import Client, Group, SeatOffer, WaitlistEntry
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


def settle_waitlist(group: Group, client: Client, now: datetime) -> None:
    """A client who got a lasting place waits for it no longer, whichever way they got it."""
    SeatOffer.objects.filter(group=group, client=client, status=OPEN).update(
        status="withdrawn", closed_at=now
    )
    WaitlistEntry.objects.filter(group=group, client=client, status=WAITING).update(
        status="placed", ended_at=now
    )
