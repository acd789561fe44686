"""Tonight's live session with windows that take part in picture and sound; what the tests of media begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone
from playwright.async_api import Page

from groups.models import Client, Person
from sessions_app.models import Session
from tests.browser.cutting import Cut
from tests.browser.media_kit import watch
from tests.browser.visitors import Device, Visitor, Visitors
from tests.factories import at_the_door, make_session
from tests.worlds import World


@dataclass
class Group:
    """Tonight's live session, and the windows of those who are in it."""

    world: World
    session: Session
    visitors: Visitors
    lines: dict[Page, Cut] = field(default_factory=dict)
    """The lines of windows that can be cut."""

    async def opens(
        self, who: Person | Client, device: Device = "phone", *, remembers: str = "", cuts: bool = False
    ) -> Visitor:
        """This person goes to the room; a client has said where they are tonight. With `cuts` its lines can be cut."""
        if isinstance(who, Client):
            await sync_to_async(at_the_door)(self.session, who)
        visitor = await self.visitors.page_for(who, device)
        await watch(visitor.page)
        if cuts:
            self.lines[visitor.page] = Cut(visitor)
            await self.lines[visitor.page].watch()
        await visitor.page.add_init_script(remembers)
        await visitor.goes(f"/sessions/{self.session.pk}/room/")
        return visitor

    async def gathers(self, *clients: Client, remembers: str = "") -> tuple[Visitor, list[Visitor]]:
        """Facilitator and clients in the room, all with camera and microphone on. `remembers` runs first in each window."""
        console = await self.opens(self.world.facilitator, "desktop", remembers=remembers)
        phones = []
        for client in clients:
            phones.append(await self.opens(client, remembers=remembers))
            await console.presses(f"Admit {client.person.full_name}")
            await phones[-1].sees("Here now")
        for visitor in (console, *phones):
            await visitor.presses("Camera and microphone")
            await visitor.sees("Camera on")
        return console, phones


def group_of(home: World, visitors: Visitors) -> Group:
    """The group of tonight, begun five minutes ago by the timetable."""
    now = timezone.now().replace(microsecond=0)
    return Group(home, make_session(home.group, starts_at=now - timedelta(minutes=5)), visitors)


def tile(name: str) -> str:
    """Somebody's tile."""
    return f'.tile:has([data-slot=name]:text-is("{name}"))'


async def menu(console: Visitor, name: str) -> None:
    """Opens what the facilitator can do for somebody."""
    await console.page.locator(f'[data-slot=roster] li:has-text("{name}") summary').click()


async def removes(console: Visitor, name: str) -> None:
    """The facilitator takes somebody out of the room."""
    await menu(console, name)
    await console.presses("Take out of the room", within=f'[data-slot=roster] li:has-text("{name}")')
    await console.page.get_by_label("It disturbs the group").check()
    await console.presses("Take out of the room", within="#remove")
