"""Reads of the waitlist: the list in its order for staff, the open offers for a client."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, Q

from groups.calendars import RuleError, parse_rule
from groups.models import Client, Group, SeatOffer, WaitlistEntry
from groups.models.waitlist import OPEN, WAITING


@dataclass(frozen=True)
class Waiting:
    """Somebody on the list: their number, and the offers made to them, the newest first."""

    number: int
    entry: WaitlistEntry
    offers: tuple[SeatOffer, ...]

    @property
    def open_offer(self) -> SeatOffer | None:
        """The offer they have not answered yet."""
        return next((offer for offer in self.offers if offer.status == OPEN), None)


def waitlist_of(group: Group) -> list[Waiting]:
    """Who waits for a place in a group, first in line first; two queries."""
    made = Prefetch("offers", SeatOffer.objects.order_by("-offered_at"), to_attr="made")
    rows = group.waitlist.filter(status=WAITING).select_related("client__person", "moved_by", "group")
    entries = rows.prefetch_related(made).order_by("place_at", "pk")
    return [Waiting(n, entry, tuple(getattr(entry, "made", ()))) for n, entry in enumerate(entries, start=1)]


def offers_to(client: Client, *, now: datetime) -> list[SeatOffer]:
    """The places a client may take now, the one that runs out first in front."""
    rows = SeatOffer.objects.filter(client=client, status=OPEN, expires_at__gt=now)
    return list(rows.select_related("group__program", "program").order_by("expires_at"))


def times_of(group: Group, on: date) -> list[str]:
    """When a group meets from a date on, in words: "every Monday and Tuesday, 5:30 PM"."""
    found = []
    for series in group.series.filter(Q(ends_on=None) | Q(ends_on__gte=on)).order_by("local_start"):
        with suppress(RuleError):
            found.append(f"{parse_rule(series.rule).words}, {series.local_start:%I:%M %p}".replace(" 0", " "))
    return found
