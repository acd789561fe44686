"""Answers: a yes is a place, a no goes to the next, silence runs out, and nobody answers for another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groups.models import Membership, SeatOffer, WaitlistEntry
from groups.rules import ONE_DAY
from groups.selectors import today_of
from groups.services.offers import REST, accept_offer, decline_offer, expire_due
from groups.services.waitlist import take_off
from groups.waiting import waitlist_of
from tests.factories import make_client
from tests.groups.waitlist.lines import DAY, NOON, frees, look, the_offer, waits
from tests.worlds import World
from vio.common.errors import ConflictError, NotAllowedError
from vio.common.models import AuditEntry


def test_yes_is_a_place_from_tomorrow_on(full: World) -> None:
    frees(full)
    look(full)
    place = accept_offer(actor=full.actor(full.cleo), offer=the_offer(), now=NOON)
    assert (place.client, place.starts_on, place.ends_on) == (
        full.cleo,
        today_of(full.program, NOON) + ONE_DAY,
        None,
    )
    assert WaitlistEntry.objects.get().status == "placed"
    assert SeatOffer.objects.get().status == "accepted"
    assert AuditEntry.objects.get(action="waitlist.offer_accepted").actor_id == full.cleo.person_id
    assert look(full) == 0


@pytest.mark.parametrize("stay", [True, False])
def test_no_moves_to_the_next(full: World, stay: bool) -> None:
    dana = make_client(full.program, first_name="Dana")
    waits(full, dana, 1)
    frees(full)
    look(full)
    decline_offer(actor=full.actor(full.cleo), offer=the_offer(), stay=stay, now=NOON + timedelta(hours=1))
    look(full, NOON + timedelta(hours=1))
    assert the_offer().client == dana
    names = [w.entry.client for w in waitlist_of(full.group)]
    assert names == ([dana, full.cleo] if stay else [dana])


def test_who_said_no_is_not_asked_again_right_away(full: World) -> None:
    frees(full)
    look(full)
    decline_offer(actor=full.actor(full.cleo), offer=the_offer(), stay=True, now=NOON)
    assert look(full, NOON + REST - timedelta(seconds=1)) == 0
    assert look(full, NOON + REST) == 1


def test_an_offer_runs_out_once_and_the_second_silence_ends_the_wait(full: World) -> None:
    frees(full)
    look(full)
    offer = the_offer()
    assert expire_due(group=full.group, now=offer.expires_at - timedelta(seconds=1)) == 0
    assert [
        expire_due(group=full.group, now=offer.expires_at),
        expire_due(group=full.group, now=offer.expires_at),
    ] == [1, 0]
    with pytest.raises(ConflictError):
        accept_offer(actor=full.actor(full.cleo), offer=offer, now=offer.expires_at)
    assert WaitlistEntry.objects.get().status == "waiting"
    later = offer.expires_at + REST
    assert look(full, later) == 1
    assert expire_due(group=full.group, now=later + DAY) == 1
    entry = WaitlistEntry.objects.get()
    assert (entry.status, entry.ended_because) == ("left", "no_answer")


def test_after_its_time_a_yes_is_too_late_even_before_the_clock_looked(full: World) -> None:
    frees(full)
    look(full)
    offer = the_offer()
    with pytest.raises(ConflictError):
        accept_offer(actor=full.actor(full.cleo), offer=offer, now=offer.expires_at)
    assert not Membership.objects.filter(client=full.cleo, group=full.group).exists()


def test_nobody_answers_for_another(full: World) -> None:
    frees(full)
    look(full)
    for who in (full.ben, full.supervisor, full.dov):
        with pytest.raises(NotAllowedError):
            accept_offer(actor=full.actor(who), offer=the_offer(), now=NOON)
        with pytest.raises(NotAllowedError):
            decline_offer(actor=full.actor(who), offer=the_offer(), stay=False, now=NOON)
    assert the_offer().status == "open"


def test_staff_take_somebody_off_with_their_offer(full: World) -> None:
    frees(full)
    look(full)
    take_off(actor=full.actor(full.supervisor), entry=WaitlistEntry.objects.get(), now=NOON)
    assert SeatOffer.objects.get().status == "withdrawn"
    with pytest.raises(ConflictError):
        take_off(actor=full.actor(full.supervisor), entry=WaitlistEntry.objects.get(), now=NOON)
