"""Who loses the right to lead loses the single sessions they stand in for: the other leads again, nothing of the past changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groups.models import Person, StaffRole
from groups.services.leaders import assign_staff, end_staff
from groups.services.staff import withdraw_role
from sessions_app.access import session_for
from sessions_app.models import GroupNote, Session, SessionStaff
from sessions_app.notes.services import open_notes
from sessions_app.staffing.leaders import hosts_of
from sessions_app.staffing.services import add_session_staff
from tests.factories import MONDAY, MONDAY_START, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import NotAllowedError
from vio.common.models import AuditEntry
from vio.common.permissions import Permission

SYSTEM = system_actor("test")
NOON = MONDAY_START - timedelta(hours=5)
DAY = timedelta(days=1)


@pytest.fixture
def evenings(world: World) -> list[Session]:
    """Three evenings of group A, led by the other group's facilitator in place of its own."""
    found = [make_session(world.group, starts_at=MONDAY_START + n * DAY) for n in range(3)]
    for session in found:
        stand_in(world, session)
    return found


def stand_in(world: World, session: Session, role: str = "facilitator") -> SessionStaff:
    return add_session_staff(
        actor=SYSTEM, session=session, person=world.other_facilitator, role=role, now=NOON,
        stands_in_for=world.facilitator,
    )  # fmt: skip


def withdraw(world: World, role: str = "facilitator") -> None:
    row = StaffRole.objects.get(program=world.program, person=world.other_facilitator, role=role)
    withdraw_role(actor=world.actor(world.director), staff_role=row, now=NOON)


def led_by(session: Session) -> set[Person]:
    return {each.person for each in hosts_of(session)}


def test_a_withdrawn_role_ends_the_places_that_are_not_over(world: World, evenings: list[Session]) -> None:
    Session.objects.filter(pk=evenings[0].pk).update(status="live")
    over = make_session(world.group, starts_at=MONDAY_START - timedelta(hours=3), minutes=60)
    place = stand_in(world, over)
    Session.objects.filter(pk=over.pk).update(status="ended", ended_at=NOON)
    withdraw(world)
    for session in evenings:
        assert led_by(session) == {world.facilitator, world.cofacilitator}
    assert set(SessionStaff.objects.filter(ended_at=NOON).values_list("session", flat=True)) == {
        session.pk for session in evenings
    }
    place.refresh_from_db()
    assert place.ended_at is None  # who led an evening that is over stays who led it
    entries = AuditEntry.objects.filter(action="session.staff_ended")
    assert {entry.actor_id for entry in entries} == {world.director.pk}
    assert len(entries) == 3


def test_whom_they_stood_in_for_has_room_and_drafts_again(world: World, evenings: list[Session]) -> None:
    tonight = evenings[0]
    facilitator = world.actor(world.facilitator)
    with pytest.raises(NotAllowedError):
        session_for(facilitator, tonight.pk, Permission.HOST_ROOM, now=NOON)
    open_notes(actor=world.actor(world.other_facilitator), session=tonight, now=NOON)
    withdraw(world)
    assert session_for(facilitator, tonight.pk, Permission.HOST_ROOM, now=NOON) == tonight
    assert GroupNote.objects.get(session=tonight).author_id == world.facilitator.pk


def test_a_role_that_still_may_lead_keeps_the_places(world: World, evenings: list[Session]) -> None:
    StaffRole.objects.create(program=world.program, person=world.other_facilitator, role="supervisor")
    withdraw(world)
    assert SessionStaff.objects.filter(ended_at=None).count() == 3


@pytest.mark.parametrize("left", ["records", "clinician"])
def test_a_role_that_may_not_lead_a_room_keeps_only_looking_on(
    world: World, evenings: list[Session], left: str
) -> None:
    StaffRole.objects.create(program=world.program, person=world.other_facilitator, role=left)
    SessionStaff.objects.filter(session=evenings[2]).update(role="observer")
    withdraw(world)
    assert [place.session for place in SessionStaff.objects.filter(ended_at=None)] == [evenings[2]]


def test_a_place_in_the_group_that_ends_takes_single_sessions_after_it_along(
    world: World, evenings: list[Session]
) -> None:
    SessionStaff.objects.all().delete()
    elsewhere = make_session(world.other_group, starts_at=MONDAY_START + 2 * DAY)
    for session in (*evenings, elsewhere):
        add_session_staff(
            actor=SYSTEM, session=session, person=world.cofacilitator, role="facilitator", now=NOON, anyway=True,
            stands_in_for=world.facilitator if session.group == world.group else None,
        )  # fmt: skip
        if session == evenings[2]:
            session.staff.update(
                role="cofacilitator"
            )  # so that elsewhere, the same evening, is no second lead
    end_staff(actor=SYSTEM, place=world.group.staff.get(person=world.cofacilitator), ends_on=MONDAY, now=NOON)
    kept = SessionStaff.objects.filter(ended_at=None).values_list("session", flat=True)
    assert set(kept) == {evenings[0].pk, elsewhere.pk}


def test_a_later_place_in_the_group_keeps_them(world: World, evenings: list[Session]) -> None:
    first = assign_staff(
        actor=SYSTEM, group=world.group, person=world.other_facilitator, role="cofacilitator",
        starts_on=MONDAY, ends_on=MONDAY, now=NOON,
    )  # fmt: skip
    assign_staff(
        actor=SYSTEM, group=world.group, person=world.other_facilitator, role="cofacilitator",
        starts_on=MONDAY + DAY, now=NOON,
    )  # fmt: skip
    end_staff(actor=SYSTEM, place=first, ends_on=MONDAY, now=NOON)
    assert SessionStaff.objects.filter(ended_at=None).count() == 3


def test_another_program_is_not_touched(world: World, evenings: list[Session]) -> None:
    StaffRole.objects.create(program=world.lakeside, person=world.other_facilitator, role="facilitator")
    other = make_session(world.lakeside_group)
    place = SessionStaff.objects.create(
        program=world.lakeside, session=other, person=world.other_facilitator, added_at=NOON
    )
    withdraw(world)
    place.refresh_from_db()
    assert place.ended_at is None


@pytest.mark.parametrize("who", ["supervisor", "facilitator", "clinician", "lakeside_admin"])
def test_only_who_manages_the_staff_takes_a_role_away(
    world: World, evenings: list[Session], who: str
) -> None:
    row = StaffRole.objects.get(person=world.other_facilitator)
    with pytest.raises(NotAllowedError):
        withdraw_role(actor=world.actor(getattr(world, who)), staff_role=row, now=NOON)
    assert SessionStaff.objects.filter(ended_at=None).count() == 3
