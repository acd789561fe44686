"""Whoever is quicker: one offer for a seat, one place for an offer, never a group over its maximum."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from groups.models import Group, Membership
from groups.rules import ONE_DAY
from groups.selectors import band_with, today_of
from groups.services.memberships import add_member
from groups.services.offers import accept_offer, expire_due, offer_seats
from tests.factories import make_client
from tests.groups.waitlist.lines import NOON, look, open_offers, the_offer, waits
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import ConflictError
from vio.common.models import Delivery


@pytest.fixture
def busy(transactional_db: None) -> World:
    """Group A has one free seat; three wait."""
    world = build_world()
    Group.objects.filter(pk=world.group.pk).update(max_size=3)
    for minutes in range(3):
        waits(world, make_client(world.program), minutes)
    return world


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Runs every act in its own thread, all at the same moment; an error is an answer too."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            with scope.every_program():
                barrier.wait()
                return act()
        except ConflictError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def size(world: World) -> int:
    group = Group.objects.get(pk=world.group.pk)
    return band_with(group, today_of(world.program, NOON) + ONE_DAY, None).size - 1


def test_many_workers_make_one_offer_per_free_seat(busy: World) -> None:
    made = at_once(*[lambda: offer_seats(now=NOON)] * 4)
    assert sum(int(str(n)) for n in made) == 1
    assert len(open_offers()) == Delivery.objects.count() == 1


def test_two_taps_are_one_place(busy: World) -> None:
    look(busy)
    offer = the_offer()
    answers = at_once(*[lambda: accept_offer(actor=busy.actor(offer.client), offer=offer, now=NOON).pk] * 3)
    assert answers.count("offer_gone") == 2
    assert size(busy) == 3


def test_a_yes_and_the_clock_at_the_same_moment(busy: World) -> None:
    look(busy)
    offer = the_offer()
    last = offer.expires_at - timedelta(microseconds=1)
    said, expired = at_once(
        lambda: accept_offer(actor=busy.actor(offer.client), offer=offer, now=last).pk,
        lambda: expire_due(group=busy.group, now=offer.expires_at),
    )
    assert (said == "offer_gone") is (expired == 1)
    assert size(busy) == (2 if expired else 3)


def test_a_yes_and_staff_who_place_somebody_at_the_same_moment(busy: World) -> None:
    look(busy)
    offer = the_offer()
    other = make_client(busy.program)
    tomorrow = today_of(busy.program, NOON) + ONE_DAY
    answers = at_once(
        lambda: accept_offer(actor=busy.actor(offer.client), offer=offer, now=NOON).pk,
        lambda: add_member(
            actor=busy.actor(busy.supervisor), group=busy.group, client=other, starts_on=tomorrow, now=NOON
        ),
    )
    assert answers[1] in {"seat_offered", "group_full"}
    assert size(busy) == 3
    assert Membership.objects.filter(client=offer.client, group=busy.group).exists()
