"""Being away in a browser: noted on a phone, seen and ended at the desk, no barrier at either width."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from groups.models import Absence
from tests.browser.visitors import Visitors
from tests.worlds import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


async def test_away_is_noted_on_a_phone_and_ended_at_the_desk(
    home: World, visitors: Visitors, shots: Path
) -> None:
    back = timezone.now().astimezone(home.program.zone).date() + timedelta(days=3)
    phone = await visitors.page_for(home.clinician, "phone")
    await phone.goes(f"/manage/{home.program.pk}/away/new/")
    await phone.finds_no_barrier("a new absence, phone")
    await phone.page.get_by_label("Away from").fill(str(back - timedelta(days=3)))
    await phone.page.get_by_label("From this time").fill("00:00")
    await phone.page.get_by_label("Back on").fill(str(back))
    await phone.page.get_by_label("Back at this time").fill("09:00")
    await phone.page.get_by_label("Who covers").select_option(str(home.supervisor.pk))
    await phone.shot("away-new", shots, full=True)
    await phone.presses("Save")
    await phone.sees("away now")
    await phone.finds_no_barrier("absences, phone")
    await phone.shot("away-list", shots, full=True)
    desk = await visitors.page_for(home.director, "desktop")
    await desk.goes(f"/manage/{home.program.pk}/away/")
    await desk.sees("away now")
    await desk.finds_no_barrier("absences, desktop")
    await desk.shot("away-list-desk", shots, full=True)
    await desk.page.get_by_role("link", name="End it").click()
    await desk.presses("End it")
    await desk.sees("Nobody is away")
    row = await sync_to_async(Absence.objects.get)()
    assert row.ends_at <= timezone.now()
