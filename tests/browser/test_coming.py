"""Before the group, in a real browser: late with one tap, seen by who leads; messages; a free place taken on a phone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Group, Membership
from groups.services.offers import fill_group
from groups.services.waitlist import add_to_waitlist, move_ahead
from sessions_app.followup.misses import raise_missed
from sessions_app.models import FollowUp, Session
from tests.browser.visitors import Visitors
from tests.factories import at_the_door, make_client, make_series, make_session
from tests.worlds import World
from vio.common.actors import system_actor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def noon_zone(now: datetime) -> str:
    """A zone in which it is about noon: whatever the hour, it is one day and not quiet."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.fixture
def noon(home: World) -> World:
    home.program.timezone = noon_zone(timezone.now())
    home.program.save()
    home.group.program.refresh_from_db()
    return home


@pytest.fixture
def session(noon: World) -> Session:
    return make_session(noon.group, starts_at=timezone.now().replace(microsecond=0) - timedelta(minutes=5))


async def test_late_with_one_tap_and_seen_beside_the_name(
    noon: World, session: Session, visitors: Visitors, shots: Path
) -> None:
    await sync_to_async(at_the_door)(session, noon.ben)
    desk = await visitors.page_for(noon.facilitator, "desktop")
    await desk.goes(f"/sessions/{session.pk}/room/")
    await desk.sees("Ana Moreno")
    phone = await visitors.page_for(noon.ana, "phone")
    await phone.goes("/")
    await phone.page.get_by_text("I'll be late, or can't come").click()
    await phone.shot("coming-choices", shots, full=True)
    await phone.finds_no_barrier("late")
    await phone.shows_everything("late")
    await phone.presses("10 minutes late")
    await phone.sees("You said you come about 10 minutes late.")
    await phone.shot("coming-said", shots, theme="dark")
    await desk.page.reload()
    await desk.sees("says: 10 min late", within="#z-people")
    await desk.shot("coming-console", shots)
    peer = await visitors.page_for(noon.ben, "phone")
    await peer.goes("/")
    await peer.sees_no("10 min")
    await phone.presses("I will be on time")
    await phone.sees("Good. We expect you.")
    await phone.page.get_by_text("I'll be late, or can't come").click()
    await phone.presses("I can't come")
    await phone.page.get_by_label("Why? Only staff see this.").fill("My son is ill.")
    await phone.shot("coming-absent", shots)
    await phone.finds_no_barrier("cannot come")
    await phone.presses("I can't come")
    await phone.sees("You said you can't come.")
    await desk.sees("says: cannot come", within="#z-people")  # by itself, within a quarter of a minute
    await desk.goes("/tonight/")
    await desk.page.get_by_text("1 said they come later or cannot come").click()
    await desk.sees("My son is ill.")
    await desk.finds_no_barrier("the board")
    await desk.shot("coming-board", shots)


async def test_the_follow_up_shows_it_and_accepts_it(
    noon: World, session: Session, visitors: Visitors, shots: Path
) -> None:
    phone = await visitors.page_for(noon.ana, "small")
    await phone.goes(f"/sessions/{session.pk}/coming/")
    await phone.presses("I can't come")
    await phone.sees("Your team knows.")
    later = timezone.now() + timedelta(minutes=15)
    await sync_to_async(raise_missed)(actor=system_actor("test"), now=later)
    task = await sync_to_async(FollowUp.objects.get)(client=noon.ana)
    desk = await visitors.page_for(noon.supervisor, "desktop")
    await desk.goes(f"/follow-ups/{task.pk}/")
    await desk.sees("Cannot come, said")
    await desk.finds_no_barrier("the follow-up")
    await desk.shot("coming-follow-up", shots)
    await desk.presses("Accept this as an excuse")
    await desk.sees("The client is excused.")


async def test_messages_to_me(noon: World, visitors: Visitors, shots: Path) -> None:
    phone = await visitors.page_for(noon.ana, "phone")
    await phone.goes("/")
    await phone.page.get_by_label("Your account").click()
    await phone.presses("Messages to me")
    await phone.sees("You have a message. Please sign in to read it")
    await phone.finds_no_barrier("messages")
    await phone.shows_everything("messages")
    await phone.shot("messages-to-me", shots, full=True)
    await phone.page.get_by_label("By mail").uncheck()
    await phone.presses("Save")
    await phone.sees("Saved.")
    assert not await phone.page.get_by_label("By mail").is_checked()


def _one_free_seat(world: World) -> None:
    """Group A has one free seat, three wait, the second was moved to the front."""
    now = timezone.now()
    Group.objects.filter(pk=world.group.pk).update(max_size=3)
    make_series(world.group)
    staff = world.actor(world.supervisor)
    names = (("Dana", "Ruiz"), ("Eve", "Stone"))
    others = [make_client(world.program, first_name=first, last_name=last) for first, last in names]
    for client in (*others, world.cleo):
        entry = add_to_waitlist(actor=staff, group=world.group, client=client, now=now)
    move_ahead(actor=staff, entry=entry, reason="Steps down on Friday.", now=now)
    fill_group(group=Group.objects.select_related("program").get(pk=world.group.pk), now=now)


async def test_a_free_place_is_taken_on_a_phone(noon: World, visitors: Visitors, shots: Path) -> None:
    await sync_to_async(_one_free_seat)(noon)
    desk = await visitors.page_for(noon.supervisor, "desktop")
    await desk.goes(f"/manage/groups/{noon.group.pk}/")
    await desk.sees("1. Cleo Park")
    await desk.sees("Steps down on Friday.")
    await desk.finds_no_barrier("the group")
    await desk.shot("waitlist-staff", shots, full=True)
    phone = await visitors.page_for(noon.cleo, "phone")
    await phone.goes("/")
    await phone.sees("A place in a group is free for you")
    await phone.shot("offer-home", shots)
    await phone.presses("Take it or leave it")
    await phone.finds_no_barrier("the offer")
    await phone.shows_everything("the offer")
    await phone.shot("offer", shots, full=True)
    await phone.presses("Yes, I take it")
    await phone.sees("You have a place in Evening A. It begins tomorrow.")
    taken = Membership.objects.filter(client=noon.cleo, group=noon.group)
    assert await sync_to_async(taken.count)() == 1
