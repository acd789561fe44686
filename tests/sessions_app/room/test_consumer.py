"""The room over its socket, with several people: the answer, what each other hears, and that the rest hear nothing."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from sessions_app.room.commands import COMMAND_CLASSES, Command
from sessions_app.room.handlers import HANDLERS
from sessions_app.room.hub import Hub
from sessions_app.room.models import RoomEvent
from tests.sessions_app.room.browser import Browser, kinds
from tests.sessions_app.room.live import LiveRoom, person_of
from tests.sessions_app.room.sockets import REMOVE, Evening, drained, evening

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
__all__ = ["evening"]


class TestHandshake:
    @pytest.mark.parametrize(
        "origin", [None, "null", "http://localhost:8001", "https://localhost:8000", "http://evil.example", ""]
    )
    async def test_any_other_origin_is_turned_away(
        self, live: LiveRoom, house: Hub, origin: str | None
    ) -> None:
        browser = Browser(live.session.pk, live.logins[live.world.facilitator.pk], origin=origin)
        assert not await browser.connects()
        assert house.rooms == {}

    @pytest.mark.parametrize(
        "who", ["other_facilitator", "clinician", "records", "cleo", "dov", "lakeside_clinician"]
    )
    async def test_people_of_elsewhere_are_turned_away_like_strangers(
        self, live: LiveRoom, house: Hub, who: str
    ) -> None:
        assert not await Browser(
            live.session.pk, live.logins[person_of(getattr(live.world, who)).pk]
        ).connects()
        assert not await Browser(uuid4(), live.logins[live.world.facilitator.pk]).connects()
        assert house.rooms == {}

    @pytest.mark.parametrize("login", ["", "nothing", "x" * 300])
    async def test_without_a_login_there_is_no_way_in(self, live: LiveRoom, house: Hub, login: str) -> None:
        assert not await Browser(live.session.pk, login).connects()

    async def test_the_agreement_and_the_second_factor_come_first(self, live: LiveRoom, house: Hub) -> None:
        def prepare() -> None:
            live.world.program.agreements.create(version=2, text="New words.", published_at=live.now)
            live.world.facilitator.authenticator_set.all().delete()

        assert await Browser(live.session.pk, live.logins[live.world.cofacilitator.pk]).connects()
        await sync_to_async(prepare)()
        assert not await Browser(live.session.pk, live.logins[live.world.ana.person_id]).connects()
        assert not await Browser(live.session.pk, live.logins[live.world.facilitator.pk]).connects()

    async def test_a_sixth_socket_replaces_the_first(self, live: LiveRoom, house: Hub) -> None:
        browsers = [Browser(live.session.pk, live.logins[live.world.facilitator.pk]) for _ in range(6)]
        for browser in browsers:
            await browser.enters()
        assert await browsers[0].is_closed_with() == 4409
        assert await browsers[5].hears_nothing()

    async def test_a_restarting_server_takes_nobody_in(self, live: LiveRoom, house: Hub) -> None:
        house.stopping = True
        assert not await Browser(live.session.pk, live.logins[live.world.facilitator.pk]).connects()
        house.stopping = False


class TestDoor:
    async def test_the_first_who_looks_opens_the_waiting_room(self, live: LiveRoom, house: Hub) -> None:
        browser = Browser(live.session.pk, live.logins[live.world.ana.person_id])
        snapshot = await browser.enters()
        assert snapshot["me"]["sees"] == "self"
        assert set(snapshot["room"]["people"]) == {str(live.world.ana.person_id)}
        assert snapshot["room"]["phase"] == "closed"  # the lobby hears its own state and nothing of the room
        assert set(snapshot["numbers"]) == {f"person:{live.world.ana.person_id}"}

    async def test_the_lobby_hears_only_itself(self, evening: Evening) -> None:
        fay, ana = evening.fay, evening.ana
        await fay.says("client.to_lobby", person=evening.ben_id)
        assert kinds(await evening.ben.hears_until("snapshot"))[-2:] == ["you.moved_to_lobby", "snapshot"]
        for command, fields in (
            ("room.start", {}), ("chat.send", {"text": "hi"}), ("room.lock", {}), ("everyone.mute", {}),
        ):  # fmt: skip
            await fay.says(command, **fields)
        await ana.says("hand.raise")
        assert await evening.ben.hears_nothing()
        assert await evening.ben.is_refused("chat.send", text="hello") == "not_in_room"
        assert await evening.ben.is_refused("typing") == "not_in_room"
        await ana.sends("typing")
        await evening.fay.hears_until("typing.seen")
        assert await evening.ben.hears_nothing()
        await evening.ben.says("chat.send", text="no sound", to="staff")
        assert (await fay.hears_until("chat.sent_to_staff"))[-1]["text"] == "no sound"

    async def test_a_peer_sees_short_names_and_staff_see_full_ones(self, evening: Evening) -> None:
        people = evening.ben.snapshot["room"]["people"]
        assert people[evening.ana_id]["name"] == "Ana M."
        assert "Moreno" not in json.dumps(evening.ben.snapshot)
        snapshot = await evening.browser(evening.live.world.cofacilitator).enters()
        assert snapshot["room"]["people"][evening.ana_id]["staff_name"] == "Ana Moreno"
        assert snapshot["me"]["sees"] == "all"

    async def test_removed_is_removed_on_every_device(self, evening: Evening) -> None:
        second = evening.browser(evening.live.world.ana)
        await second.enters()
        await evening.fay.says("client.remove", person=evening.ana_id, **REMOVE)
        assert await evening.ana.is_closed_with() == 4403
        assert await second.is_closed_with() == 4403
        heard = await evening.ben.hears("client.left")
        assert heard["reason"] == "left"
        assert await evening.ben.hears_nothing()
        third = evening.browser(evening.live.world.ana)
        assert await third.connects()
        assert (await third.hears("error"))["code"] == "removed"
        assert await third.is_closed_with() == 4403

    async def test_leaving_closes_every_device_of_ones_own(self, evening: Evening) -> None:
        second = evening.browser(evening.live.world.ana)
        await second.enters()
        await evening.ana.sends("room.leave")
        assert await evening.ana.is_closed_with() == 1000
        assert await second.is_closed_with() == 1000
        assert (await evening.ben.hears("client.left"))["person"] == evening.ana_id

    async def test_an_observer_looks_on(self, evening: Evening) -> None:
        supervisor = evening.browser(evening.live.world.supervisor)
        snapshot = await supervisor.enters()
        assert (snapshot["me"]["role"], snapshot["me"]["sees"]) == ("observer", "room")
        assert (await evening.ana.hears("staff.joined"))["role"] == "observer"
        assert await supervisor.is_refused("chat.send", text="hello") == "not_allowed"
        assert await supervisor.is_refused("room.start") == "not_allowed"
        await evening.fay.says("chat.send", text="between us", to="staff")
        assert await supervisor.hears_nothing()
        await supervisor.drops()


class TestTalk:
    async def test_everybody_in_the_room_hears_the_same_in_the_same_order(self, evening: Evening) -> None:
        frames = await evening.ana.says("chat.send", text="hello")
        own = frames[-2]
        assert own["type"] == "chat.sent"
        assert frames[-1]["numbers"] == {"room": own["number"]}
        assert await evening.ben.hears("chat.sent") == own
        assert await evening.fay.hears_until("chat.sent")
        assert (own["name"], own["text"]) == ("Ana M.", "hello")

    async def test_the_quiet_way_to_the_staff(self, evening: Evening) -> None:
        frames = await evening.ana.says("chat.send", text="psst", to="staff")
        assert kinds(frames) == ["you.wrote_to_staff", "ack"]
        assert (await evening.fay.hears_until("chat.sent_to_staff"))[-1]["text"] == "psst"
        assert await evening.ben.hears_nothing()

    async def test_the_silent_hand(self, evening: Evening) -> None:
        assert kinds(await evening.ana.says("support.request")) == ["you.asked_for_support", "ack"]
        assert (await evening.fay.hears_until("support.requested"))[-1]["person"] == evening.ana_id
        assert await evening.ana.is_refused("support.request") == "already_requested"
        await evening.fay.says("support.answer", person=evening.ana_id)
        await evening.ana.hears("you.were_answered")
        assert await evening.ben.hears_nothing()

    async def test_a_repeat_is_answered_alike_and_heard_once(self, evening: Evening) -> None:
        command = str(uuid4())
        first = await evening.ana.says("chat.send", id=command, text="once")
        again = await evening.ana.says("chat.send", id=command, text="once")
        assert again == [first[-1]]
        await evening.ben.hears("chat.sent")
        assert await evening.ben.hears_nothing()

    async def test_a_burst_from_all_is_numbered_without_gaps_for_all(self, evening: Evening) -> None:
        for _ in range(4):
            for browser in (evening.ana, evening.ben, evening.fay):
                await browser.sends("chat.send", text="at once")
        heard = {}
        for name, browser in (("ana", evening.ana), ("ben", evening.ben), ("fay", evening.fay)):
            frames = [await browser.next() for _ in range(16)]
            heard[name] = [frame["number"] for frame in frames if frame["type"] == "chat.sent"]
        assert heard["ana"] == heard["ben"] == heard["fay"]
        assert heard["ana"] == list(range(heard["ana"][0], heard["ana"][0] + 12))

    async def test_signals_go_to_one_person_with_the_sender_stamped(self, evening: Evening) -> None:
        await evening.ana.sends("signal.send", to=evening.ben_id, payload={"kind": "offer", "sdp": "v=0"})
        heard = await evening.ben.hears("signal.received")
        assert (heard["sender"], heard["payload"]["kind"]) == (evening.ana_id, "offer")
        assert await evening.ana.hears_nothing()
        assert "signal.received" not in kinds(await drained(evening.fay))

    async def test_media_state_and_typing_pass_by(self, evening: Evening) -> None:
        await evening.ana.sends("media.state", mic=True, camera=False)
        assert (await evening.ben.hears("media.seen"))["mic"] is True
        await evening.ben.sends("typing")
        assert (await evening.ana.hears("typing.seen"))["person"] == evening.ben_id

    async def test_what_is_said_is_read_by_those_who_hear_it_and_kept_nowhere(self, evening: Evening) -> None:
        await evening.ana.sends("caption.say", line=3, text="I made it to day nine", final=True)
        said = await evening.ben.hears("caption.seen")
        assert said == {
            "type": "caption.seen", "person": evening.ana_id, "line": 3, "text": "I made it to day nine", "final": True,
        }  # fmt: skip
        assert await evening.ana.hears_nothing()
        kept = RoomEvent.objects.filter(session=evening.live.session).values_list("kind", flat=True)
        assert "caption.seen" not in await sync_to_async(set)(kept)

    async def test_who_waits_at_the_door_is_not_read(self, evening: Evening) -> None:
        await evening.fay.says("client.to_lobby", person=evening.ana_id)
        await evening.ana.hears_until("you.moved_to_lobby")
        assert await evening.ana.is_refused("caption.say", line=0, text="hello", final=True) == "not_in_room"

    async def test_more_words_than_anybody_says_are_too_many(self, evening: Evening) -> None:
        for line in range(12):
            await evening.ana.sends("caption.say", line=line, text="again", final=False)
        assert (
            await evening.ana.is_refused("caption.say", line=12, text="again", final=True) == "rate_limited"
        )


async def test_every_command_has_a_handler_and_a_permission() -> None:
    assert set(HANDLERS) == set(COMMAND_CLASSES)
    assert all(issubclass(kind, Command) for kind in HANDLERS)
    await asyncio.sleep(0)
