"""Who had a follow-up: every change of hands is a line on its page and in its API, and who is given it finds a message."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from groups.models import Absence, Person, StaffRole
from sessions_app.followup import misses, services
from sessions_app.followup.handing_over import hand_over
from sessions_app.followup.handovers import handovers_of
from sessions_app.followup.rules import Outcome
from sessions_app.models import FollowUp, Handover
from tests.factories import MONDAY_START, make_client, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, NotAllowedError
from vio.common.models import Delivery

SYSTEM = system_actor("test")
NOW = MONDAY_START + timedelta(minutes=15)
DAY = timedelta(days=1)
LINE = "Handed from Clinician Staff to Director Staff: Clinician Staff is away until Tue, Apr 14, 5:45 PM."


@pytest.fixture
def task(world: World) -> FollowUp:
    make_session(world.group, status="live", started_at=MONDAY_START)
    misses.raise_missed(actor=SYSTEM, now=NOW)
    return FollowUp.objects.get(client=world.ben)


def away(world: World, person: Person, cover: Person | None = None) -> None:
    Absence.objects.create(
        program=world.program, person=person, cover=cover, starts_at=NOW, ends_at=NOW + DAY,
        recorded_by=person, recorded_at=NOW,
    )  # fmt: skip


def words(task: FollowUp) -> list[str]:
    return [told.words for told in handovers_of(task)]


def messages(task: FollowUp) -> list[Person]:
    found = Delivery.objects.filter(kind="follow_up_assigned", path=f"/follow-ups/{task.pk}/")
    return [row.recipient for row in found]


def test_a_new_one_has_no_line(world: World, task: FollowUp) -> None:
    assert words(task) == []


def test_an_absence_leaves_a_line_and_a_message_once(world: World, task: FollowUp) -> None:
    away(world, world.clinician, world.director)
    hand_over(actor=SYSTEM, now=NOW)
    hand_over(actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert words(task) == [LINE]
    row = task.handovers.get()
    assert (row.because, row.by, row.giver, row.owner) == ("away", None, world.clinician, world.director)
    assert (row.at, row.away_until) == (NOW, NOW + DAY)
    assert messages(task) == [world.director]


def test_with_nobody_there_the_line_says_so_and_nobody_is_written_to(world: World, task: FollowUp) -> None:
    away(world, world.clinician)
    away(world, world.supervisor)
    hand_over(actor=SYSTEM, now=NOW)
    assert words(task) == [
        "Taken from Clinician Staff: Clinician Staff is away until Tue, Apr 14, 5:45 PM. Nobody was there to take it."
    ]
    assert messages(task) == []


def test_nobody_is_given_the_follow_up_about_themselves(world: World, task: FollowUp) -> None:
    both = make_client(world.program, world.group, clinician=world.clinician, first_name="Both")
    StaffRole.objects.create(program=world.program, person=both.person, role="supervisor", is_on_call=True)
    FollowUp.objects.filter(pk=task.pk).update(client=both)
    away(world, world.clinician, both.person)
    hand_over(actor=SYSTEM, now=NOW)
    task.refresh_from_db()
    assert task.owner == world.supervisor


def test_a_hand_leaves_a_line_and_a_message(world: World, task: FollowUp) -> None:
    services.assign(
        actor=world.actor(world.supervisor), follow_up_id=task.pk, owner_id=world.director.pk, now=NOW
    )
    assert words(task) == ["Given from Clinician Staff to Director Staff by Supervisor Staff."]
    assert messages(task) == [world.director]


def test_who_takes_it_themselves_needs_no_message(world: World, task: FollowUp) -> None:
    actor = world.actor(world.supervisor)
    for _ in range(2):  # the second time it stays where it is
        services.assign(actor=actor, follow_up_id=task.pk, owner_id=world.supervisor.pk, now=NOW)
    assert words(task) == ["Taken from Clinician Staff by Supervisor Staff."]
    assert messages(task) == []


def test_who_tries_first_takes_what_was_nobodys(world: World, task: FollowUp) -> None:
    FollowUp.objects.filter(pk=task.pk).update(owner=None)
    for _ in range(2):
        services.record_attempt(
            actor=world.actor(world.clinician), follow_up_id=task.pk,
            attempt=services.Attempt("call", Outcome.NO_ANSWER), now=NOW,
        )  # fmt: skip
    assert words(task) == ["Taken by Clinician Staff."]


@pytest.mark.parametrize("who", ["records", "facilitator"])
def test_a_refused_hand_leaves_nothing(world: World, task: FollowUp, who: str) -> None:
    actor = world.actor(getattr(world, who))
    with pytest.raises(NotAllowedError):
        services.assign(actor=actor, follow_up_id=task.pk, owner_id=world.director.pk, now=NOW)
    away(world, world.director)
    with pytest.raises(BadInputError):
        services.assign(
            actor=world.actor(world.supervisor), follow_up_id=task.pk, owner_id=world.director.pk, now=NOW
        )
    assert words(task) == []
    assert messages(task) == []


def test_a_line_from_nobody_to_nobody_cannot_be(world: World, task: FollowUp) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Handover.objects.create(program=world.program, follow_up=task, at=NOW, because="given")


def test_the_page_and_the_api_tell_it(world: World, task: FollowUp) -> None:
    away(world, world.clinician, world.director)
    hand_over(actor=SYSTEM, now=NOW)
    browser = Browser()
    browser.force_login(world.director)
    with time_machine.travel(NOW, tick=False):
        page = browser.get(f"/follow-ups/{task.pk}/").content.decode()
        told = browser.get(f"/api/v1/follow-ups/{task.pk}").json()["handovers"]
    assert "Who had it" in page
    assert LINE in page
    assert [(one["because"], one["words"], one["by"]) for one in told] == [("away", LINE, None)]
    assert (told[0]["giver"]["id"], told[0]["owner"]["id"]) == (
        str(world.clinician.pk),
        str(world.director.pk),
    )
    assert told[0]["away_until"] is not None
