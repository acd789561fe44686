"""Importing a log on a phone and at a desk: upload, two of one name, a tick for a missing end, counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from sessions_app.attendance.records import latest
from sessions_app.models import Session
from tests.browser.visitors import Visitors
from tests.sessions_app.attendance.evenings import MINUTE, finalised, held, sat
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


@pytest.fixture
def session(home: World) -> Session:
    """Yesterday's session; the room broke down after twenty minutes."""
    begin = (timezone.now() - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    session = held(home.group, starts_at=begin)
    sat(session, home.ana, 0, 20)
    return finalised(session)


def report(world: World, session: Session) -> str:
    """Ana with her address, two called Ben, the facilitator, and a line nobody can read."""

    def clock(minute: float) -> str:
        at: datetime = session.starts_at + minute * MINUTE
        return at.astimezone(session.program.zone).strftime("%m/%d/%Y %I:%M:%S %p")

    rows = [
        f"Ana (iPhone),{world.ana.person.email},{clock(18)},{clock(60)}",
        f"Ana (iPad),{world.ana.person.email},{clock(50)},{clock(95)}",
        f"Ben Okafor,,{clock(2)},",
        f"Ben Okafor,,{clock(1)},{clock(88)}",
        f"Lead,{world.facilitator.email},{clock(-5)},{clock(92)}",
        "Somebody,,around six,later",
    ]
    return "\n".join(["Name (Original Name),User Email,Join Time,Leave Time", *rows])


def minutes(session: Session) -> dict[str, int]:
    rows = latest(session).select_related("client__person")
    return {row.client.person.first_name: row.credited_minutes for row in rows}


@pytest.mark.parametrize("device", ["phone", "desktop"])
async def test_a_log_from_upload_to_the_sheet(
    home: World, session: Session, visitors: Visitors, shots: Path, device: str
) -> None:
    visitor = await visitors.page_for(home.facilitator, device)  # type: ignore[arg-type]  # one of the sizes
    await visitor.goes(f"/sessions/{session.pk}/attendance/")
    await visitor.page.get_by_role("link", name="Held on another video service").click()
    await visitor.sees("A new log")
    await visitor.finds_no_barrier("import, upload")
    await visitor.shows_everything("import, upload")
    await visitor.shot(f"import-upload-{device}", shots, full=True)
    text = await sync_to_async(report)(home, session)
    file = {"name": "participants.csv", "mimeType": "text/csv", "buffer": text.encode()}
    await visitor.page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]  # a file by its content
    await visitor.presses("Look at it")
    await visitor.sees("Who is this?")
    await visitor.sees("Line 7")
    await visitor.finds_no_barrier("import, draft")
    await visitor.shows_everything("import, draft")
    await visitor.shot(f"import-draft-{device}", shots, full=True)

    await visitor.presses("Count this log")
    await visitor.sees("Please look at 2 answers")
    visitor.complaints.clear()  # the browser's own word about a page that answered 422
    await visitor.finds_no_barrier("import, something open")
    choices = visitor.page.get_by_role("combobox", name="Who is Ben Okafor")
    await choices.nth(0).select_option(label="Ben Okafor")
    await choices.nth(1).select_option(label="Not a client")
    await visitor.presses("Count this log")
    await visitor.sees("Counted. What stood there before stays in the record.")
    assert (await sync_to_async(minutes)(session))["Ana"] == 90

    await visitor.goes(f"/sessions/{session.pk}/attendance/imports/")
    await visitor.page.get_by_role("link", name="Zoom").click()
    await visitor.sees("Take it back")
    await visitor.finds_no_barrier("import, counted")
    await visitor.shows_everything("import, counted")
    await visitor.shot(f"import-counted-{device}", shots, full=True)
    await visitor.page.get_by_label("Why").fill("It was another evening.")
    await visitor.page.get_by_role("button", name="Take it back").click()
    await visitor.sees("Taken back.")
    assert await sync_to_async(minutes)(session) == {"Ana": 20, "Ben": 0}
