"""The pages of the client who is asked and of the staff who keep the list."""

from __future__ import annotations

import time_machine
from django.test import Client as Browser

from groups.models import WaitlistEntry
from groups.tasks import offer_seats as offer_seats_task
from groups.waiting import offers_to, waitlist_of
from tests.factories import make_client
from tests.groups.waitlist.lines import NOON, frees, look, the_offer
from tests.worlds import World


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
