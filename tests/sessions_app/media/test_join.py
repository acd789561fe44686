"""`media.join` over the socket: who is granted what, who is refused, and that nothing of it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session as Login
from django.utils import timezone
from pytest_django import Settings

from sessions_app.room.hub import Hub
from sessions_app.room.models import CommandResult, RoomEvent
from tests.sessions_app.room.browser import Browser, kinds
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.sockets import Evening

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
RELAY = "candidate:3 1 udp 41885439 198.51.100.2 49170 typ relay raddr 0.0.0.0 rport 0"
HOST = "candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host"


async def joins(browser: Browser) -> dict[str, object]:
    """The grant this browser gets."""
    frames = await browser.says("media.join")
    assert kinds(frames) == ["media.granted", "ack"]
    assert frames[0]["id"] == frames[1]["id"]
    assert frames[1]["numbers"] == {}
    grant: dict[str, object] = frames[0]["grant"]
    return grant


async def test_everybody_in_the_room_is_granted_what_their_role_may(evening: Evening) -> None:
    host, client = await joins(evening.fay), await joins(evening.ana)
    assert host["may_publish"] == ["mic", "camera", "screen"]
    assert client["may_publish"] == ["mic", "camera"]
    assert (client["kind"], client["most_cameras"], client["relay_only"]) == ("mesh", 4, False)
    assert await evening.ben.hears_nothing()


async def test_a_grant_holds_ten_minutes(evening: Evening) -> None:
    before = timezone.now()
    expires = datetime.fromisoformat(str((await joins(evening.ana))["expires"]))
    assert timedelta(minutes=9, seconds=50) < expires - before <= timedelta(minutes=10, seconds=10)


async def test_nothing_of_it_is_kept(evening: Evening) -> None:
    counts = await sync_to_async(lambda: (RoomEvent.objects.count(), CommandResult.objects.count()))()
    await joins(evening.ana)
    assert await sync_to_async(lambda: (RoomEvent.objects.count(), CommandResult.objects.count()))() == counts


async def test_sharing_allowed_by_staff_is_in_the_next_grant(evening: Evening) -> None:
    await evening.fay.says("share.allow", allowed=True)
    assert (await evening.ana.hears("share.changed"))["allowed"] is True
    assert (await joins(evening.ana))["may_publish"] == ["mic", "camera", "screen"]


async def test_an_observer_may_only_listen(evening: Evening) -> None:
    olga = evening.browser(evening.live.world.supervisor)
    await olga.enters()
    assert (await joins(olga))["may_publish"] == []
    await olga.drops()


async def test_the_lobby_gets_nothing(live: LiveRoom, house: Hub) -> None:
    waiting = Browser(live.session.pk, live.logins[live.world.ana.person_id])
    await waiting.enters()
    assert await waiting.is_refused("media.join") == "not_in_room"
    await waiting.drops()


async def test_who_stepped_out_gets_nothing(evening: Evening) -> None:
    await evening.fay.says("client.to_lobby", person=evening.ana_id)
    await evening.ana.hears_until("snapshot")
    assert await evening.ana.is_refused("media.join") == "not_in_room"


async def test_a_login_that_ended_gets_nothing(evening: Evening) -> None:
    login = evening.live.logins[evening.live.world.ana.person_id]
    await sync_to_async(Login.objects.filter(session_key=login).delete)()
    assert await evening.ana.is_refused("media.join") == "signed_out"


async def test_relays_come_with_credentials_of_that_person(evening: Evening, settings: Settings) -> None:
    settings.TURN_URLS, settings.TURN_SECRET = ["turn:relay.example:3478"], "s3cret"
    settings.MEDIA_RELAY_ONLY = True
    grant = await joins(evening.ana)
    assert grant["relay_only"] is True
    (relay,) = grant["ice"]  # type: ignore[misc]  # a list in the frame
    until, _, person = relay["username"].partition(":")
    assert person == evening.ana_id
    assert int(until) == int(datetime.fromisoformat(str(grant["expires"])).timestamp())


async def test_where_relays_are_the_rule_no_other_address_is_passed_on(
    evening: Evening, settings: Settings
) -> None:
    settings.MEDIA_RELAY_ONLY = True
    bare = {"kind": "candidate", "candidate": HOST, "mid": "0", "line": 0}
    assert await evening.ana.is_refused("signal.send", to=evening.ben_id, payload=bare) == "address_refused"
    assert await evening.ben.hears_nothing()
    await evening.ana.sends("signal.send", to=evening.ben_id, payload={**bare, "candidate": RELAY})
    assert (await evening.ben.hears("signal.received"))["payload"]["candidate"] == RELAY


async def test_what_one_sends_is_told_to_the_others_and_signals_name_their_windows(evening: Evening) -> None:
    has = {"mic": True, "camera": False, "screen": False, "speaking": True, "wants_video": False}
    await evening.ana.sends("media.state", **has, call="window0001")
    for other in (evening.fay, evening.ben):
        seen = await other.hears("media.seen")
        assert (seen["person"], seen["call"], seen["speaking"]) == (evening.ana_id, "window0001", True)
    hello = {"kind": "hello", "call": "window0002", "to_call": "window0001", "has": {**has, "spoke_ago": 12}}
    await evening.ben.sends("signal.send", to=evening.ana_id, payload=hello)
    heard = await evening.ana.hears("signal.received")
    assert (heard["sender"], heard["payload"]["has"]["spoke_ago"]) == (evening.ben_id, 12)
    assert await evening.fay.hears_nothing()


@pytest.mark.parametrize("call", ["", "short", "UPPERCASE1", "with space1", "x" * 17])
async def test_a_window_has_a_plain_name(evening: Evening, call: str) -> None:
    refusal = await evening.ana.is_refused("media.state", mic=True, camera=True, call=call)
    assert refusal == "bad_field"
