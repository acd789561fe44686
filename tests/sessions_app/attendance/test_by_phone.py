"""An evening held by phone: the clock kept by the facilitator, entered afterwards for everybody at once (R14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Client
from sessions_app.attendance.records import latest
from sessions_app.attendance.services import enter_held_by_phone
from sessions_app.models import AttendanceRecord, Session
from tests.factories import MONDAY_START, make_session
from tests.sessions_app.attendance.evenings import MINUTE, finalised, held, sat
from tests.worlds import World
from vio.common.errors import BadInputError, NotAllowedError, NotFoundError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_same_evening")]
NOW = MONDAY_START + timedelta(hours=3)
WHY = "Held by phone, because the room failed."


@pytest.fixture
def evening(world: World) -> Session:
    """The room failed after twenty minutes: Ana was in until then, Ben never came in."""
    session = held(world.group)
    sat(session, world.ana, 0, 20)
    return finalised(session)


def enter(
    world: World, session: Session, *clients: Client, first: float = 0, last: float = 90, **more: object
) -> None:
    given = {"actor": world.actor(world.facilitator), "reason": WHY, "now": NOW, **more}
    enter_held_by_phone(
        session=session, present=[client.pk for client in clients], first_at=session.starts_at + first * MINUTE,
        last_at=session.starts_at + last * MINUTE, **given,  # type: ignore[arg-type]  # by name
    )  # fmt: skip


def lines(session: Session) -> dict[str, tuple[int, str, str]]:
    rows = latest(session).select_related("client__person")
    return {row.client.person.first_name: (row.credited_minutes, row.status, row.source) for row in rows}


def test_everybody_on_the_phone_gets_their_minutes(world: World, evening: Session) -> None:
    enter(world, evening, world.ana, world.ben)
    assert lines(evening) == {"Ana": (90, "attended", "corrected"), "Ben": (90, "attended", "corrected")}
    assert {row.reason for row in latest(evening)} == {WHY}
    assert AttendanceRecord.objects.filter(client=world.ana).count() == 2


def test_a_room_that_never_started_can_be_entered_too(world: World) -> None:
    session = make_session(world.group, status="ended", ended_at=MONDAY_START + 120 * MINUTE)
    finalised(session)
    enter(world, session, world.ben, first=5, last=80)
    assert lines(session)["Ben"][::2] == (75, "corrected")


def test_minutes_proven_in_the_room_are_not_taken_away(world: World, evening: Session) -> None:
    enter(world, evening, world.ana, world.ben, first=20, last=35)
    assert lines(evening)["Ana"] == (20, "partial", "computed")
    assert lines(evening)["Ben"][0] == 15


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"last": 0}, "last_at"),
        ({"last": 95}, "last_at"),
        ({"first": -5}, "first_at"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nobody(
    world: World, evening: Session, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        enter(world, evening, world.ana, world.ben, **wrong)  # type: ignore[arg-type]  # by name
    assert field in caught.value.fields or "credited_minutes" in caught.value.fields
    assert {source for _, _, source in lines(evening).values()} == {"computed"}


def test_only_people_of_the_sheet_and_only_by_who_may(world: World, evening: Session) -> None:
    with pytest.raises(BadInputError):
        enter(world, evening)
    with pytest.raises(NotFoundError):
        enter(world, evening, world.cleo)
    for who in ("clinician", "records"):
        with pytest.raises(NotAllowedError):
            enter(world, evening, world.ben, actor=world.actor(getattr(world, who)))
    assert {source for _, _, source in lines(evening).values()} == {"computed"}


def test_the_page_enters_what_was_ticked_and_keeps_what_was_typed(world: World, evening: Session) -> None:
    browser = Browser()
    browser.force_login(world.facilitator)
    address = reverse("attendance_by_phone", args=[evening.pk])
    assert address in browser.get(reverse("session_attendance", args=[evening.pk])).content.decode()
    assert "Ben Okafor" in browser.get(address).content.decode()
    wrong = browser.post(
        address, {"present": [], "first_at": "17:30", "last_at": "18:45", "reason": "My own words"}
    )
    assert (wrong.status_code, b"My own words" in wrong.content) == (422, True)
    late = browser.post(
        address, {"present": [str(world.ben.pk)], "first_at": "17:30", "last_at": "23:00", "reason": WHY}
    )
    assert late.status_code == 422
    done = browser.post(
        address, {"present": [str(world.ben.pk)], "first_at": "17:30", "last_at": "18:45", "reason": WHY}
    )
    assert done.status_code == 302
    assert lines(evening)["Ben"][0] == 75


def test_strangers_find_no_page(world: World, evening: Session) -> None:
    for who, status in (("other_facilitator", 404), ("clinician", 403), ("ana", 403)):
        browser = Browser()
        person = getattr(world, who)
        browser.force_login(person.person if isinstance(person, Client) else person)
        assert browser.get(reverse("attendance_by_phone", args=[evening.pk])).status_code == status
