"""Offers of free seats: made in the order of the list, answered by the client in one tap, run out by the clock.

A free seat is never offered to two: offers are counted and made under the lock of the group's row, and a constraint gives
each open offer of a group its own seat number. An answer is a conditional update, so it counts once and never after its time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from groups.access import in_force
from groups.models import Client, Group, Membership, NoContact, SeatOffer, WaitlistEntry
from groups.models.waitlist import OPEN, WAITING
from groups.quiet_rules import runs_out
from groups.rules import ONE_DAY
from groups.selectors import band_with, today_of
from groups.services.contact_ways import tell_client
from groups.services.enrolment import lock_chart
from groups.services.meeting_times import hold_meeting_times
from groups.services.memberships import add_member
from groups.services.places import lock_group
from groups.services.waitlist import record
from vio.common.actors import Actor, system_actor
from vio.common.errors import ConflictError, DomainError, NotAllowedError
from vio.common.logs import log
from vio.common.permissions import Permission

KIND = "seat_offer"
REST = timedelta(days=7)
"""How long after a no or no answer nobody is asked again."""
MOST_UNANSWERED = 2
_log = log(__name__)
_GONE = "This place is not open any more."


def offer_seats(*, now: datetime) -> int:
    """Every group where somebody waits: runs out old offers, takes back what cannot stand, offers what is free.

    Returns how many offers were made. Safe to run twice, late and in parallel. A group in which something breaks holds up
    no other: it is logged, staff see since when on its page, and the next round tries again.
    """
    waits = Q(waitlist__status=WAITING) | Q(offers__status=OPEN)
    groups = Group.objects.filter(waits).distinct().select_related("program").order_by("pk")
    return sum(_round(group, now) for group in groups)


def _round(group: Group, now: datetime) -> int:
    try:
        expire_due(now=now, group=group)
        made = fill_group(group=group, now=now)
    except Exception:  # whatever it is, the others wait for their seats too
        _log.exception("waitlist.group_failed", group_id=str(group.pk), program_id=str(group.program_id))
        Group.objects.filter(pk=group.pk, offers_failing_since=None).update(offers_failing_since=now)
        return 0
    if group.offers_failing_since is not None:
        Group.objects.filter(pk=group.pk).update(offers_failing_since=None)
    return made


def fill_group(*, group: Group, now: datetime) -> int:
    """Offers each free seat of one group to the first who may have it; returns how many. Nobody is asked in quiet hours.

    Each step is its own transaction that ends with its audit entry, so that no lock waits for another's.
    """
    if group.program.quiet.cover(now):
        return 0
    while _take_back_one(group, now):
        pass
    made = 0
    while _offer_one(group, now):
        made += 1
    return made


@transaction.atomic
def _offer_one(group: Group, now: datetime) -> bool:
    row = lock_group(group)
    seat = _free_seat(row, now)
    if seat is None:
        return False
    entry = next((entry for entry in _first_in_line(row, now) if _fits(row, entry.client, now)), None)
    if entry is None:
        return False
    _offer(row, entry, seat, now)
    return True


def _first_in_line(group: Group, now: datetime) -> QuerySet[WaitlistEntry]:
    rested = Q(rest_until=None) | Q(rest_until__lte=now)
    free = group.waitlist.filter(rested, status=WAITING).exclude(offers__status=OPEN)
    return free.select_related("client__person", "client__contact_ways").order_by("place_at", "pk")


def free_seats(group: Group, now: datetime) -> int:
    """Seats that are free for good from tomorrow on; negative when the group is over its maximum."""
    tomorrow = today_of(group.program, now) + ONE_DAY
    band = band_with(group, tomorrow, None)
    return band.maximum - (band.size - 1) if group.is_active else 0


def _free_seat(group: Group, now: datetime) -> int | None:
    """The number of a seat that is free and not offered; None when there is none."""
    taken = set(group.offers.filter(status=OPEN).values_list("seat", flat=True))
    if len(taken) >= free_seats(group, now):
        return None
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _fits(group: Group, client: Client, now: datetime) -> bool:
    """Enrolled, able to sign in, without a place here, and kept apart from nobody who is here or is being asked."""
    today = today_of(group.program, now)
    if not client.person.is_active or not client.enrolments.filter(in_force(today + ONE_DAY)).exists():
        return False
    places = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=today), group=group)
    if places.filter(client=client).exists():
        return False
    asked = group.offers.filter(status=OPEN).exclude(client=client).values("client")
    others = Q(first__in=places.values("client")) | Q(second__in=places.values("client"))
    others |= Q(first__in=asked) | Q(second__in=asked)
    return not NoContact.objects.filter(Q(first=client) | Q(second=client), others, ended_at=None).exists()


def _offer(group: Group, entry: WaitlistEntry, seat: int, now: datetime) -> None:
    program = group.program
    offer = SeatOffer.objects.create(
        program=program, group=group, entry=entry, client=entry.client, seat=seat, offered_at=now,
        expires_at=runs_out(now, program.offer_hours, program.quiet),
    )  # fmt: skip
    tell_client(
        client=entry.client, kind=KIND, about=str(offer.pk), path=reverse("my_offers"), due_at=now,
        void_at=offer.expires_at,
    )  # fmt: skip
    record(system_actor("waitlist"), "waitlist.offered", entry)


@transaction.atomic
def _take_back_one(group: Group, now: datetime) -> bool:
    """Takes back one offer that cannot stand any more; False when all can."""
    row = lock_group(group)
    offer = _unfit_offer(row, now)
    if offer is None or not _close(offer.pk, "withdrawn", now):
        return False
    record(system_actor("waitlist"), "waitlist.offer_withdrawn", offer.entry)
    return True


def _unfit_offer(group: Group, now: datetime) -> SeatOffer | None:
    """An offer to somebody who may not have the seat now, or, beyond what is free, the newest one."""
    open_now = list(
        group.offers.filter(status=OPEN)
        .select_related("entry", "client__person")
        .order_by("-offered_at", "-pk")
    )
    unfit = next((offer for offer in open_now if not _fits(group, offer.client, now)), None)
    too_many = len(open_now) > max(free_seats(group, now), 0)
    return unfit or (open_now[0] if too_many else None)


def _close(offer_id: UUID, status: str, now: datetime, **still: datetime) -> bool:
    open_offer = SeatOffer.objects.filter(pk=offer_id, status=OPEN, **still)
    return bool(open_offer.update(status=status, closed_at=now))


def expire_due(*, now: datetime, group: Group) -> int:
    """Ends a group's offers that ran out; returns how many. Who did not answer goes to the end, the second time off the list."""
    due = group.offers.filter(status=OPEN, expires_at__lte=now).select_related("entry")
    return sum(_expire(offer, now) for offer in due)


