"""Tonight's session of group A and everybody's window: what the tests of a live evening begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Client, EmergencyContact, Person
from sessions_app.models import Session, SessionBreak
from tests.browser.visitors import Device, Visitor, Visitors
from tests.factories import at_the_door, make_client, make_session
from tests.worlds import World

Answer = TypeVar("Answer")
PEERS = [
    ("Cara", "Dunn"),
    ("Eli", "Frost"),
    ("Gail", "Hsu"),
    ("Ivan", "Jones"),
    ("Kim", "Lane"),
    ("Mo", "Nash"),
]


@dataclass
class Evening:
    """Tonight's session of group A, begun five minutes ago by the timetable, and everybody's window."""

    world: World
    session: Session
    visitors: Visitors

    @property
    def room(self) -> str:
        return f"/sessions/{self.session.pk}/room/"

    async def opens(self, who: Person | Client, device: Device = "phone") -> Visitor:
        """This person goes to the room; a client has said where they are tonight."""
        if isinstance(who, Client):
            await sync_to_async(at_the_door)(self.session, who)
        visitor = await self.visitors.page_for(who, device)
        await visitor.goes(self.room)
        return visitor

    async def admits(self, console: Visitor, client: Client) -> None:
        """The facilitator lets one client in."""
        await console.presses(f"Admit {client.person.full_name}")

    async def begun(self, *clients: Client) -> tuple[Visitor, list[Visitor]]:
        """Facilitator and clients in the room, the group started."""
        console = await self.opens(self.world.facilitator, "desktop")
        phones = []
        for client in clients:
            phones.append(await self.opens(client))
            await self.admits(console, client)
            await phones[-1].sees("Here now")
        await console.presses("Start the group")
        await console.sees("Live", within="header.room-bar")
        return console, phones


@pytest.fixture
def evening(home: World, visitors: Visitors) -> Evening:
    home.group.chat_mode = "group"
    home.group.save()
    for first, last in PEERS:
        make_client(home.program, home.group, first_name=first, last_name=last)
    home.ana.phone = "555-0101"
    home.ana.save()
    EmergencyContact.objects.create(
        program=home.program, client=home.ana, name="Rosa Moreno", relation="mother", phone="555-0102"
    )
    now = timezone.now().replace(microsecond=0)
    session = make_session(home.group, starts_at=now - timedelta(minutes=5))
    SessionBreak.objects.create(
        program=home.program,
        session=session,
        planned_start=now + timedelta(minutes=40),
        planned_end=now + timedelta(minutes=55),
    )
    return Evening(home, session, visitors)


def row(name: str) -> str:
    """The roster's row of a person."""
    return f'[data-slot=roster] li:has-text("{name}")'


async def in_database(ask: Callable[[], Answer]) -> Answer:
    """Asks the test's own database from beside the event loop."""
    return await sync_to_async(ask)()
