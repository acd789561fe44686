"""A sheet asks as much of the database for a full group as for three people (everything counted)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from sessions_app.models import AttendanceDispute, Excuse, SessionBreak
from tests.factories import MONDAY_START, make_client
from tests.page_costs import statements_of
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World
from vio.common.periodic import report_alive

SOON = MONDAY_START + timedelta(hours=4)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(SOON, tick=False):
        yield


def sheet(world: World, number: int, *, day: int) -> str:
    """The address of the sheet of an evening with so many clients, a break, an excuse and a dispute."""
    session = held(world.group, starts_at=MONDAY_START - timedelta(days=day))
    clients = [make_client(world.program, world.group, first_name=f"C{n}") for n in range(number)]
    for client in clients:
        sat(session, client, 0, 40, cause="dropped")
        sat(session, client, 50, 90)
    begin = session.starts_at + timedelta(minutes=42)
    SessionBreak.objects.create(
        program=world.program, session=session, taken_start=begin, taken_end=begin + timedelta(minutes=5)
    )
    Excuse.objects.create(program=world.program, session=session, client=world.ana, accepted_at=SOON)
    finalised(session)
    AttendanceDispute.objects.create(
        program=world.program, session=session, client=clients[0], text="I was there.", raised_at=SOON,
        answer_due_at=SOON + timedelta(days=3),
    )  # fmt: skip
    return reverse("session_attendance", args=[session.pk])


@pytest.mark.parametrize("who", ["facilitator", "clinician", "director", "records"])
def test_as_many_statements_for_forty_as_for_three(world: World, who: str) -> None:
    report_alive()
    browser = Browser()
    browser.force_login(getattr(world, who))
    few = statements_of(browser, sheet(world, 3, day=0))
    many = statements_of(browser, sheet(world, 40, day=7))
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 12, "\n".join(many)
