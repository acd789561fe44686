"""The waitlist: first come, first served; one offer per free seat; answered once; never over capacity, whoever is quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.test import Client as Browser

from groups.models import Client, Enrolment, Group, Membership, SeatOffer, WaitlistEntry
from groups.rules import ONE_DAY
from groups.selectors import band_with, today_of
from groups.services.apart import keep_apart
from groups.services.memberships import add_member, end_membership, save_group, take_visit
from groups.services.offers import REST, accept_offer, decline_offer, expire_due, fill_group, offer_seats
from groups.services.waitlist import add_to_waitlist, move_ahead, take_off
from groups.tasks import offer_seats as offer_seats_task
from groups.waiting import offers_to, waitlist_of
from tests.factories import make_client
from tests.worlds import World, build_world
from vio.common import outbox, scope
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry, Delivery

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)  # 12:00 in New York
DAY = timedelta(days=1)


def waits(world: World, client: Client, minutes: int = 0) -> WaitlistEntry:
    """Put on the list of group A that long after noon."""
    at = NOON + timedelta(minutes=minutes)
    return add_to_waitlist(actor=world.actor(world.supervisor), group=world.group, client=client, now=at)


@pytest.fixture
def full(world: World) -> World:
    """Group A holds Ana and Ben and no more; Cleo waits for a place."""
    Group.objects.filter(pk=world.group.pk).update(max_size=2)
    world.group.refresh_from_db()
    waits(world, world.cleo)
    return world


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


# --- the list ------------------------------------------------------------------------------------------------------


def test_first_come_first_served_and_a_move_ahead_is_reasoned(full: World) -> None:
    dana, eve = make_client(full.program, first_name="Dana"), make_client(full.program, first_name="Eve")
    waits(full, dana, 1)
    last = waits(full, eve, 2)
    assert [w.entry.client for w in waitlist_of(full.group)] == [full.cleo, dana, eve]
    with pytest.raises(BadInputError):
        move_ahead(actor=full.actor(full.supervisor), entry=last, reason="  ", now=NOON)
    move_ahead(actor=full.actor(full.supervisor), entry=last, reason="Steps down on Friday.", now=NOON)
    found = waitlist_of(full.group)
    assert [(w.number, w.entry.client) for w in found] == [(1, eve), (2, full.cleo), (3, dana)]
    assert (found[0].entry.move_reason, found[0].entry.moved_by) == ("Steps down on Friday.", full.supervisor)
    assert AuditEntry.objects.filter(action="waitlist.moved_ahead", client_id=eve.pk).count() == 1


def test_only_who_manages_groups_keeps_the_list(full: World) -> None:
    entry = WaitlistEntry.objects.get()
    for who in (full.facilitator, full.clinician, full.cleo, full.lakeside_admin):
        actor = full.actor(who)
        with pytest.raises(NotAllowedError):
            add_to_waitlist(actor=actor, group=full.group, client=full.cleo, now=NOON)
        with pytest.raises(NotAllowedError):
            move_ahead(actor=actor, entry=entry, reason="Mine.", now=NOON)
        with pytest.raises(NotAllowedError):
            take_off(actor=actor, entry=entry, now=NOON)
    assert list(WaitlistEntry.objects.values_list("status", flat=True)) == ["waiting"]


def test_who_cannot_wait(full: World) -> None:
    ended = make_client(full.program, enrolled=False)
    for client, kind in (
        (full.dov, BadInputError),
        (ended, BadInputError),
        (full.ana, ConflictError),
        (full.cleo, ConflictError),
    ):
        with pytest.raises(kind):
            waits(full, client)
    assert WaitlistEntry.objects.count() == 1


# --- offers ---------------------------------------------------------------------------------------------------------


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


# --- answers --------------------------------------------------------------------------------------------------------


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
    assert expire_due(now=offer.expires_at - timedelta(seconds=1)) == 0
    assert [expire_due(now=offer.expires_at), expire_due(now=offer.expires_at)] == [1, 0]
    with pytest.raises(ConflictError):
        accept_offer(actor=full.actor(full.cleo), offer=offer, now=offer.expires_at)
    assert WaitlistEntry.objects.get().status == "waiting"
    later = offer.expires_at + REST
    assert look(full, later) == 1
    assert expire_due(now=later + DAY) == 1
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


# --- a held seat ------------------------------------------------------------------------------------------------------


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


# --- races ------------------------------------------------------------------------------------------------------------


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
        lambda: expire_due(now=offer.expires_at),
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


# --- pages --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def test_the_client_finds_the_offer_and_takes_it_with_one_tap(
    full: World, client: Browser, clock: time_machine.Coordinates
) -> None:
    frees(full)
    assert offer_seats_task() == 1
    offer = the_offer()
    client.force_login(full.cleo.person)
    assert "A place in a group is free for you" in client.get("/").content.decode()
    assert "Yes, I take it" in client.get("/offers/").content.decode()
    assert client.post(f"/offers/{offer.pk}/", {"answer": "maybe"}).status_code == 422
    page = client.post(f"/offers/{offer.pk}/", {"answer": "yes"}, follow=True).content.decode()
    assert "You have a place in Evening A. It begins tomorrow." in page
    page = client.post(f"/offers/{offer.pk}/", {"answer": "no"}, follow=True).content.decode()
    assert "This place is not open any more." in page
    assert offers_to(full.cleo, now=NOON) == []


def test_another_clients_offer_does_not_exist(
    full: World, client: Browser, clock: time_machine.Coordinates
) -> None:
    frees(full)
    look(full)
    for person, status in ((full.ben.person, 404), (full.dov.person, 404), (full.supervisor, 403)):
        client.force_login(person)
        assert client.post(f"/offers/{the_offer().pk}/", {"answer": "yes"}).status_code == status
    assert the_offer().status == "open"


def test_staff_see_the_order_and_who_was_asked_when(
    full: World, client: Browser, clock: time_machine.Coordinates
) -> None:
    dana = make_client(full.program, first_name="Dana", last_name="Ruiz")
    frees(full)
    look(full)
    client.force_login(full.supervisor)
    group = f"/manage/groups/{full.group.pk}/"
    assert client.post(f"{group}waitlist/add/", {"client": str(dana.pk)}).status_code == 302
    assert client.post(f"{group}waitlist/add/", {"client": str(dana.pk)}).status_code == 409
    entry = WaitlistEntry.objects.get(client=dana)
    assert client.post(f"/manage/waitlist/{entry.pk}/move/", {"reason": "Childcare ends."}).status_code == 302
    page = client.get(group).content.decode()
    assert page.index("1. Dana Ruiz") < page.index("2. Cleo Park")
    assert "Childcare ends." in page
    assert "offered</span>" in page
    assert client.post(f"/manage/waitlist/{entry.pk}/off/", {}).status_code == 302
    assert [w.entry.client for w in waitlist_of(full.group)] == [full.cleo]
