"""Misses: one per client and session, raised while the group runs, gone the second the client appears."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from groups.models import Client, Membership
from sessions_app.attendance.services import finalise_session
from sessions_app.followup import misses
from sessions_app.followup.rules import Risk
from sessions_app.models import Excuse, Flag, FollowUp, PresenceEvidence, Session
from sessions_app.room.acts import Arrive
from sessions_app.room.batch import Entry
from sessions_app.room.clock import open_room
from sessions_app.room.services import act
from sessions_app.room.words import Role as RoomRole
from sessions_app.signals import client_risk_asked, clients_appeared
from tests.factories import MONDAY_START, make_session
from tests.worlds import World, build_world
from vio.common.actors import system_actor
from vio.common.models import AuditEntry, Delivery
from vio.common.scope import every_program

SYSTEM = system_actor("test")
DETERMINED = MONDAY_START + timedelta(minutes=15)


def appear(session: Session, client: Client, at: datetime) -> None:
    PresenceEvidence.objects.create(
        session=session,
        program=session.program,
        person=client.person,
        client=client,
        connection=uuid4(),
        kind="opened",
        at=at,
    )


@pytest.fixture
def session(world: World) -> Session:
    return make_session(world.group, status="live", started_at=MONDAY_START)


def test_nobody_is_missing_before_the_fifteenth_minute(world: World, session: Session) -> None:
    assert misses.raise_missed(actor=SYSTEM, now=DETERMINED - timedelta(seconds=1)) == 0
    assert not Flag.objects.exists()


def test_who_has_no_presence_is_missed_and_who_waits_in_the_lobby_is_not(
    world: World, session: Session
) -> None:
    appear(session, world.ana, MONDAY_START)
    assert misses.raise_missed(actor=SYSTEM, now=DETERMINED) == 1
    task = FollowUp.objects.get()
    assert (task.client_id, task.owner_id, task.risk) == (world.ben.pk, world.clinician.pk, "standard")
    assert task.determined_at == DETERMINED
    assert task.next_due_at == DETERMINED + timedelta(hours=24)
    assert AuditEntry.objects.filter(action="follow_up.opened", client_id=world.ben.pk).count() == 1


def test_running_it_ten_times_raises_once(world: World, session: Session) -> None:
    for minute in range(10):
        misses.raise_missed(actor=SYSTEM, now=DETERMINED + timedelta(minutes=minute))
    assert FollowUp.objects.count() == 2
    assert Flag.objects.count() == 2


def test_after_an_outage_the_miss_carries_the_time_it_fell_due(world: World, session: Session) -> None:
    found_at = DETERMINED + timedelta(days=2)
    misses.raise_missed(actor=SYSTEM, now=found_at)
    flag = Flag.objects.first()
    assert flag is not None
    assert (flag.due_at, flag.raised_at) == (DETERMINED, found_at)


def test_a_cancelled_session_is_missed_by_nobody(world: World) -> None:
    make_session(world.group, status="cancelled")
    assert misses.raise_missed(actor=SYSTEM, now=DETERMINED) == 0


def test_who_joined_the_group_later_was_not_expected(world: World, session: Session) -> None:
    Membership.objects.filter(client=world.ben).update(starts_on=session.local_date + timedelta(days=1))
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    assert list(FollowUp.objects.values_list("client_id", flat=True)) == [world.ana.pk]


def test_high_risk_is_due_at_once_with_contacts_within_the_hour(world: World, session: Session) -> None:
    def high(sender: object, client_id: object, **kwargs: object) -> str:
        return "high" if client_id == world.ben.pk else "standard"

    client_risk_asked.connect(high)
    try:
        misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    finally:
        client_risk_asked.disconnect(high)
    task = FollowUp.objects.get(client=world.ben)
    assert (task.risk, task.next_due_at) == (Risk.HIGH.value, DETERMINED)
    assert task.contacts_due_at == DETERMINED + timedelta(hours=1)
    assert Delivery.objects.filter(recipient=world.clinician, kind="follow_up_due").count() == 1
    assert FollowUp.objects.get(client=world.ana).risk == "standard"


def test_the_miss_ends_the_moment_the_client_appears(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    came = DETERMINED + timedelta(minutes=3)
    clients_appeared.send(sender=None, session_id=session.pk, client_ids={world.ben.pk}, now=came)
    task = FollowUp.objects.get(client=world.ben)
    assert (task.status, task.closed_at, task.next_due_at) == ("withdrawn", came, None)
    assert Flag.objects.get(client=world.ben).withdrawn_because == "appeared"
    assert FollowUp.objects.get(client=world.ana).status == "open"


def test_what_nobody_told_is_found_by_looking(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    appear(session, world.ben, DETERMINED + timedelta(minutes=1))
    assert misses.withdraw_answered(actor=SYSTEM, now=DETERMINED + timedelta(minutes=2)) == 1
    assert misses.withdraw_answered(actor=SYSTEM, now=DETERMINED + timedelta(minutes=3)) == 0
    misses.raise_missed(actor=SYSTEM, now=DETERMINED + timedelta(minutes=4))
    assert FollowUp.objects.get(client=world.ben).status == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_four_schedulers_at_once_raise_each_miss_once() -> None:
    world = build_world()
    for day in range(4):
        make_session(world.group, starts_at=MONDAY_START + timedelta(days=day))

    def look(_: int) -> int:
        try:
            with every_program():
                return misses.raise_missed(actor=SYSTEM, now=MONDAY_START + timedelta(days=5))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        raised = sum(pool.map(look, range(4)))
    assert raised == 8
    assert FollowUp.objects.count() == 8


def arrive(session: Session, client: Client, at: datetime) -> None:
    """Connects as the room's hub does."""
    entry = Entry(
        session_id=session.pk, program_id=session.program_id, what=Arrive(name="Ben O.", staff_name="Ben Okafor"),
        person_id=client.person_id, client_id=client.pk, role=RoomRole.CLIENT, connection=uuid4(),
    )  # fmt: skip
    (outcome,) = act([entry], now=at)
    assert outcome.error is None


