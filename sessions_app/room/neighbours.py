"""The other processes: bells to them and from them, and which of our rooms they have people in as well.

Most rooms are in one process, and a bell costs as much as a delivery to all twelve. So a process tells the others when its
first person comes into a room; who has people there too answers, and from then on both ring. Whoever hears nothing of it (Redis
is away, a line broke) finds what happened in the database two seconds later (`upkeep.look_for_missed`) and says again that
they are here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sessions_app.room import services
from vio.common import realtime
from vio.common.ringer import BellRinger

if TYPE_CHECKING:
    from sessions_app.room.hub import Hub, HubRoom


class Neighbours:
    """All that one process says to the others and hears of them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        sender = uuid4().bytes
        self.bells = BellRinger(sender)
        self.listener = realtime.BellListener(
            heard=self._heard, reconnected=self._reconnected, own=sender, every="person"
        )

    async def subscribe(self, room: HubRoom) -> None:
        """Hears from now on what others do in a room."""
        await self.listener.subscribe(services.topic(room.session_id))

    async def unsubscribe(self, room: HubRoom) -> None:
        """Hears it no more."""
        await self.listener.unsubscribe(services.topic(room.session_id))

    async def stop(self) -> None:
        """Rings what waits, and hears nothing more."""
        await self.bells.stop()
        await self.listener.stop()

    def ring(self, session_id: UUID, facts: dict[str, Any]) -> None:
        """Tells what happened in a room to those who have people there."""
        room = self._hub.rooms.get(session_id)
        if room is None or room.shared:
            self.bells.ring(services.topic(session_id), facts)

    def say_here(self, room: HubRoom, *, answering: bool = False) -> None:
        """Tells that we have people in a room, and how far we are. Said after the log was read: what others do from the moment
        they hear it is rung, and what they did just before, the version in their answer tells.
        """
        self._hub.later(self._say_here(room, answering=answering))

    async def _say_here(self, room: HubRoom, *, answering: bool) -> None:
        if room.repairing is not None:  # what we are just reading was not rung, so they must be told of it
            await asyncio.wait([room.repairing])
        facts = {"here": "answer" if answering else "come", "version": room.version}
        self.bells.ring(services.topic(room.session_id), facts)

    def _heard(self, topic: str, facts: dict[str, Any]) -> None:
        kind, _, key = topic.partition(":")
        if kind == "person":
            if self._hub.is_here(key):
                self._hub.revoked.set()
        elif kind == "room" and "here" in facts:
            self._met(UUID(key), facts)
        elif kind == "room" and "passing" in facts:
            self._hub.pass_here(UUID(key), facts["passing"], facts["sender"], facts["to"], facts["side"])
        elif kind == "room":
            self._hub.take_in(UUID(key), facts)

    def _met(self, session_id: UUID, facts: dict[str, Any]) -> None:
        room = self._hub.rooms.get(session_id)
        if room is None:
            return
        room.shared = True
        if not room.ready.is_set() or int(facts["version"]) > room.version:
            self._hub.repair(room)
        if facts["here"] == "come":
            self.say_here(room, answering=True)

    def _reconnected(self) -> None:
        """Whatever rang while we heard nothing was lost, also that somebody came."""
        for room in list(self._hub.rooms.values()):
            self._hub.repair(room)
            self.say_here(room)
        self._hub.revoked.set()
