"""Small words that the tests of the waitlist share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from groups.models import Client, Group, Membership, SeatOffer, WaitlistEntry
from groups.selectors import today_of
from groups.services.memberships import end_membership
from groups.services.offers import fill_group
from groups.services.waitlist import add_to_waitlist
from tests.worlds import World

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)  # 12:00 in New York
DAY = timedelta(days=1)


def waits(world: World, client: Client, minutes: int = 0) -> WaitlistEntry:
    """Put on the list of group A that long after noon."""
    at = NOON + timedelta(minutes=minutes)
    return add_to_waitlist(actor=world.actor(world.supervisor), group=world.group, client=client, now=at)


def frees(world: World, client: Client | None = None, now: datetime = NOON) -> None:
    """A place ends with today."""
    place = Membership.objects.get(client=client or world.ana, group=world.group)
    end_membership(
        actor=world.actor(world.supervisor), membership=place, ends_on=today_of(world.program, now), now=now
    )


def look(world: World, now: datetime = NOON) -> int:
    return fill_group(group=Group.objects.select_related("program").get(pk=world.group.pk), now=now)


def open_offers() -> list[SeatOffer]:
    return list(SeatOffer.objects.filter(status="open").select_related("client__person", "group", "entry"))


def the_offer() -> SeatOffer:
    (offer,) = open_offers()
    return offer