@pytest.mark.django_db(transaction=True)
def test_connecting_to_the_room_ends_the_miss_with_the_commit() -> None:
    world = build_world()
    session = make_session(world.group)
    assert open_room(session, now=MONDAY_START)
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    arrive(session, world.ben, DETERMINED + timedelta(minutes=2))
    assert FollowUp.objects.get(client=world.ben).status == "withdrawn"
    assert FollowUp.objects.get(client=world.ana).status == "open"


def test_who_is_excused_is_not_missing(world: World, session: Session) -> None:
    Excuse.objects.create(
        program=world.program, session=session, client=world.ana, reason="A court date.",
        accepted_at=MONDAY_START - timedelta(hours=3),
    )  # fmt: skip
    assert misses.raise_missed(actor=SYSTEM, now=DETERMINED) == 1
    assert FollowUp.objects.get().client_id == world.ben.pk


def test_a_group_that_was_hardly_held_is_missed_by_nobody(world: World, session: Session) -> None:
    """C2: called off for everybody, so the misses of that evening end (FL-2)."""
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    over = DETERMINED + timedelta(minutes=5)
    Session.objects.filter(pk=session.pk).update(
        status="ended", started_at=over - timedelta(minutes=2), ended_at=over
    )
    assert finalise_session(session_id=session.pk, now=over + timedelta(seconds=20), actor=SYSTEM)
    assert set(FollowUp.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert set(Flag.objects.values_list("withdrawn_because", flat=True)) == {"called_off"}


def test_a_group_that_was_held_keeps_its_misses(world: World, session: Session) -> None:
    misses.raise_missed(actor=SYSTEM, now=DETERMINED)
    over = MONDAY_START + timedelta(minutes=90)
    Session.objects.filter(pk=session.pk).update(status="ended", ended_at=over)
    assert finalise_session(session_id=session.pk, now=over + timedelta(seconds=20), actor=SYSTEM)
    assert set(FollowUp.objects.values_list("status", flat=True)) == {"open"}
