"""One evening with three people at once: the facilitator at a desk, two clients on their phones."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from sessions_app.attendance.services.finalising import finalise_session
from sessions_app.models import AttendanceRecord, PresenceEvidence, Session
from tests.browser.evening import Evening, evening, in_database, row
from tests.browser.server import Server
from tests.browser.visitors import Visitors
from tests.factories import at_the_door, make_session
from tests.worlds import World
from vio.common.actors import system_actor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]

__all__ = ["evening"]


async def test_an_evening_from_the_lobby_to_the_attendance(evening: Evening, shots: Path) -> None:
    ana, ben = evening.world.ana, evening.world.ben
    console = await evening.opens(evening.world.facilitator, "desktop")
    await console.sees("Doors open")
    await console.sees("due 5 min ago", within=row("Ben Okafor"))

    # the lobby: nobody but staff sees who waits
    phone = await evening.opens(ana)
    await phone.sees("You are in the lobby")
    await phone.sees("Facilitator S. or Second S. will let you in.")
    await console.sees("Waiting", within=row("Ana Moreno"))
    await phone.shot("phone-lobby", shots)
    await phone.finds_no_barrier("lobby")
    await evening.admits(console, ana)
    await phone.sees("Here now")
    await console.sees("since", within=row("Ana Moreno"))

    other = await evening.opens(ben)
    await other.sees("You are in the lobby")
    await phone.sees_no("Ben O.")
    await console.presses("Admit all")
    await other.sees("Ana M.")
    await phone.sees("Ben O.")
    assert "Moreno" not in await other.page.content()

    # the group runs
    await console.presses("Start the group")
    await phone.sees("The group is on")
    await console.sees(re.compile(r"\d min counted so far"))

    # hands in order
    await other.presses("Raise hand")
    await other.sees("Your hand is up. You are next.")
    await phone.presses("Raise hand")
    await phone.sees("Your hand is up. You are 2nd in line.")
    await console.presses("Lower the hand of Ben Okafor")
    await phone.sees("Your hand is up. You are next.")

    # chat, to everybody and to the facilitators only
    await phone.page.get_by_role("textbox", name="Message").fill("I called my <b>sister</b> today")
    await phone.page.get_by_label("Send").click()
    await other.sees("I called my <b>sister</b> today")
    await console.sees("I called my <b>sister</b> today")
    await other.page.get_by_label("To", exact=True).select_option("staff")
    await other.page.get_by_role("textbox", name="Message").fill("Can we talk after?")
    await other.page.get_by_label("Send").click()
    await console.sees("Can we talk after?")
    await phone.sees_no("Can we talk after?")

    # a quiet call for help
    await phone.presses("I need help")
    await phone.shot("phone-help", shots)
    await phone.finds_no_barrier("help")
    await phone.presses("Tell them quietly")
    await phone.sees("Your facilitators know", within="#help")
    await phone.presses("Close", within="#help")
    await console.sees("Ana Moreno asks for help")
    await other.sees_no("asks for help")
    await console.presses("Phone and contacts", within="[data-slot=support]")
    await console.sees("Rosa Moreno, mother")
    await console.shot("console-sheet", shots)
    await console.presses("Close", within="#sheet")

    await phone.shot("phone-room", shots)
    await phone.shot("phone-room-night", shots, theme="dark", full=True)
    await console.shot("console", shots)
    await console.shot("console-night", shots, theme="dark", full=True)
    await phone.finds_no_barrier("room")
    await console.finds_no_barrier("console")
    await console.presses("I am with them")
    await phone.sees("Your facilitator has seen")

    # a phone that loses the room, and comes back to its hand
    await phone.context.close()
    await console.sees("Reconnecting", within=row("Ana Moreno"))
    await other.sees("Coming back")
    await console.shot("console-reconnecting", shots)
    phone = await evening.opens(ana)
    await phone.sees("The group is on")
    await phone.sees("Your hand is up. You are next.")
    await console.sees("since", within=row("Ana Moreno"))

    # the break, and the end
    await console.presses("Break")
    await phone.sees("We are on a break")
    await phone.sees("Back at about")
    await console.presses("End the break")
    await phone.sees("The group is on")
    await both_are_proven(evening.session)
    await console.presses("End", within="header.room-bar")
    await console.sees("2 people are in the room", within="#end")
    await console.presses("End the group", within="#end")
    for visitor in (phone, other, console):
        await visitor.sees("The group is over")
    await phone.shot("phone-over", shots)

    # what was counted
    await in_database(lambda: count(evening.session))
    await phone.presses("What was counted")
    await phone.page.wait_for_url(f"**/sessions/{evening.session.pk}/mine/")
    await console.presses("Attendance", within="[data-slot=over]")
    await console.page.wait_for_url(f"**/sessions/{evening.session.pk}/attendance/")
    seen = await in_database(lambda: records(evening.session))
    assert seen["Ana"].first_at is not None
    assert seen["Ben"].first_at is not None
    assert seen["Cara"].first_at is None


async def both_are_proven(session: Session) -> None:
    """A window says every ten seconds that it is there; on a quick machine the group could end before it has said so once."""

    def proven() -> bool:
        session.refresh_from_db()
        assert session.started_at is not None
        proofs = PresenceEvidence.objects.filter(session=session, kind="seen", client__isnull=False)
        return proofs.filter(at__gt=session.started_at).values("client").distinct().count() == 2

    async with asyncio.timeout(20):
        while not await in_database(proven):  # noqa: ASYNC110  # the server cannot tell us
            await asyncio.sleep(0.1)


def count(session: Session) -> None:
    """What the worker does after the end."""
    session.refresh_from_db()
    assert session.ended_at is not None
    finalise_session(session_id=session.pk, now=timezone.now(), actor=system_actor("test"))


def records(session: Session) -> dict[str, Any]:
    """{first name: the latest attendance record}."""
    rows = (
        AttendanceRecord.objects.filter(session=session).select_related("client__person").order_by("version")
    )
    return {record.client.person.first_name: record for record in rows}


async def test_a_restart_of_the_server_is_told_and_heals(
    evening: Evening, server: Server, shots: Path
) -> None:
    console, (phone, _) = await evening.begun(evening.world.ana, evening.world.ben)
    for visitor in (console, phone, _):
        visitor.may_lose_network = True
    await phone.presses("Raise hand")
    await phone.sees("You are next.")
    await sync_to_async(server.kill)()
    await phone.sees("Your connection was lost")
    await console.sees("Your own connection was lost")
    await phone.shot("phone-reconnecting", shots)
    await phone.finds_no_barrier("reconnecting")
    await phone.page.get_by_role("textbox", name="Message").fill("Written while away")
    await phone.page.get_by_label("Send").click()
    await sync_to_async(server.start)()
    await phone.sees("Connected")
    await console.sees("Connected")
    await phone.sees("You are next.")
    await console.sees("Written while away")
    assert await console.page.locator(".chat").get_by_text("Written while away").count() == 1


async def test_who_is_dropped_at_the_door_is_back_in_line(evening: Evening, server: Server) -> None:
    console = await evening.opens(evening.world.facilitator, "desktop")
    phone = await evening.opens(evening.world.ana)
    await phone.sees("You are in the lobby")
    console.may_lose_network = phone.may_lose_network = True
    await sync_to_async(server.kill)()
    await phone.sees("You were disconnected")
    await sync_to_async(server.start)()
    await phone.sees(re.compile(r"You were disconnected for \d+ (second|minute)s?\. You are back in line\."))
    await console.sees("Waiting", within=row("Ana Moreno"))
    await evening.admits(console, evening.world.ana)
    await phone.sees("Here now")


async def test_taken_out_with_a_reason_and_let_back_in(evening: Evening, shots: Path) -> None:
    console, (phone, other) = await evening.begun(evening.world.ana, evening.world.ben)
    await console.page.locator(row("Ana Moreno")).locator("summary").click()
    await console.presses("Take out of the room", within=row("Ana Moreno"))
    await console.page.get_by_label("Somebody's safety").check()
    await console.shot("console-remove", shots)
    await console.presses("Take out of the room", within="#remove")
    await phone.sees("You are out of the room for now")
    await console.sees("Removed", within=row("Ana Moreno"))
    await other.sees_no("Ana M.")
    await console.page.locator(row("Ana Moreno")).locator("summary").click()
    await console.presses("Let back in", within=row("Ana Moreno"))
    await console.sees("Left", within=row("Ana Moreno"))
    await phone.presses("See if I can come back")
    await phone.sees("You are in the lobby")


async def test_stepping_out_leaving_and_coming_back(evening: Evening) -> None:
    console, (phone,) = await evening.begun(evening.world.ana)
    await console.page.locator(row("Ana Moreno")).locator("summary").click()
    await console.presses("Ask to step out", within=row("Ana Moreno"))
    await phone.sees("You were asked to step out for a moment")
    await evening.admits(console, evening.world.ana)
    await phone.sees("Here now")
    await phone.presses("Leave")
    await phone.presses("Leave", within="#leave")
    await phone.sees("You left the group")
    await console.sees("Left", within=row("Ana Moreno"))
    await phone.presses("Come back")
    await phone.sees("Here now")


async def test_the_chat_mode_says_to_whom_one_writes(evening: Evening) -> None:
    console, (phone,) = await evening.begun(evening.world.ana)
    await console.page.get_by_label("Clients write to").select_option("off")
    await phone.sees("Your message goes to the facilitators only.")
    assert not await phone.page.get_by_label("To", exact=True).is_visible()
    await phone.page.get_by_role("textbox", name="Message").fill("Only you?")
    await phone.page.get_by_label("Send").click()
    await console.sees("Only you?")
    await phone.sees("to the facilitators only")


async def test_before_the_door_opens_the_page_waits_and_lets_in_by_itself(
    home: World, visitors: Visitors, shots: Path
) -> None:
    soon = timezone.now() + timedelta(minutes=15, seconds=12)
    session = await in_database(lambda: make_session(home.group, starts_at=soon))
    phone = await visitors.page_for(home.ana, "phone")
    await phone.goes(f"/sessions/{session.pk}/room/")
    await phone.sees("The room opens")
    await phone.presses("Say where you are tonight")
    await phone.sees("Where are you tonight?")
    await in_database(lambda: at_the_door(session, home.ana))
    await phone.goes(f"/sessions/{session.pk}/room/")
    await phone.sees("You said where you are tonight")
    await phone.shot("phone-early", shots)
    await phone.finds_no_barrier("before the door opens")
    await phone.sees("You are in the lobby")
