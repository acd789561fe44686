"""The console and the board beside it: notes, keyboard, tabs, two facilitators, an observer, tonight at a glance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone

from sessions_app.models import GroupNote
from sessions_app.room import clock
from tests.browser.evening import Evening, evening, in_database, row

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]

SAVED = re.compile(r"^\s*Saved \d")
__all__ = ["evening"]


async def test_the_note_is_saved_while_one_types_and_never_in_the_way(evening: Evening) -> None:
    console = await evening.opens(evening.world.facilitator, "desktop")
    topic = console.page.get_by_label("Topic")
    await topic.fill("Urges after work")
    await console.sees(SAVED, within="#note-state")
    assert await topic.evaluate("element => element === document.activeElement")
    await topic.press_sequentially(" and before sleep")
    await console.sees("Not saved yet", within="#note-state")
    await console.sees(SAVED, within="#note-state")
    note = await in_database(lambda: GroupNote.objects.get(session=evening.session))
    assert note.topic == "Urges after work and before sleep"


async def test_the_console_works_by_keyboard_and_keeps_the_focus(evening: Evening) -> None:
    console = await evening.opens(evening.world.facilitator, "desktop")
    phone = await evening.opens(evening.world.ana)
    other = await evening.opens(evening.world.ben)
    await other.sees("You are in the lobby")
    first = console.page.get_by_role("button", name="Admit Ana Moreno")
    await first.wait_for()
    await console.page.get_by_role("button", name="Admit Ben Okafor").wait_for()
    await first.focus()
    await console.page.keyboard.press("Enter")
    await phone.sees("Here now")
    await first.wait_for(state="detached")
    focused = await console.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Admit Ben Okafor"
    await console.page.keyboard.press("Enter")
    await other.sees("Here now")
    focused = await console.page.evaluate("document.activeElement.textContent")
    assert "Waiting" in focused


async def test_the_console_folds_into_tabs(evening: Evening, shots: Path) -> None:
    console = await evening.opens(evening.world.facilitator, "small")
    phone = await evening.opens(evening.world.ana)
    await phone.sees("You are in the lobby")
    await console.sees("At the door")
    await console.shows_everything("console at 360 px")
    await console.shot("console-small", shots, full=True)
    await console.finds_no_barrier("console at 360 px")
    await console.page.get_by_role("tab", name=re.compile("Room")).click()
    await console.sees("No hand is up.")
    await console.page.get_by_role("tab", name=re.compile("Notes")).click()
    await console.sees("Topic")
    await console.shot("console-small-notes", shots, full=True)
    tablet = await evening.opens(evening.world.cofacilitator, "tablet")
    await tablet.sees("At the door")
    await tablet.shows_everything("console on a tablet")
    await tablet.shot("console-tablet", shots)


async def test_two_facilitators_have_the_same_room(evening: Evening) -> None:
    first = await evening.opens(evening.world.facilitator, "desktop")
    second = await evening.opens(evening.world.cofacilitator, "desktop")
    await first.sees("Second S.", within="[data-slot=staff]")
    phone = await evening.opens(evening.world.ana)
    await evening.admits(second, evening.world.ana)
    await phone.sees("Here now")
    await first.sees("since", within=row("Ana Moreno"))
    await first.presses("Lock", within="header.room-bar")
    await second.sees("The room is locked. Nobody new comes in.")


async def test_an_observer_sees_what_people_in_the_room_see(evening: Evening) -> None:
    _, (phone,) = await evening.begun(evening.world.ana)
    looker = await evening.opens(evening.world.supervisor, "desktop")
    await looker.sees("Ana M.")
    await phone.sees("Listening")
    assert "Moreno" not in await looker.page.content()
    assert await looker.page.get_by_role("button", name="Take out of the room").count() == 0
    await looker.finds_no_barrier("observer")


async def test_the_board_follows_the_evening_by_itself(evening: Evening, shots: Path) -> None:
    await in_database(lambda: clock.open_due_rooms(now=timezone.now()))
    board = await evening.visitors.page_for(evening.world.facilitator, "desktop")
    await board.goes("/tonight/")
    await board.sees("Doors open")
    await board.sees("8 still to come")
    await board.finds_no_barrier("board")
    phone = await evening.opens(evening.world.ana)
    await phone.sees("You are in the lobby")
    await board.sees("1 waiting")
    await board.shot("board", shots)
    await board.presses("Open the console")
    await board.sees("Waiting", within=row("Ana Moreno"))
    small = await evening.visitors.page_for(evening.world.clinician, "phone")
    await small.goes("/tonight/")
    await small.shows_everything("board on a phone")
    await small.shot("board-phone", shots, theme="dark")
    assert await small.page.get_by_role("link", name="Open the console").count() == 0
