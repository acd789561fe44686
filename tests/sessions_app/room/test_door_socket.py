"""The room's socket and the door: who has not said where they are is told so, and who drops is not asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async

from groups.models import Client
from sessions_app.models import DoorConfirmation, PresenceEvidence
from sessions_app.room.hub import Hub
from tests.factories import WHEREABOUTS, at_the_door, make_client
from tests.sessions_app.room.browser import Browser
from tests.sessions_app.room.live import LiveRoom, person_of
from vio.common.models import AuditEntry

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def newcomer(live: LiveRoom) -> Client:
    """A client of the group who has not been at the door."""
    client = make_client(live.world.program, live.world.group, first_name="Noa", last_name="Lind")
    live.login(client)
    return client


def browser_of(live: LiveRoom, who: object) -> Browser:
    return Browser(live.session.pk, live.logins[person_of(who).pk])  # type: ignore[arg-type]  # a person or a client


async def test_a_client_who_has_not_confirmed_is_told_so_and_comes_no_further(
    live: LiveRoom, house: Hub, newcomer: Client
) -> None:
    browser = browser_of(live, newcomer)
    assert await browser.connects()
    error = await browser.hears("error")
    assert (error["id"], error["code"]) == (None, "door_needed")
    assert await browser.is_closed_with() == 4428
    assert house.rooms == {}
    assert not await sync_to_async(PresenceEvidence.objects.exists)()


async def test_a_stranger_is_still_told_nothing(live: LiveRoom, house: Hub) -> None:
    assert not await browser_of(live, live.world.cleo).connects()


async def test_a_client_who_drops_is_not_asked_again(live: LiveRoom, house: Hub, newcomer: Client) -> None:
    await sync_to_async(at_the_door)(live.session, newcomer, at=live.now)
    for _ in range(2):
        browser = browser_of(live, newcomer)
        await browser.enters()
        await browser.drops()
    assert await sync_to_async(DoorConfirmation.objects.filter(client=newcomer).count)() == 1


async def test_staff_are_warned_admit_knowingly_and_it_is_recorded(
    live: LiveRoom, house: Hub, newcomer: Client
) -> None:
    away = replace(WHEREABOUTS, state="NJ")
    await sync_to_async(at_the_door)(live.session, newcomer, where=away, at=live.now)
    fay, noa, ana = (browser_of(live, who) for who in (live.world.facilitator, newcomer, live.world.ana))
    await fay.enters()
    await noa.enters()
    waiting = await fay.hears("client.waiting")
    assert (waiting["door"]["state"], waiting["door"]["licensed"]) == ("NJ", False)
    assert "Elm" not in str(waiting)
    person = str(newcomer.person_id)
    assert await fay.is_refused("client.admit", person=person) == "nobody_licensed"
    await fay.says("client.admit", person=person, knowingly=True)
    await noa.hears("you.admitted")
    entry = await sync_to_async(AuditEntry.objects.get)(action="client.admitted", client_id=newcomer.pk)
    assert entry.details == {"person": person, "nobody_licensed_in": "NJ"}

    # a peer who comes in learns who is here and nothing of where they are
    await ana.enters()
    await fay.hears("client.waiting")
    await fay.says("client.admit", person=str(live.world.ana.person_id))
    seen = (await ana.hears_until("snapshot"))[-1]["room"]["people"][person]
    assert (seen["door"], seen["held"], seen["staff_name"]) == (None, False, "")
    ordinary = await sync_to_async(AuditEntry.objects.get)(
        action="client.admitted", client_id=live.world.ana.pk
    )
    assert set(ordinary.details) == {"person"}
    for browser in (fay, noa, ana):
        await browser.drops()
