"""The waitlist of a group, and the offers made to oneself."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query
from pydantic import StringConstraints

from groups import access
from groups.models import SeatOffer
from groups.rules import ONE_DAY
from groups.selectors import today_of
from groups.services import offers
from groups.services import waitlist as service
from groups.waiting import Waiting, offers_to, times_of, waitlist_of
from vio.common.api.edges import Edges
from vio.common.api.paging import Page, Paging, page_of_list
from vio.common.api.schemas import Flag, Input, Instant, Output
from vio.common.http import PageRequest
from vio.common.permissions import Permission

edges = Edges("waitlist")
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=service.REASON_LENGTH)
]


class OfferMade(Output):
    """One offer to somebody who waits."""

    status: Literal["open", "accepted", "declined", "expired", "withdrawn"]
    offered_at: Instant
    expires_at: Instant


class WaitingOut(Output):
    """Somebody on the list, first in line first; offers newest first."""

    id: UUID
    number: int
    client_id: UUID
    client_name: str
    added_at: Instant
    moved_at: Instant | None
    move_reason: str
    rest_until: Instant | None
    offers: list[OfferMade]


class WaitIn(Input):
    """Who waits."""

    client_id: UUID


class MoveIn(Input):
    """Why somebody goes before the others."""

    reason: Reason


class TakenOff(Output):
    """They wait no longer."""

    id: UUID


class MyOffer(Output):
    """A place that is free for oneself, and when it would begin."""

    id: UUID
    group_id: UUID
    group_name: str
    times: list[str]
    begins_on: date
    expires_at: Instant


class DeclineIn(Input):
    """Whether to wait on, at the end of the list."""

    stay: Flag = True


class Answered(Output):
    """What became of an offer."""

    id: UUID
    accepted: bool
    begins_on: date | None


def waiting_out(found: Waiting) -> WaitingOut:
    """One entry as it goes out."""
    row = found.entry
    made = [
        OfferMade.model_validate({"status": o.status, "offered_at": o.offered_at, "expires_at": o.expires_at})
        for o in found.offers
    ]
    return WaitingOut(
        id=row.pk, number=found.number, client_id=row.client_id, client_name=row.client.person.full_name,
        added_at=row.added_at, moved_at=row.moved_at, move_reason=row.move_reason, rest_until=row.rest_until,
        offers=made,
    )  # fmt: skip


@edges.get("/groups/{uuid:group_id}/waitlist", Permission.MANAGE_GROUPS, Page[WaitingOut])
def list_waitlist(request: PageRequest, group_id: UUID, wanted: Query[Paging]) -> Page[WaitingOut]:
    """Who waits for a place in a group, in the order they are asked, and who was asked when."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    return page_of_list(Page[WaitingOut], waitlist_of(group), wanted, waiting_out)


def _entry(request: PageRequest, entry_id: UUID) -> WaitingOut:
    row = access.waitlist_entry_for(request.actor, entry_id, Permission.MANAGE_GROUPS)
    return next(waiting_out(found) for found in waitlist_of(row.group) if found.entry.pk == row.pk)


@edges.post("/groups/{uuid:group_id}/waitlist", Permission.MANAGE_GROUPS, WaitingOut, status=201)
def add_to_waitlist(request: PageRequest, group_id: UUID, body: WaitIn) -> WaitingOut:
    """Puts a client at the end of the list."""
    group = access.group_for(request.actor, group_id, Permission.MANAGE_GROUPS)
    client = access.client_for(request.actor, body.client_id, Permission.MANAGE_GROUPS)
    row = service.add_to_waitlist(actor=request.actor, group=group, client=client, now=timezone.now())
    return _entry(request, row.pk)


@edges.post("/waitlist/{uuid:waitlist_entry_id}/move-ahead", Permission.MANAGE_GROUPS, WaitingOut)
def move_ahead(request: PageRequest, waitlist_entry_id: UUID, body: MoveIn) -> WaitingOut:
    """Moves somebody to the front, with a reason that is kept."""
    entry = access.waitlist_entry_for(request.actor, waitlist_entry_id, Permission.MANAGE_GROUPS)
    service.move_ahead(actor=request.actor, entry=entry, reason=body.reason, now=timezone.now())
    return _entry(request, entry.pk)


@edges.post("/waitlist/{uuid:waitlist_entry_id}/take-off", Permission.MANAGE_GROUPS, TakenOff)
def take_off_waitlist(request: PageRequest, waitlist_entry_id: UUID) -> TakenOff:
    """Takes somebody off the list, and their open offer back."""
    entry = access.waitlist_entry_for(request.actor, waitlist_entry_id, Permission.MANAGE_GROUPS)
    service.take_off(actor=request.actor, entry=entry, now=timezone.now())
    return TakenOff(id=entry.pk)


@edges.get("/my/offers", Permission.OWN_PAGES, Page[MyOffer])
def list_my_offers(request: PageRequest, wanted: Query[Paging]) -> Page[MyOffer]:
    """The places that are free for oneself now."""
    client = access.own_client(request.actor, Permission.OWN_PAGES)
    now = timezone.now()
    begins = today_of(client.program, now) + ONE_DAY

    def out(offer: SeatOffer) -> MyOffer:
        return MyOffer(
            id=offer.pk, group_id=offer.group_id, group_name=offer.group.name, times=times_of(offer.group, begins),
            begins_on=begins, expires_at=offer.expires_at,
        )  # fmt: skip

    return page_of_list(Page[MyOffer], offers_to(client, now=now), wanted, out)


@edges.post("/my/offers/{uuid:seat_offer_id}/accept", Permission.OWN_PAGES, Answered)
def accept_my_offer(request: PageRequest, seat_offer_id: UUID) -> Answered:
    """Takes the place; 409 `offer_gone` when it is not open any more."""
    offer = access.own_offer(request.actor, seat_offer_id)
    place = offers.accept_offer(actor=request.actor, offer=offer, now=timezone.now())
    return Answered(id=offer.pk, accepted=True, begins_on=place.starts_on)


@edges.post("/my/offers/{uuid:seat_offer_id}/decline", Permission.OWN_PAGES, Answered)
def decline_my_offer(request: PageRequest, seat_offer_id: UUID, body: DeclineIn) -> Answered:
    """Leaves the place to somebody else; with `stay` one waits on."""
    offer = access.own_offer(request.actor, seat_offer_id)
    offers.decline_offer(actor=request.actor, offer=offer, stay=body.stay, now=timezone.now())
    return Answered(id=offer.pk, accepted=False, begins_on=None)
