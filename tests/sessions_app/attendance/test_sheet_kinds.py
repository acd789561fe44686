"""Every kind of evening on the sheet as people see it: who came and how, each in the words of its own line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Client
from sessions_app.attendance.services import excuse_client
from sessions_app.models import Session
from tests.factories import MONDAY_START, make_client
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("the_same_evening")
FLAGS = ("Late", "Left early", "Brief contact", "Technical", "Unexpected")


@pytest.fixture
def session(world: World) -> Session:
    return held(world.group)


def newcomer(world: World, name: str = "Lou", last: str = "Reed", *, expected: bool = True) -> Client:
    group = world.group if expected else None
    return make_client(world.program, group, first_name=name, last_name=last)


class Sheet:
    """The sheet as its facilitator reads it."""

    def __init__(self, world: World, session: Session) -> None:
        self._session, self.browser = session, Browser()
        self.browser.force_login(world.facilitator)
        page = self.browser.get(reverse("session_attendance", args=[session.pk]))
        assert page.status_code == 200
        self.text = page.content.decode()

    def row(self, client: Client) -> str:
        """What stands in the line of one client, without marks of the page."""
        address = reverse("attendance_line", args=[self._session.pk, client.pk])
        (row,) = [part for part in re.findall(r"<tr>.*?</tr>", self.text, re.DOTALL) if address in part]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))

    def line(self, client: Client) -> str:
        """The page that says why."""
        return self.browser.get(
            reverse("attendance_line", args=[self._session.pk, client.pk])
        ).content.decode()


def flags(row: str) -> set[str]:
    return {flag for flag in FLAGS if flag in row}


@pytest.mark.parametrize(
    ("joined", "left", "minutes", "status", "seen"),
    [
        (0, 90, "90 of 90", "Attended", set()),
        (-10, 90, "90 of 90", "Attended", set()),  # early: counted from the start
        (10, 90, "80 of 90", "Attended", {"Late"}),
        (5, 85, "80 of 90", "Attended", set()),  # exactly five minutes are neither
        (0, 80, "80 of 90", "Attended", {"Left early"}),
        (0, 60, "60 of 90", "Partly", {"Left early"}),
        (20, 70, "50 of 90", "Partly", {"Late", "Left early"}),
        (0, 5, "5 of 90", "Missed", {"Brief contact"}),
        (0, 110, "90 of 90", "Attended", set()),  # overrun earns nothing
    ],
)
def test_early_late_left_early_partly_and_brief(  # noqa: PLR0917  # one case, as it was lived and as it is read
    world: World, session: Session, joined: int, left: int, minutes: str, status: str, seen: set[str]
) -> None:
    sat(session, world.ana, joined, left)
    row = Sheet(world, finalised(session)).row(world.ana)
    assert minutes in row
    assert status in row
    assert flags(row) == seen


def test_who_never_came_is_missed_and_nothing_else(world: World, session: Session) -> None:
    row = Sheet(world, finalised(session)).row(world.ben)
    assert "0 of 90" in row
    assert "Missed" in row
    assert flags(row) == set()


def test_somebody_unexpected_stands_there_by_name_with_their_minutes(world: World, session: Session) -> None:
    sat(session, world.cleo, 0, 90)
    sheet = Sheet(world, finalised(session))
    row = sheet.row(world.cleo)
    assert "90 of 90" in row
    assert flags(row) == {"Unexpected"}
    assert "Came without a place in the group that day: Cleo Park." in sheet.text


def test_two_of_one_name_have_a_line_each(world: World, session: Session) -> None:
    twin = newcomer(world, "Ana", "Moreno")
    sat(session, world.ana, 0, 90)
    sat(session, twin, 0, 30)
    sheet = Sheet(world, finalised(session))
    assert "90 of 90" in sheet.row(world.ana)
    assert "30 of 90" in sheet.row(twin)
    assert sheet.row(world.ana).count("Ana Moreno") == sheet.row(twin).count("Ana Moreno") == 1


def test_an_end_of_ours_is_technical_and_said_in_words(world: World, session: Session) -> None:
    sat(session, world.ana, 0, 40, cause="server")
    sat(session, world.ana, 55, 90)
    sat(session, world.ben, 0, 40, cause="dropped")
    sat(session, world.ben, 55, 90)
    sheet = Sheet(world, finalised(session))
    assert flags(sheet.row(world.ana)) == {"Technical"}
    assert flags(sheet.row(world.ben)) == set()
    assert "our system broke the connection" in sheet.line(world.ana)
    assert "our system broke the connection" not in sheet.line(world.ben)


@pytest.mark.parametrize("when", ["before the session", "after it"])
def test_who_is_excused_is_excused_and_no_miss(world: World, session: Session, when: str) -> None:
    def excuse(at: datetime) -> None:
        excuse_client(
            actor=world.actor(world.facilitator),
            session=session,
            client=world.ben,
            reason="At the court.",
            now=at,
        )

    if when == "before the session":
        excuse(MONDAY_START - timedelta(hours=2))
        finalised(session)
    else:
        finalised(session)
        excuse(MONDAY_START + timedelta(hours=2))
    row = Sheet(world, session).row(world.ben)
    assert "Excused" in row
    assert "Missed" not in row
    assert "0 of 90" in row


@pytest.mark.parametrize("how", ["called off", "never started", "stopped after seven minutes"])
def test_cancelled_by_us_blames_nobody(world: World, how: str) -> None:
    if how == "called off":
        session = held(world.group, status="cancelled", cancelled_at=MONDAY_START)
    elif how == "never started":
        session = held(world.group, started_at=None)
    else:
        session = held(world.group, ended_at=MONDAY_START + timedelta(minutes=7))
        sat(session, world.ana, 0, 7)
    sheet = Sheet(world, finalised(session))
    for client in (world.ana, world.ben):
        row = sheet.row(client)
        assert "Called off" in row
        assert "Missed" not in row
        assert flags(row) == set()


def test_the_client_reads_the_same_of_their_own_evening(world: World, session: Session) -> None:
    late, twin = newcomer(world), newcomer(world, "Ana", "Moreno")
    sat(session, late, 10, 90)
    sat(session, twin, 0, 30)
    finalised(session)
    words = {late: "1 h 20 min", twin: "You were here 30 min."}
    for client, said in words.items():
        browser = Browser()
        browser.force_login(client.person)
        text = browser.get(reverse("session_mine", args=[session.pk])).content.decode()
        assert said in text
        assert "Okafor" not in text.replace(client.person.full_name, "")
