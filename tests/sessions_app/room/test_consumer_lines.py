"""The socket as a line: bad frames, heartbeats, drops, coming back where one was, and every way it ends."""

from __future__ import annotations

from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session as Login

from sessions_app.room import upkeep
from sessions_app.room.handlers import HANDLERS
from sessions_app.room.hub import Hub
from sessions_app.room.models import PresenceEvidence
from tests.sessions_app.room.browser import kinds
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.sockets import Evening, begin, drained, evening

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
__all__ = ["evening"]


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
        codes: dict[str, str] = {}
        sent = [await evening.ana.sends("chat.send", text="spam") for _ in range(8)]
        while len(codes) < 8:
            frame = await evening.ana.next()
            if frame["type"] in {"ack", "error"}:
                codes[frame["id"]] = frame.get("code", "ok")
        assert [codes[one] for one in sent] == ["ok"] * 5 + ["rate_limited"] * 3
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

    async def test_a_refused_proof_is_not_tried_for_ever_and_its_neighbours_are_written(
        self, evening: Evening, house: Hub
    ) -> None:
        await evening.ana.sends("ping", heads={})
        await evening.ana.hears("pong")
        fine = house.presence.take()
        house.presence.put_back([*fine, fine[0]._replace(connection=uuid4(), session_id=uuid4())])
        await upkeep.write_presence(house)
        assert house.presence.take() == []
        proofs = PresenceEvidence.objects.filter(kind="seen").values_list("connection", flat=True)
        assert await sync_to_async(set)(proofs) == {proof.connection for proof in fine}

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

    @pytest.mark.parametrize("when", ["at once", "later"])
    async def test_an_unexpected_error_costs_neither_the_socket_nor_the_room(
        self, when: str, evening: Evening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fails_later(*args: object) -> None:
            raise RuntimeError("a defect")

        def fails_at_once(*args: object) -> None:
            raise RuntimeError("a defect")

        fails = fails_later if when == "later" else fails_at_once

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
