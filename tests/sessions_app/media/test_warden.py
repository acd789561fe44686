"""Nobody stays at a media server whom the room does not hold: by the room's events, and by looking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from sessions_app.room import commands as c
from sessions_app.room.hub import Hub
from sessions_app.room.media.backend import MediaUnavailableError
from sessions_app.room.media.grants import Grant, Participant, Seat, Source
from sessions_app.room.media.warden import put_out, settle
from sessions_app.room.words import RemovalReason
from tests.sessions_app.room.live import LiveRoom
from tests.sessions_app.room.sockets import Evening

REMOVE = RemovalReason.SAFETY
PATIENCE = 5.0


@dataclass
class MediaServer:
    """A media server at the network's edge: who is in it, and what it was told."""

    inside: list[Participant] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    gone: bool = False
    guarded: bool = True

    def grant(self, seat: Seat, *, now: datetime) -> Grant:
        """Not asked for here."""
        raise NotImplementedError

    def mute(self, session: UUID, person: str, source: Source, *, on: bool = True) -> None:
        self._tell("mute" if on else "let through", person, source)

    def remove(self, session: UUID, person: str) -> None:
        self._tell("remove", person)
        self.inside = [one for one in self.inside if one.person != person]

    def expel(self, session: UUID, participant: Participant) -> None:
        self._tell("expel", participant.peer)
        self.inside = [one for one in self.inside if one.peer != participant.peer]

    def close(self, session: UUID) -> None:
        self._tell("close")
        self.inside = []

    def participants(self, session: UUID) -> list[Participant]:
        if self.gone:
            raise MediaUnavailableError
        return list(self.inside)

    def _tell(self, *what: str) -> None:
        if self.gone:
            raise MediaUnavailableError
        self.told.append(what)


def there(person: object, *, peer: str = "", side: str = "") -> Participant:
    return Participant(peer=peer or str(person), person=str(person), side=side)


async def eventually(holds: Callable[[], bool]) -> None:
    """Waits until what the warden does beside the room is done."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        await asyncio.sleep(0.02)


@pytest.fixture
def room(live: LiveRoom) -> LiveRoom:
    return live.running_with(live.world.ana, live.world.ben)


class TestLooking:
    def test_who_has_a_place_stays_and_everybody_else_goes(self, room: LiveRoom) -> None:
        ana, ben = room.world.ana, room.world.ben
        room.ok(
            room.world.facilitator, c.ClientRemove(id=uuid4(), person=str(ben.person_id), reason_code=REMOVE)
        )
        server = MediaServer([there(ana.person_id), there(ben.person_id), there("", peer="forged")])
        settle(server, room.session.pk, False)
        assert server.told == [
            ("mute", str(ana.person_id), "screen"),
            ("expel", str(ben.person_id)),
            ("expel", "forged"),
        ]
        assert [one.person for one in server.inside] == [str(ana.person_id)]

    def test_whoever_sits_in_another_side_room_goes(self, room: LiveRoom) -> None:
        server = MediaServer([there(room.world.ana.person_id, side="0a1b2c3d")])
        settle(server, room.session.pk, False)
        assert server.inside == []

    def test_after_the_end_nobody_has_a_place(self, room: LiveRoom) -> None:
        room.ok(room.world.facilitator, c.RoomEnd(id=uuid4()))
        server = MediaServer([there(room.world.ana.person_id)])
        settle(server, room.session.pk, False)
        assert server.inside == []

    def test_what_staff_stopped_is_stopped_there_and_let_through_when_lifted(self, room: LiveRoom) -> None:
        ana = str(room.world.ana.person_id)
        server = MediaServer([there(ana)])
        room.ok(room.world.facilitator, c.ClientMute(id=uuid4(), person=ana))
        room.ok(room.world.facilitator, c.ClientCameraOff(id=uuid4(), person=ana))
        settle(server, room.session.pk, False)
        assert server.told == [("mute", ana, "mic"), ("mute", ana, "camera"), ("mute", ana, "screen")]
        room.ok(room.world.ana, c.ClientUnmute(id=uuid4()))
        room.ok(room.world.facilitator, c.ShareAllow(id=uuid4(), allowed=True))
        server.told.clear()
        settle(server, room.session.pk, True)
        assert server.told == [
            ("let through", ana, "mic"),
            ("mute", ana, "camera"),
            ("let through", ana, "screen"),
        ]

    def test_a_server_that_does_not_answer_costs_nothing_else(self, room: LiveRoom) -> None:
        server = MediaServer([there("stranger")], gone=True)
        settle(server, room.session.pk, False)
        put_out(server, room.session.pk, "stranger")
        server.gone = False
        settle(server, room.session.pk, False)
        assert server.inside == []


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
class TestTold:
    async def test_a_removal_reaches_the_server_with_the_event(self, evening: Evening, house: Hub) -> None:
        server = MediaServer([there(evening.ana_id), there(evening.ben_id)])
        house.warden.backend = server
        await evening.fay.says("client.remove", person=evening.ben_id, reason_code="safety")
        await eventually(lambda: ("remove", evening.ben_id) in server.told)
        assert evening.ben_id not in {one.person for one in server.inside}

    async def test_a_mute_and_the_end_do_too(self, evening: Evening, house: Hub) -> None:
        server = MediaServer([there(evening.ana_id)])
        house.warden.backend = server
        await evening.fay.says("everyone.mute")
        await house.warden.look([evening.live.session.pk])
        assert ("mute", evening.ana_id, "mic") in server.told
        await evening.fay.says("room.end")
        await evening.ana.hears_until("room.ended")
        await eventually(lambda: ("close",) in server.told)

    async def test_without_a_server_nothing_is_asked(self, evening: Evening, house: Hub) -> None:
        server = MediaServer([there("stranger")], guarded=False)
        house.warden.backend = server
        await evening.fay.says("everyone.mute")
        await house.warden.look([evening.live.session.pk])
        assert server.told == []