@transaction.atomic
def _expire(offer: SeatOffer, now: datetime) -> bool:
    if not _close(offer.pk, "expired", now):  # answered, or another worker was quicker
        return False
    entry = WaitlistEntry.objects.select_for_update(no_key=True).get(pk=offer.entry_id)
    entry.unanswered += 1
    _send_back(entry, now, off="no_answer" if entry.unanswered >= MOST_UNANSWERED else "")
    record(system_actor("waitlist"), "waitlist.offer_expired", entry)
    return True


def _send_back(entry: WaitlistEntry, now: datetime, *, off: str) -> None:
    entry.place_at, entry.rest_until = now, now + REST
    if off:
        entry.status, entry.ended_because, entry.ended_at = "left", off, now
    entry.save()


@transaction.atomic
def accept_offer(*, actor: Actor, offer: SeatOffer, now: datetime) -> Membership:
    """The client takes the seat: a place from tomorrow on. Raises ConflictError `offer_gone` when it is not open to them."""
    _require_self(actor, offer)
    hold_meeting_times(offer.program_id)
    group = lock_group(offer.group)
    chart = lock_chart(offer.client)
    fits = _fits(group, chart, now)
    if not fits or not _close(offer.pk, "accepted", now, expires_at__gt=now):
        raise ConflictError(_GONE, code="offer_gone")
    try:
        place, _ = add_member(
            actor=system_actor("waitlist"), group=group, client=chart,
            starts_on=today_of(group.program, now) + ONE_DAY, now=now,
        )  # fmt: skip
    except DomainError as error:  # what staff would be told about other people is not for the client
        raise ConflictError(_GONE, code="offer_gone") from error
    record(actor, "waitlist.offer_accepted", offer.entry)
    return place


@transaction.atomic
def decline_offer(*, actor: Actor, offer: SeatOffer, stay: bool, now: datetime) -> None:
    """The client says no; with `stay` they wait on, at the end. Raises ConflictError `offer_gone`."""
    _require_self(actor, offer)
    if not _close(offer.pk, "declined", now):
        raise ConflictError(_GONE, code="offer_gone")
    entry = WaitlistEntry.objects.select_for_update(no_key=True).get(pk=offer.entry_id)
    entry.unanswered = 0
    _send_back(entry, now, off="" if stay else "declined")
    record(actor, "waitlist.offer_declined", entry)


def _require_self(actor: Actor, offer: SeatOffer) -> None:
    actor.require(Permission.OWN_PAGES, offer.program_id)
    if offer.client.person_id != actor.person_id:
        raise NotAllowedError
