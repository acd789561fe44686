"""The door on a phone: the first evening, the next one, the device, and what the facilitator sees of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.utils import timezone
from playwright.async_api import Browser

from sessions_app.models import DoorConfirmation, Session, TechCheck
from tests.browser.chromium import DEVICES, chromium
from tests.browser.visitors import Visitors
from tests.factories import at_the_door, make_session
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest_asyncio.fixture(loop_scope="session")
async def devices() -> AsyncIterator[Browser]:
    """A browser whose camera shows a test picture and whose microphone beeps."""
    async with chromium(*DEVICES) as started:
        yield started


@pytest.fixture
def session(home: World) -> Session:
    """Tonight's session, begun five minutes ago; its group has a phone bridge."""
    home.group.fallback_phone, home.group.fallback_code = "518-555-0190", "4417#"
    home.group.save()
    return make_session(home.group, starts_at=timezone.now().replace(microsecond=0) - timedelta(minutes=5))


async def test_the_first_evening_and_a_state_nobody_is_licensed_in(
    home: World, session: Session, visitors: Visitors, shots: Path
) -> None:
    room = f"/sessions/{session.pk}/room/"
    console = await visitors.page_for(home.facilitator, "desktop")
    await console.goes(room)
    phone = await visitors.page_for(home.ana, "phone")
    await phone.goes("/")
    await phone.presses("Join the room")
    await phone.sees("Where are you tonight?")
    await phone.finds_no_barrier("door, first evening")
    await phone.shows_everything("door, first evening")
    await phone.shot("door-first", shots, full=True)

    # what is missing is said beside its field; what was typed stays
    await phone.page.get_by_label("Where are you right now?").fill("12 Elm St")
    await phone.presses("Join the group")
    await phone.sees("Write the city or town")
    assert await phone.page.get_by_label("Where are you right now?").input_value() == "12 Elm St"
    await phone.finds_no_barrier("door, something missing")
    phone.complaints.clear()  # the browser's own word about a page that answered 422
    await phone.page.get_by_label("City or town").fill("Newark")
    await phone.page.get_by_label("State").select_option("NJ")
    await phone.page.get_by_label("Who should we call").fill("Rosa Moreno")
    await phone.page.get_by_label("Their phone").fill("518-555-0102")
    await phone.presses("Join with sound only")
    await phone.sees("You are in the lobby")

    # the facilitator is warned, decides knowingly, and finds the address on the sheet
    await console.sees("Tonight in NJ: nobody here is licensed there", within="[data-slot=waiting]")
    await console.sees("Sound only", within="[data-slot=waiting]")
    await console.shot("door-console-warning", shots)
    await console.finds_no_barrier("console, a state nobody is licensed in")
    await console.presses("Admit Ana Moreno")
    await console.sees("nobody who leads this group is licensed there", within="#unlicensed")
    await console.shot("door-console-question", shots)
    await console.presses("Not now")
    await phone.sees("You are in the lobby")
    await console.presses("Admit Ana Moreno")
    await console.presses("Admit all the same")
    await phone.sees("Here now")
    await console.page.locator('[data-slot=roster] li:has-text("Ana Moreno") summary').click()
    await console.presses("Phone and contacts")
    await console.sees("12 Elm St, Newark, NJ", within="#sheet")
    await console.shot("door-console-sheet", shots)


async def test_the_next_evening_is_two_taps(
    home: World, session: Session, visitors: Visitors, shots: Path
) -> None:
    def yesterday() -> None:
        then = make_session(home.group, starts_at=timezone.now() - timedelta(days=1))
        at_the_door(then, home.ana, at=then.starts_at)

    await sync_to_async(yesterday)()
    phone = await visitors.page_for(home.ana, "small")
    await phone.goes("/")
    await phone.presses("Join the room")
    await phone.sees("12 Elm St, Albany, NY")
    await phone.finds_no_barrier("door, next evening")
    await phone.shows_everything("door, next evening")
    await phone.shot("door-next", shots, full=True)
    await phone.shot("door-next-dark", shots, theme="dark")
    await phone.presses("This is right, join")
    await phone.sees("You are in the lobby")
    await phone.finds_no_barrier("lobby with another way to meet")

    # a drop, told with its length; the other way to meet stands there without the server
    phone.may_lose_network = True
    await phone.context.set_offline(True)
    await phone.page.evaluate("dispatchEvent(new Event('offline'))")
    await phone.sees("Your connection was lost")
    await phone.sees("518-555-0190", within="[data-slot=lost]")
    await phone.shot("door-lost", shots, full=True)
    await phone.context.set_offline(False)
    await phone.page.evaluate("dispatchEvent(new Event('online'))")
    await phone.sees("You are back in line.")
    words = await phone.page.locator("[data-slot=waiting-title]").inner_text()
    assert "You were disconnected for " in words
    await phone.shot("door-back-in-line", shots)
    assert await sync_to_async(DoorConfirmation.objects.filter(session=session).count)() == 1


async def test_the_device_is_tried_at_the_door(
    home: World, session: Session, visitors: Visitors, devices: Browser, shots: Path
) -> None:
    people = Visitors(devices, visitors.url, shots)
    phone = await people.page_for(home.ana, "phone")
    console = await visitors.page_for(home.facilitator, "desktop")
    await console.goes(f"/sessions/{session.pk}/room/")
    await phone.goes(f"/sessions/{session.pk}/door/")
    await phone.presses("Try it")
    for part in ("camera", "microphone", "connection"):
        await phone.sees("works", within=f"[data-part={part}]")
    await phone.presses("Yes", within="[data-slot=heard]")
    await phone.sees("works", within="[data-part=speaker]")
    assert await phone.page.locator("[data-slot=face]").evaluate("face => face.videoWidth") > 0
    await phone.shot("door-check", shots, full=True)
    await phone.finds_no_barrier("tech check")
    await phone.page.get_by_label("Where are you right now?").fill("12 Elm St")
    await phone.page.get_by_label("City or town").fill("Albany")
    await phone.page.get_by_label("State").select_option("NY")
    await phone.presses("Join the group")
    await phone.sees("You are in the lobby")
    await console.sees("Device works", within="[data-slot=waiting]")
    check = await sync_to_async(TechCheck.objects.get)()
    found = (check.camera, check.microphone, check.speaker, check.connection)
    assert found == ("ok", "ok", "ok", "ok")
    assert check.round_trip_ms is not None
    await people.close()


async def test_a_device_that_is_not_allowed_stops_nobody(
    home: World, session: Session, visitors: Visitors, shots: Path
) -> None:
    phone = await visitors.page_for(home.ana, "phone")
    await phone.goes(f"/sessions/{session.pk}/door/")
    await phone.presses("Try it")
    await phone.sees("No picture. You can join with sound only.", within="[data-part=camera]")
    await phone.presses("No", within="[data-slot=heard]")
    await phone.sees("Turn the volume up", within="[data-part=speaker]")
    await phone.shot("door-check-trouble", shots, full=True)
    await phone.page.get_by_label("Where are you right now?").fill("12 Elm St")
    await phone.page.get_by_label("City or town").fill("Albany")
    await phone.page.get_by_label("State").select_option("NY")
    await phone.presses("Join with sound only")
    await phone.sees("You are in the lobby")
    check = await sync_to_async(TechCheck.objects.get)()
    assert (check.camera, check.microphone, check.speaker) == ("problem", "problem", "problem")
