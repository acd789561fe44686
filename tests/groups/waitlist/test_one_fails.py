"""A group in which something breaks holds up no other; staff see it, and it is over when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser

from groups.models import Group, Membership, Program, SeatOffer
from groups.selectors import today_of
from groups.services.memberships import end_membership
from groups.services.offers import offer_seats
from groups.services.waitlist import add_to_waitlist
from tests.factories import make_client
from tests.groups.waitlist.lines import NOON, frees, open_offers, the_offer
from tests.worlds import World


@pytest.fixture
def two(full: World) -> World:
    """Another program's group is full too, and a place becomes free in each."""
    lakeside = full.actor(full.lakeside_supervisor)
    Group.objects.filter(pk=full.lakeside_group.pk).update(min_size=1, max_size=1)
    group = Group.objects.get(pk=full.lakeside_group.pk)
    add_to_waitlist(actor=lakeside, group=group, client=make_client(full.lakeside), now=NOON)
    frees(full)
    end_membership(
        actor=lakeside, membership=Membership.objects.get(group=group), now=NOON,
        ends_on=today_of(full.lakeside, NOON),
    )  # fmt: skip
    return full


def broken(program: Program) -> None:
    """A zone the machine does not know, as after a restore onto one with other time zone data."""
    Program.objects.filter(pk=program.pk).update(timezone="Nowhere/Gone")


@pytest.mark.parametrize("which", ["program", "lakeside"])
def test_the_other_group_is_offered_its_seat(
    two: World, which: str, caplog: pytest.LogCaptureFixture
) -> None:
    program = getattr(two, which)
    broken(program)
    assert offer_seats(now=NOON) == 1
    assert the_offer().program_id != program.pk
    group = program.groups.get(pk=getattr(two, "group" if which == "program" else "lakeside_group").pk)
    assert group.offers_failing_since == NOON
    assert not Group.objects.exclude(pk=group.pk).exclude(offers_failing_since=None).exists()
    (said,) = [record for record in caplog.records if "waitlist.group_failed" in str(record.msg)]
    assert str(group.pk) in str(said.msg)
    assert said.levelname == "ERROR"


def test_the_first_failure_is_remembered_and_the_next_good_round_forgets_it(two: World) -> None:
    broken(two.program)
    offer_seats(now=NOON)
    offer_seats(now=NOON + timedelta(minutes=1))
    assert Group.objects.get(pk=two.group.pk).offers_failing_since == NOON
    Program.objects.filter(pk=two.program.pk).update(timezone="America/New_York")
    assert offer_seats(now=NOON + timedelta(minutes=2)) == 1
    assert Group.objects.get(pk=two.group.pk).offers_failing_since is None


def test_an_offer_that_ran_out_elsewhere_is_ended_all_the_same(two: World) -> None:
    offer_seats(now=NOON)
    assert len(open_offers()) == 2
    broken(two.lakeside)
    offer = SeatOffer.objects.get(program=two.program)
    offer_seats(now=offer.expires_at)
    offer.refresh_from_db()
    assert offer.status == "expired"


def test_staff_see_it_on_the_page_of_the_group_and_of_the_program(
    full: World, client: Browser, clock: time_machine.Coordinates
) -> None:
    Group.objects.filter(pk=full.group.pk).update(offers_failing_since=NOON)
    client.force_login(full.supervisor)
    page = client.get(f"/manage/groups/{full.group.pk}/").content.decode()
    assert "Free places here could not be offered since" in page
    assert (
        "Free places here are not being offered" in client.get(f"/manage/{full.program.pk}/").content.decode()
    )
    answer = client.get(f"/api/v1/groups/{full.group.pk}").json()
    assert answer["offers_failing_since"] == "2026-04-13T16:00:00Z"
    Group.objects.filter(pk=full.group.pk).update(offers_failing_since=None)
    assert "could not be offered" not in client.get(f"/manage/groups/{full.group.pk}/").content.decode()


@pytest.mark.parametrize(("who", "status"), [("facilitator", 403), ("lakeside_admin", 404)])
def test_who_keeps_no_groups_does_not_see_it(
    full: World, client: Browser, clock: time_machine.Coordinates, who: str, status: int
) -> None:
    client.force_login(getattr(full, who))
    assert client.get(f"/manage/groups/{full.group.pk}/").status_code == status
