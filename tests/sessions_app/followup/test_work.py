"""Working on a follow-up: attempts, escalation, owner, end; each refusal beside its permission."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groups.models import EmergencyContact, Person
from sessions_app.followup import misses, selectors, services, watch
from sessions_app.followup.rules import Outcome
from sessions_app.followup.services import Attempt
from sessions_app.models import ContactAttempt, FollowUp
from tests.factories import MONDAY_START, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import Delivery
from vio.common.permissions import Permission

DETERMINED = MONDAY_START + timedelta(minutes=15)
NEXT_DAY = DETERMINED + timedelta(hours=24)


@pytest.fixture
def task(world: World) -> FollowUp:
    make_session(world.group)
    misses.raise_missed(actor=system_actor("test"), now=DETERMINED)
    return FollowUp.objects.get(client=world.ben)


def tried(
    world: World,
    task: FollowUp,
    outcome: Outcome,
    *,
    hours: int = 24,
    by: Person | None = None,
    channel: str = "call",
) -> FollowUp:
    return services.record_attempt(
        actor=world.actor(by or world.clinician), follow_up_id=task.pk,
        attempt=Attempt(channel=channel, outcome=outcome, note="Rang twice"), now=DETERMINED + timedelta(hours=hours),
    )  # fmt: skip


def test_reaching_the_client_ends_it(world: World, task: FollowUp) -> None:
    done = tried(world, task, Outcome.REACHED)
    assert (done.status, done.next_due_at, done.closed_at) == ("reached", None, NEXT_DAY)
    assert ContactAttempt.objects.get().note == "Rang twice"
    with pytest.raises(ConflictError):
        tried(world, task, Outcome.NO_ANSWER)
    assert ContactAttempt.objects.count() == 1


def test_three_failures_go_to_the_supervisor_once(world: World, task: FollowUp) -> None:
    for number, outcome in enumerate(
        [Outcome.NO_ANSWER, Outcome.MESSAGE_LEFT, Outcome.WRONG_NUMBER, Outcome.NO_ANSWER], 1
    ):
        after = tried(world, task, outcome, hours=24 * number)
        assert after.status == ("open" if number < 3 else "escalated")
    assert Delivery.objects.filter(kind="follow_up_escalated", recipient=world.supervisor).count() == 1


@pytest.mark.parametrize(
    ("who", "error"),
    [("ana", NotAllowedError), ("records", NotAllowedError), ("facilitator", NotAllowedError)],
)
def test_who_may_not_work_on_it(world: World, task: FollowUp, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        services.record_attempt(
            actor=world.actor(getattr(world, who)),
            follow_up_id=task.pk,
            attempt=Attempt("call", Outcome.REACHED),
            now=NEXT_DAY,
        )
    assert not ContactAttempt.objects.exists()
    task.refresh_from_db()
    assert task.status == "open"


def test_an_emergency_contact_only_within_consent_or_an_emergency(world: World, task: FollowUp) -> None:
    contact = EmergencyContact.objects.create(
        program=world.program, client=world.ben, name="Lee", phone="555", consent_given=False
    )
    with pytest.raises(BadInputError):
        tried(world, task, Outcome.REACHED, channel="emergency_contact")
    services.record_attempt(
        actor=world.actor(world.clinician), follow_up_id=task.pk, now=NEXT_DAY,
        attempt=Attempt("emergency_contact", Outcome.NO_ANSWER, medical_emergency=True),
    )  # fmt: skip
    contact.consent_given = True
    contact.save()
    assert tried(world, task, Outcome.REACHED, channel="emergency_contact").status == "reached"


def test_only_somebody_of_the_clinical_team_can_own_it(world: World, task: FollowUp) -> None:
    actor = world.actor(world.clinician)
    for nobody in (world.records, world.lakeside_clinician, world.facilitator):
        with pytest.raises(BadInputError):
            services.assign(actor=actor, follow_up_id=task.pk, owner_id=nobody.pk, now=NEXT_DAY)
    services.assign(actor=actor, follow_up_id=task.pk, owner_id=world.supervisor.pk, now=NEXT_DAY)
    task.refresh_from_db()
    assert task.owner_id == world.supervisor.pk


def test_ending_it_needs_a_reason(world: World, task: FollowUp) -> None:
    actor = world.actor(world.clinician)
    with pytest.raises(BadInputError):
        services.close(actor=actor, follow_up_id=task.pk, reason="  ", now=NEXT_DAY)
    services.close(actor=actor, follow_up_id=task.pk, reason="In hospital", now=NEXT_DAY)
    task.refresh_from_db()
    assert (task.status, task.close_reason) == ("closed", "In hospital")


def test_each_due_attempt_is_told_once(world: World, task: FollowUp) -> None:
    watch.remind_of_attempts(now=NEXT_DAY - timedelta(seconds=1))
    assert not Delivery.objects.filter(kind="follow_up_due").exists()
    for minute in range(3):
        watch.remind_of_attempts(now=NEXT_DAY + timedelta(minutes=minute))
    assert Delivery.objects.filter(kind="follow_up_due", key__contains=str(task.pk)).count() == 1
    tried(world, task, Outcome.NO_ANSWER)
    watch.remind_of_attempts(now=NEXT_DAY + timedelta(hours=24))
    assert Delivery.objects.filter(kind="follow_up_due", key__contains=str(task.pk)).count() == 2


def test_the_list_is_worst_first_and_bounded_in_queries(
    world: World, task: FollowUp, django_assert_max_num_queries: object
) -> None:
    FollowUp.objects.filter(client=world.ana).update(risk="high")
    rows = selectors.open_misses(world.actor(world.clinician), now=NEXT_DAY + timedelta(hours=1))
    assert [row.task.client_id for row in rows] == [world.ana.pk, world.ben.pk]
    assert all(row.overdue for row in rows)


@pytest.mark.parametrize(
    ("who", "error"),
    [("lakeside_clinician", NotFoundError), ("records", NotAllowedError), ("ben", NotFoundError)],
)
def test_who_may_not_see_it(world: World, task: FollowUp, who: str, error: type[Exception]) -> None:
    assert selectors.follow_up_for(world.actor(world.clinician), task.pk, Permission.SEE_FOLLOW_UP) == task
    with pytest.raises(error):
        selectors.follow_up_for(world.actor(getattr(world, who)), task.pk, Permission.SEE_FOLLOW_UP)
