"""The room over its socket, with several people: the answer, what each other hears, and that the rest hear nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session as Login

from groups.models import Client, Person
from sessions_app.room import upkeep
from sessions_app.room.commands import COMMAND_CLASSES, Command
from sessions_app.room.handlers import HANDLERS
from sessions_app.room.hub import Hub
from sessions_app.room.models import PresenceEvidence
from tests.sessions_app.room.browser import Browser, kinds
from tests.sessions_app.room.live import LiveRoom, person_of

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
REMOVE = {"reason_code": "safety"}


@dataclass
class Evening:
    """Fay hosts, Ana and Ben are in, all with a browser."""

    live: LiveRoom
    fay: Browser
    ana: Browser
    ben: Browser

    def id(self, who: Person | Client) -> str:
        return str(person_of(who).pk)

    @property
    def ana_id(self) -> str:
        return self.id(self.live.world.ana)

    @property
    def ben_id(self) -> str:
        return self.id(self.live.world.ben)

    def browser(self, who: Person | Client, **options: Any) -> Browser:
        return Browser(self.live.session.pk, self.live.logins[person_of(who).pk], **options)


async def begin(live: LiveRoom) -> Evening:
    """The facilitator opens nothing: the time has come, and the first who looks opens the waiting room."""
    world = live.world
    evening = Evening(
        live,
        *(
            Browser(live.session.pk, live.logins[person_of(w).pk])
            for w in (world.facilitator, world.ana, world.ben)
        ),
    )
    await evening.fay.enters()
    for browser, who in ((evening.ana, world.ana), (evening.ben, world.ben)):
        await browser.enters()
        await evening.fay.hears("client.waiting")
        await evening.fay.says("client.admit", person=evening.id(who))
        await browser.hears("you.admitted")
        browser.snapshot = await browser.hears("snapshot")
    await evening.ana.hears("client.admitted")
    return evening


@pytest_asyncio.fixture
async def evening(live: LiveRoom, house: Hub) -> AsyncIterator[Evening]:
    made = await begin(live)
    yield made
    for browser in (made.fay, made.ana, made.ben):
        await browser.drops()


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


async def drained(browser: Browser) -> list[dict[str, Any]]:
    frames = []
    while not await browser.hears_nothing():
        frames.append(await browser.next())
    return frames


class TestFrames:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("{", "bad_json"),
            ("[" * 20_000, "too_deep"),
            ('{"type":"nonsense","id":"%s"}', "unknown_type"),
            ('{"type":"websocket.disconnect","id":"%s"}', "unknown_type"),
            ('{"type":"chat.send","id":"%s","text":"a","text":"b"}', "duplicate_key"),
            ('{"type":"chat.send","id":"%s","text":"\\ud800"}', "bad_text"),
            ('{"type":"chat.send","id":"%s","text":1e999}', "bad_number"),
            ('{"type":"chat.send","id":"%s","text":"' + "a" * 40_000 + '"}', "frame_too_large"),
        ],
    )
    async def test_a_bad_frame_is_refused_and_the_socket_stays(
        self, evening: Evening, text: str, code: str
    ) -> None:
        command = str(uuid4())
        await evening.ana.socket.send_to(text_data=text.replace("%s", command))
        error = await evening.ana.hears("error")
        assert error["code"] == code
        assert error["id"] == (command if "%s" in text else None)
        assert kinds(await evening.ana.says("hand.raise")) == ["hand.raised", "ack"]

    async def test_binary_is_refused(self, evening: Evening) -> None:
        await evening.ana.socket.send_to(bytes_data=b"\x00\x01")
        assert (await evening.ana.hears("error"))["code"] == "not_text"

    async def test_the_tenth_bad_frame_closes(self, evening: Evening) -> None:
        for _ in range(10):
            await evening.ana.socket.send_to(text_data="{")
        assert await evening.ana.is_closed_with() == 1008
        assert (await evening.ben.hears("connection.lost"))["person"] == evening.ana_id

    async def test_chat_is_limited_and_other_people_are_not_hurt(self, evening: Evening) -> None:
        codes = []
        for _ in range(8):
            await evening.ana.sends("chat.send", text="spam")
        while len(codes) < 8:
            frame = await evening.ana.next()
            if frame["type"] in {"ack", "error"}:
                codes.append(frame.get("code", "ok"))
        assert codes == ["ok"] * 5 + ["rate_limited"] * 3
        assert kinds(await evening.ben.says("hand.raise"))[-1] == "ack"


class TestHeartbeat:
    async def test_the_answer_carries_head_numbers_and_the_proof_is_written(
        self, evening: Evening, house: Hub
    ) -> None:
        await evening.ana.sends("ping", heads={})
        pong = await evening.ana.hears("pong")
        room = house.rooms[evening.live.session.pk]
        assert pong["heads"]["room"] == room.heads["room"]
        assert set(pong["heads"]) == {"room", f"person:{evening.ana_id}"}
        await upkeep.write_presence(house)
        proofs = PresenceEvidence.objects.filter(client=evening.live.world.ana, kind="seen")
        assert await sync_to_async(proofs.count)() == 1

    async def test_silence_ends_a_connection_at_its_last_proof_of_life(
        self, evening: Evening, house: Hub
    ) -> None:
        await evening.ana.sends("ping", heads={})
        await evening.ana.hears("pong")
        link = next(link for link in house.links() if link.person == evening.ana_id)
        link.alive -= 31
        await upkeep.close_silent(house)
        assert await evening.ana.is_closed_with() == 1001
        assert (await evening.ben.hears("connection.lost"))["person"] == evening.ana_id
        closed = await sync_to_async(PresenceEvidence.objects.get)(
            client=evening.live.world.ana, kind="closed"
        )
        assert (closed.at, closed.cause) == (link.last_seen, "dropped")

    async def test_a_close_frame_is_the_browsers_own_act_and_a_broken_line_is_not(
        self, evening: Evening
    ) -> None:
        await evening.ana.socket.disconnect(code=1001)
        await evening.ben.hears("connection.lost")
        await evening.ben.socket.disconnect(code=1006)
        await evening.fay.hears_until("connection.lost")
        await evening.fay.hears_until("connection.lost")
        found = await sync_to_async(
            lambda: {row.client_id: row.cause for row in PresenceEvidence.objects.filter(kind="closed")}
        )()
        assert found == {evening.live.world.ana.pk: "left", evening.live.world.ben.pk: "dropped"}

    async def test_a_connection_taken_for_dead_counts_again(self, evening: Evening, house: Hub) -> None:
        link = next(link for link in house.links() if link.person == evening.ana_id)
        swept = link.id
        await sync_to_async(evening.live.departs)(evening.live.world.ana, link.id, "swept")
        await upkeep.look_for_missed(house)
        await evening.ben.hears("connection.lost")
        await evening.ben.hears("connection.returned")
        assert link.id != swept
        row = await sync_to_async(lambda: evening.live.row)()
        assert str(link.id) in row.state["connections"]


class TestComingBack:
    async def test_missed_events_come_once_and_in_order(self, evening: Evening) -> None:
        numbers = evening.ana.snapshot["numbers"]
        await drained(evening.ana)
        await evening.ana.goes()
        await evening.ben.hears("connection.lost")
        for text in ("one", "two"):
            await evening.fay.says("chat.send", text=text)
        back = evening.browser(
            evening.live.world.ana, query=f"?room={numbers['room']}&me={numbers[f'person:{evening.ana_id}']}"
        )
        assert await back.connects()
        frames = await back.hears_until("resumed")
        assert kinds(frames) == [
            "client.admitted", "connection.lost", "chat.sent", "chat.sent", "connection.returned", "resumed",
        ]  # fmt: skip
        assert [f["number"] for f in frames[:-1]] == list(range(numbers["room"] + 1, numbers["room"] + 6))
        await evening.fay.says("chat.send", text="three")
        assert (await back.hears("chat.sent"))["text"] == "three"
        assert await back.hears_nothing()
        await back.drops()

    @pytest.mark.parametrize(
        "query", ["?room=999999&me=0", "?room=1", "?room=1&me=1&staff=1", "?room=x&me=1"]
    )
    async def test_numbers_that_do_not_fit_get_a_snapshot(self, evening: Evening, query: str) -> None:
        back = evening.browser(evening.live.world.ben, query=query)
        assert await back.connects()
        await back.hears("snapshot")
        await back.drops()

    async def test_a_live_browser_that_is_behind_asks(self, evening: Evening) -> None:
        await evening.fay.says("chat.send", text="hello")
        await evening.ben.hears("chat.sent")
        numbers = {"room": evening.ben.snapshot["numbers"]["room"], f"person:{evening.ben_id}": 2}
        await evening.ben.sends("room.resume", numbers=numbers)
        assert kinds(await evening.ben.hears_until("resumed")) == ["chat.sent", "resumed"]

    async def test_chat_so_far_is_in_the_snapshot(self, evening: Evening) -> None:
        await evening.ana.says("chat.send", text="hello")
        await evening.ana.says("chat.send", text="quiet", to="staff")
        second = evening.browser(evening.live.world.ana)
        assert [line["text"] for line in (await second.enters())["chat"]] == ["hello", "quiet"]
        third = evening.browser(evening.live.world.ben)
        assert [line["text"] for line in (await third.enters())["chat"]] == ["hello"]
        await second.drops()
        await third.drops()


class TestEnds:
    async def test_a_drop_is_told_and_a_cancelled_connection_is_cleaned_up(
        self, evening: Evening, house: Hub
    ) -> None:
        await evening.ana.drops()
        assert (await evening.ben.hears("connection.lost"))["person"] == evening.ana_id
        assert evening.ana_id not in {link.person for link in house.links()}
        row = await sync_to_async(lambda: evening.live.row)()
        assert evening.ana_id not in row.state["connections"].values()

    async def test_the_stop_of_the_server_closes_with_1012_and_writes_the_evidence(
        self, live: LiveRoom, house: Hub
    ) -> None:
        evening = await begin(live)
        await evening.ana.sends("ping", heads={})
        await evening.ana.hears("pong")
        await upkeep.stop(house)
        for browser in (evening.ana, evening.ben, evening.fay):
            assert await browser.is_closed_with() == 1012
        rows = await sync_to_async(lambda: live.evidence(live.world.ana))()
        assert rows[-1] == ("closed", "server")
        assert ("seen", "") in rows

    async def test_the_end_of_the_session(self, evening: Evening) -> None:
        await evening.fay.says("room.start")
        await evening.fay.says("room.end")
        assert kinds(await evening.ana.hears_until("room.ended")) == ["room.started", "room.ended"]
        assert await evening.ana.is_refused("chat.send", text="still here") == "room_ended"
        late = evening.browser(evening.live.world.ben)
        snapshot = await late.enters()
        assert (snapshot["room"]["phase"], snapshot["me"]["sees"]) == ("ended", "room")
        await late.drops()

    async def test_withdrawn_rights_close_the_socket(self, evening: Evening, house: Hub) -> None:
        def withdraw() -> None:
            Login.objects.filter(session_key=evening.live.logins[evening.live.world.ana.person_id]).delete()
            evening.live.world.ben.memberships.all().delete()
            evening.live.world.facilitator.group_staff.update(role="observer")

        await sync_to_async(withdraw)()
        assert await evening.ana.is_refused("chat.send", text="hello") == "signed_out"
        await upkeep.recheck(house)
        assert await evening.ana.is_closed_with() == 4401
        assert await evening.ben.is_closed_with() == 4403
        assert await evening.fay.is_closed_with() == 1012

    async def test_an_unexpected_error_costs_neither_the_socket_nor_the_room(
        self, evening: Evening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fails(*args: object) -> None:
            raise RuntimeError("a defect")

        broken = {
            **HANDLERS,
            **{
                kind: type(HANDLERS[kind])(HANDLERS[kind].needed_permission, fails)
                for kind in HANDLERS
                if kind.__name__ == "HandRaise"
            },
        }
        monkeypatch.setattr("sessions_app.room.consumer.HANDLERS", broken)
        assert await evening.ana.is_refused("hand.raise") == "internal_error"
        assert kinds(await evening.ana.says("chat.send", text="still here"))[-1] == "ack"


async def test_every_command_has_a_handler_and_a_permission() -> None:
    assert set(HANDLERS) == set(COMMAND_CLASSES)
    assert all(issubclass(kind, Command) for kind in HANDLERS)
    await asyncio.sleep(0)
