"""What a group does together, in real browsers: private talk, small groups, poll, round, timer, text, lead."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.async_api import expect

from checkins.models import RoundAnswer
from groups.models import EmergencyContact
from sessions_app.room.models import RoomEvent
from tests.browser.evening import Evening, in_database, row
from tests.browser.visitors import Visitor, Visitors
from tests.factories import make_session
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture
def tonight(home: World, visitors: Visitors) -> Evening:
    """A session that began five minutes ago; chat is open to the group."""
    home.group.chat_mode = "group"
    home.group.save()
    EmergencyContact.objects.create(
        program=home.program, client=home.ana, name="Rosa Moreno", relation="mother", phone="+12125550101"
    )
    session = make_session(home.group, starts_at=timezone.now() - timedelta(minutes=5))
    return Evening(home, session, visitors)


async def writes(who: Visitor, text: str) -> None:
    await who.page.get_by_role("textbox", name="Message").fill(text)
    await who.page.get_by_label("Send", exact=True).click()


async def test_a_private_talk_of_which_peers_learn_nothing(tonight: Evening, shots: Path) -> None:
    console, (ana, ben) = await tonight.begun(tonight.world.ana, tonight.world.ben)
    await ana.presses("I need help")
    await ana.presses("Tell them quietly")
    await ana.presses("Close", within="#help")
    await console.sees("Ana Moreno asks for help")
    before = await ben.page.locator("[data-screen=in]").inner_text()
    await console.presses("Talk in private", within="[data-slot=support]")
    await console.sees("Rosa Moreno, mother")
    await console.presses("Close", within="#sheet")
    await console.sees("You talk with Ana Moreno in private")
    await ana.sees("You talk with your facilitator in private")
    await writes(ana, "I had a rough day")
    await console.sees("I had a rough day")
    await ana.shot("phone-aside", shots, full=True)
    await console.shot("console-aside", shots, full=True)
    await ana.finds_no_barrier("private talk")
    await console.finds_no_barrier("console in a private talk")
    assert await ben.page.locator("[data-screen=in]").inner_text() == before
    await ana.presses("Back to the group")
    await console.sees_no("You talk with Ana Moreno in private")
    await ana.sees_no("You talk with your facilitator in private")
    await ana.sees_no("I had a rough day")
    assert await ben.page.locator("[data-screen=in]").inner_text() == before


async def test_small_groups_by_hand_and_back(tonight: Evening, shots: Path) -> None:
    console, (ana, ben) = await tonight.begun(tonight.world.ana, tonight.world.ben)
    await console.presses("Small groups")
    await console.page.get_by_label("I choose").check()
    await console.page.get_by_label("Ana Moreno").select_option("0")
    await console.page.get_by_label("Ben Okafor").select_option("1")
    await console.shot("console-breakouts-dialog", shots)
    await console.finds_no_barrier("small groups dialog")
    await console.presses("Open", within="#breakouts-dialog")
    await ana.sees("You are in small group 1")
    await ben.sees("You are in small group 2")
    await ben.sees(re.compile(r"9:\d\d left"))
    await writes(ana, "Only for the first")
    await ana.sees("Only for the first")
    await ana.sees("in this small group")
    assert await ben.page.get_by_text("Only for the first").count() == 0
    await console.presses("Go into small group 1")
    await console.sees("Only for the first")
    await ana.sees("With Facilitator S.")
    await ana.shot("phone-breakout", shots, full=True)
    await console.shot("console-breakouts", shots, full=True)
    await ana.shows_everything("phone in a small group")
    await console.presses("Call everybody back")
    await ana.sees_no("You are in small group 1")
    await ben.sees_no("You are in small group 2")


async def test_an_anonymous_poll(tonight: Evening, shots: Path) -> None:
    console, (ana, ben) = await tonight.begun(tonight.world.ana, tonight.world.ben)
    await console.presses("Poll")
    await console.page.get_by_label("Question").fill("What helped this week?")
    await console.page.get_by_label("Answers, one a line").fill("only one")
    await console.presses("Open the poll")
    await console.sees("A field cannot be read.", within="#poll-dialog")
    assert await console.page.get_by_label("Question").input_value() == "What helped this week?"
    await console.page.get_by_label("Answers, one a line").fill("Sleep\nA call\n")
    await console.presses("Open the poll")
    for phone in (ana, ben):
        await phone.sees("What helped this week?")
        await phone.sees("Anonymous: nobody can see who chose what.")
    await ana.shot("phone-poll", shots, full=True)
    await ana.finds_no_barrier("poll")
    await ana.page.get_by_label("A call").check()
    await ana.presses("Send my answer")
    await ana.sees("Your answer is in. Thank you.")
    await console.sees("1 answered")
    await console.presses("Close the poll")
    await console.sees("Too few answered to show this without naming them.")
    await ben.sees_no("What helped this week?", within="[data-activities]")


async def test_a_round_with_consent(tonight: Evening, shots: Path) -> None:
    console, (ana, ben) = await tonight.begun(tonight.world.ana, tonight.world.ben)
    await console.presses("Round")
    await console.page.get_by_label("Time for each").select_option("120")
    await console.presses("Start the round")
    await ana.sees("It is your turn. Next: Ben O.")
    await ben.sees("Ana M. speaks. You are next.")
    await ana.page.get_by_label(re.compile("^Mood")).fill("6")
    await ana.page.get_by_label(re.compile("^Urge")).fill("3")
    await ana.page.get_by_label("Keep these in my chart").check()
    await ana.shot("phone-round", shots, full=True)
    await ana.finds_no_barrier("round")
    await ana.presses("Tell my facilitators")
    await ana.sees("Your facilitators have your two numbers.")
    await console.sees("Mood 6, urge 3, kept in the chart")
    assert await ben.page.get_by_text("Mood 6").count() == 0
    await console.shot("console-round", shots, full=True)
    await console.finds_no_barrier("console with a round")
    await ana.presses("I am done")
    await ben.sees("It is your turn.")
    await ben.presses("I pass")
    await ben.sees_no("It is your turn.", within="[data-activities]")
    kept = await in_database(RoundAnswer.objects.get)
    assert (kept.mood, kept.urge) == (6, 3)


async def test_text_timer_spotlight_and_signs(tonight: Evening, shots: Path) -> None:
    console, (ana, ben) = await tonight.begun(tonight.world.ana, tonight.world.ben)
    await console.presses("Show a text")
    await console.page.get_by_label("Title").fill("Urge surfing")
    await console.page.get_by_role("textbox", name="Text").fill("Breathe in.\n<b>Count to four.</b>")
    await console.page.get_by_label(re.compile("^Link")).fill("https://example.org/sheet")
    await console.presses("Show it to everybody")
    await ana.sees("<b>Count to four.</b>")
    await ana.sees("Open example.org in a new window")
    await console.presses("Timer")
    await console.presses("Start the timer")
    await ana.sees(re.compile(r"[45]:\d\d left"))
    await console.page.locator(row("Ana Moreno")).locator("summary").click()
    await console.presses("Put in the spotlight", within=row("Ana Moreno"))
    await ben.sees("In view for all")
    await ana.page.locator(".controls .reactions summary").click()
    await ana.presses("Thank you", within=".controls")
    await ben.sees("Ana M.: thank you")
    await ana.sees("You: thank you")
    await ben.shot("phone-text", shots, full=True)
    await ben.shot("phone-text-night", shots, full=True, theme="dark")
    await ben.finds_no_barrier("shown text")
    await ben.shows_everything("phone with a text")
    events = await in_database(lambda: RoomEvent.objects.filter(kind__contains="reaction").count())
    assert events == 0
    again = await tonight.opens(tonight.world.ben)
    await again.sees("Urge surfing")
    await console.presses("Take away")
    await again.sees_no("Urge surfing", within="[data-activities]")
    await ben.sees_no("Urge surfing", within="[data-activities]")


async def test_the_room_holds_while_no_facilitator_is_there(tonight: Evening, shots: Path) -> None:
    console, (ana,) = await tonight.begun(tonight.world.ana)
    second = await tonight.opens(tonight.world.cofacilitator, "desktop")
    await console.sees("You lead")
    await second.sees("Facilitator S. leads")
    await console.context.close()
    await second.sees("You lead")
    await expect(ana.page.get_by_text("Your facilitator is reconnecting")).to_be_hidden()
    await second.context.close()
    await ana.sees("Your facilitator is reconnecting")
    await ana.shot("phone-no-host", shots)
    back = await tonight.opens(tonight.world.cofacilitator, "desktop")
    await back.sees("You lead")
    await ana.sees_no("Your facilitator is reconnecting")


async def test_the_console_at_phone_width(tonight: Evening, shots: Path) -> None:
    console = await tonight.opens(tonight.world.facilitator, "phone")
    await console.page.get_by_role("tab", name=re.compile("Room")).click()
    await console.sees("With the group")
    await console.shows_everything("host tools at 390 px")
    await console.presses("Poll")
    await console.shot("console-phone-poll", shots)
    await console.shows_everything("poll dialog at 390 px")
    await console.finds_no_barrier("poll dialog at 390 px")
