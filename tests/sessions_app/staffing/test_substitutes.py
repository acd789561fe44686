"""A substitute at 18:55 and while the room is live: room, charts, sheet and notes are with the right person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.access import clients_for, groups_for
from groups.models import Person
from sessions_app.access import session_for, sessions_for
from sessions_app.attendance.document import leaders as led_by
from sessions_app.board import tonight_board
from sessions_app.models import GroupNote, Session, SessionStaff
from sessions_app.notes.services import open_notes
from sessions_app.room.access import AccessError
from sessions_app.room.door.selectors import licensed_states
from sessions_app.room.page_values import host_words
from sessions_app.staffing.leaders import hosts_of, leaders_of
from sessions_app.staffing.services import add_session_staff, end_session_staff
from tests.factories import MONDAY_START, make_session, make_staff
from tests.sessions_app.notes.evenings import ended_session
from tests.sessions_app.room.live import LiveRoom
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry
from vio.common.permissions import Permission, Role

SYSTEM = system_actor("test")
SHORTLY = MONDAY_START - timedelta(minutes=5)


@pytest.fixture
def tonight(world: World) -> Session:
    return make_session(world.group)


def substitute(
    world: World, session: Session, *, role: str = "facilitator", now: datetime = SHORTLY
) -> SessionStaff:
    """The other group's facilitator comes in place of this one's."""
    return add_session_staff(
        actor=world.actor(world.supervisor), session=session, person=world.other_facilitator, role=role,
        stands_in_for=world.facilitator, now=now,
    )  # fmt: skip


def names(session: Session) -> list[tuple[Person, str]]:
    return [(each.person, each.role) for each in leaders_of(session)]


def test_the_substitute_leads_and_the_co_facilitator_stays(world: World, tonight: Session) -> None:
    substitute(world, tonight)
    assert names(tonight) == [
        (world.other_facilitator, "facilitator"), (world.cofacilitator, "cofacilitator"),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="session.staff_added")
    assert entry.actor_id == world.supervisor.pk
    assert entry.details["stands_in_for"] == str(world.facilitator.pk)
    assert "Other" in host_words(tonight)
    assert world.other_facilitator.full_name in "; ".join(led_by(tonight))
    assert world.facilitator.full_name not in "; ".join(led_by(tonight))


def test_another_evening_of_the_group_is_not_touched(world: World, tonight: Session) -> None:
    later = make_session(world.group, starts_at=MONDAY_START + timedelta(days=1))
    substitute(world, tonight)
    assert world.facilitator in {each.person for each in hosts_of(later)}
    with pytest.raises(NotFoundError):
        session_for(world.actor(world.other_facilitator), later.pk, Permission.HOST_ROOM, now=SHORTLY)


LED = [
    Permission.JOIN_ROOM, Permission.HOST_ROOM, Permission.WRITE_NOTES, Permission.SIGN_NOTES,
    Permission.ATTEST_ATTENDANCE, Permission.CORRECT_ATTENDANCE,
]  # fmt: skip


@pytest.mark.parametrize("permission", LED)
def test_what_is_done_in_the_session_goes_over(
    world: World, tonight: Session, permission: Permission
) -> None:
    new, old = world.actor(world.other_facilitator), world.actor(world.facilitator)
    with pytest.raises(NotFoundError):
        session_for(new, tonight.pk, permission, now=SHORTLY)
    place = substitute(world, tonight)
    assert session_for(new, tonight.pk, permission, now=SHORTLY) == tonight
    with pytest.raises(NotAllowedError):
        session_for(old, tonight.pk, permission, now=SHORTLY)
    assert session_for(old, tonight.pk, Permission.SEE_ATTENDANCE, now=SHORTLY) == tonight
    end_session_staff(actor=world.actor(world.supervisor), place=place, now=SHORTLY)
    assert session_for(old, tonight.pk, permission, now=SHORTLY) == tonight
    with pytest.raises(NotFoundError):
        session_for(new, tonight.pk, permission, now=SHORTLY)


def test_an_observer_for_one_evening_looks_on_only(world: World, tonight: Session) -> None:
    add_session_staff(
        actor=SYSTEM, session=tonight, person=world.other_facilitator, role="observer", now=SHORTLY
    )
    new = world.actor(world.other_facilitator)
    assert session_for(new, tonight.pk, Permission.JOIN_ROOM, now=SHORTLY) == tonight
    with pytest.raises(NotAllowedError):
        session_for(new, tonight.pk, Permission.WRITE_NOTES, now=SHORTLY)
    assert session_for(world.actor(world.facilitator), tonight.pk, Permission.HOST_ROOM, now=SHORTLY)
    assert world.other_facilitator not in {each.person for each in hosts_of(tonight)}


def test_the_charts_of_the_evening_are_open_to_the_substitute_about_then(
    world: World, tonight: Session
) -> None:
    new = world.actor(world.other_facilitator)
    assert world.ana not in clients_for(new, Permission.SEE_CLIENTS, now=SHORTLY)
    substitute(world, tonight)
    assert world.ana in clients_for(new, Permission.SEE_CHECKINS, now=SHORTLY)
    assert world.group in groups_for(new, Permission.SEE_PROGRAM, now=SHORTLY)
    for away in (timedelta(hours=-13), timedelta(hours=14)):
        assert world.ana not in clients_for(new, Permission.SEE_CLIENTS, now=MONDAY_START + away)
        assert world.cleo in clients_for(new, Permission.SEE_CLIENTS, now=MONDAY_START + away)
    assert world.dov not in clients_for(new, Permission.SEE_CLIENTS, now=SHORTLY)
    assert world.ana in clients_for(world.actor(world.facilitator), Permission.SEE_CLIENTS, now=SHORTLY)


def test_the_board_shows_the_way_in_to_who_leads(world: World, tonight: Session) -> None:
    substitute(world, tonight)
    board = tonight_board(world.actor(world.other_facilitator), now=SHORTLY)
    assert [(row.session, row.can_host) for row in board.rows] == [(tonight, True)]
    board = tonight_board(world.actor(world.facilitator), now=SHORTLY)
    assert [(row.session, row.can_host) for row in board.rows] == [(tonight, False)]


def test_licences_are_those_of_who_leads(world: World, tonight: Session) -> None:
    world.other_facilitator.staff_roles.update(licensed_states=["NJ"])
    world.cofacilitator.staff_roles.update(licensed_states=[])
    assert licensed_states(tonight) == {"NY"}
    substitute(world, tonight)
    assert licensed_states(tonight) == {"NJ"}


def test_the_notes_are_the_substitutes_drafts_too(world: World) -> None:
    session = ended_session(world)
    substitute(world, session)
    note = open_notes(actor=SYSTEM, session=session, now=MONDAY_START + timedelta(hours=2))
    assert note.author_id == world.other_facilitator.pk


def test_drafts_that_were_begun_go_over_and_come_back(world: World) -> None:
    session = ended_session(world)
    now = MONDAY_START + timedelta(hours=2)
    open_notes(actor=world.actor(world.facilitator), session=session, now=now)
    place = substitute(world, session, now=now)
    assert GroupNote.objects.get().author_id == world.other_facilitator.pk
    end_session_staff(actor=SYSTEM, place=place, now=now)
    assert GroupNote.objects.get().author_id == world.facilitator.pk


def test_signed_notes_close_the_matter(world: World) -> None:
    session = ended_session(world)
    open_notes(actor=world.actor(world.facilitator), session=session, now=MONDAY_START)
    GroupNote.objects.update(signed_at=MONDAY_START)
    with pytest.raises(ConflictError) as refused:
        substitute(world, session)
    assert refused.value.code == "notes_signed"


def test_a_substitute_can_be_followed_by_another(world: World, tonight: Session) -> None:
    substitute(world, tonight)
    third = make_staff(world.program, Role.FACILITATOR, first_name="Third")
    add_session_staff(
        actor=SYSTEM, session=tonight, person=third, role="facilitator", now=SHORTLY,
        stands_in_for=world.other_facilitator,
    )  # fmt: skip
    assert {each.person for each in hosts_of(tonight)} == {third, world.cofacilitator}
    with pytest.raises(NotAllowedError):
        session_for(world.actor(world.facilitator), tonight.pk, Permission.HOST_ROOM, now=SHORTLY)


def test_one_person_is_relieved_once(world: World, tonight: Session) -> None:
    substitute(world, tonight)
    with pytest.raises(BadInputError) as refused:
        add_session_staff(
            actor=SYSTEM, session=tonight, person=world.supervisor, role="facilitator", now=SHORTLY,
            stands_in_for=world.facilitator,
        )  # fmt: skip
    assert list(refused.value.fields) == ["stands_in_for"]
    with pytest.raises(ConflictError):
        add_session_staff(
            actor=SYSTEM, session=tonight, person=world.other_facilitator, role="facilitator", now=SHORTLY
        )


@pytest.mark.parametrize("who", ["clinician", "records", "lakeside_clinician"])
def test_only_who_may_lead_a_room_leads_one(world: World, tonight: Session, who: str) -> None:
    with pytest.raises(BadInputError) as refused:
        add_session_staff(
            actor=SYSTEM, session=tonight, person=getattr(world, who), role="facilitator", now=SHORTLY
        )
    assert list(refused.value.fields) == ["person"]
    assert not SessionStaff.objects.exists()


def test_what_was_called_off_needs_nobody(world: World) -> None:
    with pytest.raises(ConflictError):
        substitute(world, make_session(world.group, status="cancelled"))


def test_a_place_ends_once(world: World, tonight: Session) -> None:
    place = substitute(world, tonight)
    end_session_staff(actor=SYSTEM, place=place, now=SHORTLY)
    with pytest.raises(ConflictError) as refused:
        end_session_staff(actor=SYSTEM, place=place, now=SHORTLY)
    assert refused.value.code == "place_ended"


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "lakeside_admin"])
def test_substituting_needs_the_right(world: World, tonight: Session, who: str) -> None:
    with pytest.raises(NotAllowedError):
        add_session_staff(
            actor=world.actor(getattr(world, who)), session=tonight, person=world.other_facilitator,
            role="facilitator", now=SHORTLY,
        )  # fmt: skip
    place = substitute(world, tonight)
    with pytest.raises(NotAllowedError):
        end_session_staff(actor=world.actor(getattr(world, who)), place=place, now=SHORTLY)
    assert SessionStaff.objects.filter(ended_at=None).count() == 1


def test_the_room_asks_who_leads_now(world: World) -> None:
    live = LiveRoom(world)
    with pytest.raises(AccessError):
        live.standing(world.other_facilitator)
    place = substitute(world, live.session)
    assert live.standing(world.other_facilitator).role == "facilitator"
    with pytest.raises(AccessError):
        live.standing(world.facilitator)
    end_session_staff(actor=SYSTEM, place=place, now=SHORTLY)
    assert live.standing(world.facilitator).role == "facilitator"


def test_reach_is_asked_in_one_query(
    world: World, tonight: Session, django_assert_num_queries: object
) -> None:
    substitute(world, tonight)
    actor = world.actor(world.other_facilitator)
    with django_assert_num_queries(2):  # type: ignore[operator]  # pytest-django's fixture: local dates, and the sessions
        assert list(sessions_for(actor, Permission.HOST_ROOM, now=SHORTLY)) == [tonight]


# --- the pages --------------------------------------------------------------------------------------------


@time_machine.travel(datetime(2026, 4, 13, 21, 25, tzinfo=UTC), tick=False)
def test_the_page_says_who_leads_and_changes_it(world: World, tonight: Session) -> None:
    page = reverse("manage_session_staff", args=[tonight.pk])
    sent = {
        "person": world.other_facilitator.pk, "stands_in_for": world.facilitator.pk, "role": "facilitator",
    }  # fmt: skip
    for stranger, status in ((world.facilitator, 403), (world.lakeside_admin, 404)):
        assert browser_of(stranger).post(page, sent).status_code == status
    who = browser_of(world.supervisor)
    assert world.facilitator.full_name.encode() in who.get(page).content
    wrong = who.post(page, {**sent, "person": world.records.pk})
    assert wrong.status_code == 422
    assert b"Choose a member of staff who may lead a room." in wrong.content
    done = who.post(page, sent, follow=True)
    assert f"in place of {world.facilitator.full_name}" in done.content.decode()
    place = SessionStaff.objects.get()
    end = reverse("manage_session_staff_end", args=[place.pk])
    assert browser_of(world.facilitator).post(end).status_code == 403
    assert who.post(end).status_code == 302
    place.refresh_from_db()
    assert place.ended_at is not None
