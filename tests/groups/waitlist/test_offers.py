"""Offers: made for a free seat, in order, never at night, taken back when they cannot stand; the seat is held."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from groups.models import Enrolment, Group, SeatOffer, WaitlistEntry
from groups.rules import ONE_DAY
from groups.selectors import today_of
from groups.services.apart import keep_apart
from groups.services.memberships import add_member, save_group, take_visit
from groups.services.offers import accept_offer
from tests.factories import make_client
from tests.groups.waitlist.lines import DAY, NOON, frees, look, open_offers, the_offer, waits
from tests.worlds import World
from vio.common import outbox
from vio.common.errors import ConflictError
from vio.common.models import Delivery


def test_no_offer_without_a_free_seat_and_one_when_a_place_ends(full: World) -> None:
    assert look(full) == 0
    frees(full)
    assert look(full) == 1
    assert look(full) == 0
    offer = the_offer()
    assert (offer.client, offer.seat, offer.expires_at) == (full.cleo, 1, NOON + DAY)


def test_a_higher_maximum_frees_seats_and_a_lower_one_takes_offers_back(full: World) -> None:
    waits(full, make_client(full.program), 1)
    for maximum, made, still_open in ((4, 2, 2), (3, 0, 1), (4, 1, 2)):
        save_group(
            actor=full.actor(full.supervisor), program=full.program, values={"max_size": maximum}, now=NOON, group=full.group
        )  # fmt: skip
        assert (look(full), len(open_offers())) == (made, still_open)
    assert {offer.seat for offer in open_offers()} == {1, 2}


def test_the_message_is_neutral_and_leads_to_the_offer(full: World) -> None:
    frees(full)
    look(full)
    outbox.send_due(now=NOON)
    whole = mail.outbox[0].message().as_string().lower()
    for word in ("offer", "seat", "waitlist", "place", "evening", "harbor", "cleo", "treatment"):
        assert word not in whole.replace("replace", ""), word
    assert Delivery.objects.get().path == "/offers/"


def test_nobody_is_asked_or_run_out_at_night(full: World) -> None:
    frees(full)
    night = NOON + timedelta(hours=9)  # 21:00 in New York
    assert look(full, night) == 0
    full.program.offer_hours = 10
    full.program.save()
    assert look(full, NOON + timedelta(hours=3)) == 1
    assert the_offer().expires_at == NOON + timedelta(hours=22)  # 10:00, not 01:00


def test_who_is_kept_apart_from_somebody_there_or_not_enrolled_is_passed_over(full: World) -> None:
    dana = make_client(full.program, first_name="Dana")
    eve = make_client(full.program, first_name="Eve")
    waits(full, dana, 1)
    waits(full, eve, 2)
    keep_apart(
        actor=full.actor(full.supervisor), program=full.program, pair=(full.ben, full.cleo), reason="x", now=NOON
    )  # fmt: skip
    Enrolment.objects.filter(client=dana).update(ends_on=today_of(full.program, NOON))
    frees(full)
    assert look(full) == 1
    assert the_offer().client == eve


def test_two_who_are_kept_apart_are_not_asked_at_the_same_time(full: World) -> None:
    dana = make_client(full.program, first_name="Dana")
    waits(full, dana, 1)
    pair = (dana, full.cleo)
    keep_apart(actor=full.actor(full.supervisor), program=full.program, pair=pair, reason="x", now=NOON)
    Group.objects.filter(pk=full.group.pk).update(max_size=4)
    assert look(full) == 1
    assert the_offer().client == full.cleo


def test_an_offer_that_cannot_stand_any_more_is_taken_back_and_the_next_is_asked(full: World) -> None:
    dana = make_client(full.program, first_name="Dana")
    waits(full, dana, 1)
    frees(full)
    look(full)
    keep_apart(
        actor=full.actor(full.supervisor), program=full.program, pair=(full.ben, full.cleo), reason="x", now=NOON
    )  # fmt: skip
    with pytest.raises(ConflictError) as caught:
        accept_offer(actor=full.actor(full.cleo), offer=the_offer(), now=NOON)
    assert (caught.value.code, caught.value.message) == ("offer_gone", "This place is not open any more.")
    assert look(full) == 1
    assert the_offer().client == dana


def test_a_seat_that_is_offered_is_given_to_nobody_else(full: World) -> None:
    dana = make_client(full.program, first_name="Dana")
    frees(full)
    look(full)
    tomorrow = today_of(full.program, NOON) + ONE_DAY
    with pytest.raises(ConflictError) as caught:
        add_member(
            actor=full.actor(full.supervisor), group=full.group, client=dana, starts_on=tomorrow, now=NOON
        )
    assert caught.value.code == "seat_offered"
    with pytest.raises(ConflictError):
        take_visit(actor=full.actor(dana), group=full.group, client=dana, on=tomorrow, now=NOON)
    add_member(
        actor=full.actor(full.supervisor), group=full.group, client=full.cleo, starts_on=tomorrow, now=NOON
    )
    assert (WaitlistEntry.objects.get().status, SeatOffer.objects.get().status) == ("placed", "withdrawn")


def test_the_tables_hold_one_offer_per_seat_and_per_person(full: World) -> None:
    frees(full)
    look(full)
    offer = the_offer()
    other = waits(full, make_client(full.program), 1)
    for entry, seat in ((other, 1), (offer.entry, 2)):
        with pytest.raises(IntegrityError), transaction.atomic():
            SeatOffer.objects.create(
                program=full.program, group=full.group, entry=entry, client=entry.client, seat=seat, offered_at=NOON,
                expires_at=NOON + DAY,
            )  # fmt: skip
