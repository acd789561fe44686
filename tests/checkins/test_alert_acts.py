"""The life of an alert and who may take part in it: each refusal stands beside its permission (A10, AZ-1, AZ-2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from checkins.access import alert_for, alerts_for
from checkins.models import Alert, AlertAct
from checkins.services import alerts
from groups.models import Membership, Person
from tests.checkins.answers import NOW, red_alert, send
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import BadInputError, ConflictError, DomainError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry, Delivery
from vio.common.permissions import Permission

SOON = NOW + timedelta(minutes=3)
Act = Callable[..., Alert]


def acts_of(alert: Alert) -> list[tuple[str, str]]:
    return [(act.kind, act.text) for act in alert.acts.order_by("at")]


def test_acknowledging_takes_it_and_stops_the_messages(world: World) -> None:
    alert = red_alert(world, world.ana)
    done = alerts.acknowledge_alert(
        actor=world.actor(world.clinician), alert_id=alert.pk, version=1, now=SOON
    )
    assert (done.status, done.owner, done.acknowledged_at, done.version) == (
        "acknowledged",
        world.clinician,
        SOON,
        2,
    )
    assert [kind for kind, _ in acts_of(alert)] == ["raised", "acknowledged"]
    assert not Delivery.objects.filter(kind="alert", cancelled_at=None).exists()


def test_acknowledging_keeps_the_owner_it_was_given_to(world: World) -> None:
    alert = red_alert(world, world.ana)
    lead = world.actor(world.supervisor)
    given = alerts.assign_alert(
        actor=lead, alert_id=alert.pk, version=1, person_id=world.clinician.pk, now=SOON
    )
    done = alerts.acknowledge_alert(actor=lead, alert_id=alert.pk, version=given.version, now=SOON)
    assert done.owner == world.clinician


def test_assigning_tells_the_person_and_leaves_the_clock_running(world: World) -> None:
    alert = red_alert(world, world.ana)
    done = alerts.assign_alert(
        actor=world.actor(world.supervisor),
        alert_id=alert.pk,
        version=1,
        person_id=world.clinician.pk,
        now=SOON,
    )
    assert (done.status, done.owner, done.acknowledge_by) == (
        "open",
        world.clinician,
        NOW + timedelta(minutes=15),
    )
    assert Delivery.objects.get(kind="alert_assigned").recipient == world.clinician


def test_assigning_to_oneself_sends_no_message(world: World) -> None:
    alert = red_alert(world, world.ana)
    alerts.assign_alert(
        actor=world.actor(world.clinician),
        alert_id=alert.pk,
        version=1,
        person_id=world.clinician.pk,
        now=SOON,
    )
    assert not Delivery.objects.filter(kind="alert_assigned").exists()


@pytest.mark.parametrize("who", ["facilitator", "admin", "records", "lakeside_clinician"])
def test_assigning_only_to_the_clinical_team_of_the_program(world: World, who: str) -> None:
    alert = red_alert(world, world.ana)
    with pytest.raises(BadInputError) as refused:
        alerts.assign_alert(
            actor=world.actor(world.clinician), alert_id=alert.pk, version=1,
            person_id=getattr(world, who).pk, now=SOON,
        )  # fmt: skip
    assert set(refused.value.fields) == {"person"}
    assert Alert.objects.get().version == 1


def test_a_contact_acknowledges_and_keeps_its_words_sealed(world: World) -> None:
    alert = red_alert(world, world.ana)
    done = alerts.note_contact(
        actor=world.actor(world.clinician),
        alert_id=alert.pk,
        version=1,
        text=" She is with her sister. ",
        now=SOON,
    )
    assert done.status == "acknowledged"
    assert acts_of(alert) == [("raised", ""), ("acknowledged", ""), ("contacted", "She is with her sister.")]
    assert "sister" not in str(list(AuditEntry.objects.values()))


def test_a_second_contact_is_one_more_line(world: World) -> None:
    alert = red_alert(world, world.ana)
    actor = world.actor(world.clinician)
    first = alerts.note_contact(actor=actor, alert_id=alert.pk, version=1, text="No answer.", now=SOON)
    alerts.note_contact(actor=actor, alert_id=alert.pk, version=first.version, text="Reached.", now=SOON)
    assert [kind for kind, _ in acts_of(alert)].count("acknowledged") == 1
    assert [kind for kind, _ in acts_of(alert)].count("contacted") == 2


def test_resolving_needs_a_text_and_ends_it(world: World) -> None:
    alert = red_alert(world, world.ana)
    done = alerts.resolve_alert(
        actor=world.actor(world.clinician),
        alert_id=alert.pk,
        version=1,
        text="Safe at home, plan reviewed.",
        now=SOON,
    )
    assert (done.status, done.resolved_at, done.owner) == ("resolved", SOON, world.clinician)
    assert acts_of(alert)[-1] == ("resolved", "Safe at home, plan reviewed.")
    assert not Delivery.objects.filter(cancelled_at=None).exists()


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 4001, "a\0b"])
@pytest.mark.parametrize("act", [alerts.resolve_alert, alerts.note_contact])
def test_an_unusable_text_is_refused_beside_its_field(world: World, act: Act, text: str) -> None:
    alert = red_alert(world, world.ana)
    with pytest.raises(BadInputError) as refused:
        act(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, text=text, now=SOON)
    assert set(refused.value.fields) == {"text"}
    assert Alert.objects.get().status == "open"
    assert AlertAct.objects.count() == 1


# --- who may -------------------------------------------------------------------------------------------------

ACTS: dict[str, tuple[Act, dict[str, Any]]] = {
    "acknowledge": (alerts.acknowledge_alert, {}),
    "contact": (alerts.note_contact, {"text": "Called."}),
    "resolve": (alerts.resolve_alert, {"text": "Settled."}),
}


@pytest.mark.parametrize("who", ["clinician", "supervisor", "director"])
@pytest.mark.parametrize("name", ACTS)
def test_the_clinical_team_acts(world: World, name: str, who: str) -> None:
    act, given = ACTS[name]
    alert = red_alert(world, world.ana)
    act(actor=world.actor(getattr(world, who)), alert_id=alert.pk, version=1, now=SOON, **given)
    assert Alert.objects.get().version > 1


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("facilitator", NotAllowedError),  # sees it, may not act on it
        ("cofacilitator", NotAllowedError),
        ("records", NotAllowedError),
        ("admin", NotAllowedError),
        ("other_facilitator", NotFoundError),
        ("ana", NotFoundError),  # not even one's own
        ("ben", NotFoundError),
        ("lakeside_clinician", NotFoundError),
        ("dov", NotFoundError),
    ],
)
@pytest.mark.parametrize("name", ACTS)
def test_nobody_else_acts(world: World, name: str, who: str, refusal: type[DomainError]) -> None:
    act, given = ACTS[name]
    alert = red_alert(world, world.ana)
    with pytest.raises(refusal):
        act(actor=world.actor(getattr(world, who)), alert_id=alert.pk, version=1, now=SOON, **given)
    assert (Alert.objects.get().version, AlertAct.objects.count()) == (1, 1)


def test_seeing_is_for_the_team_and_the_clients_own_facilitators(world: World) -> None:
    alert = red_alert(world, world.ana)
    for who in (world.clinician, world.supervisor, world.director, world.facilitator, world.cofacilitator):
        seen = alerts.view_alert(actor=world.actor(who), alert_id=alert.pk, now=SOON)
        assert seen == alert
    assert AuditEntry.objects.filter(action="alert.viewed", client_id=world.ana.pk).count() == 5
    for who in (world.other_facilitator, world.lakeside_clinician, world.ana):
        with pytest.raises(NotFoundError):
            alerts.view_alert(actor=world.actor(who), alert_id=alert.pk, now=SOON)
    assert AuditEntry.objects.filter(action="alert.viewed").count() == 5


def test_a_facilitator_loses_sight_of_a_client_who_left_the_group(world: World) -> None:
    red_alert(world, world.ana)
    actor = world.actor(world.facilitator)
    assert alerts_for(actor, Permission.SEE_ALERTS, now=SOON).count() == 1
    Membership.objects.filter(client=world.ana).update(ends_on=(NOW - timedelta(days=2)).date())
    assert alerts_for(actor, Permission.SEE_ALERTS, now=SOON).count() == 0


def test_staff_who_are_clients_too_never_reach_alerts_about_themselves(world: World) -> None:
    alert = red_alert(world, world.ana)
    Person.objects.get(pk=world.ana.person_id).staff_roles.create(program=world.program, role="clinician")
    with pytest.raises(NotFoundError):
        alert_for(world.actor(world.ana), alert.pk, Permission.SEE_ALERTS, now=SOON)


def test_an_alert_that_does_not_exist_answers_like_one_out_of_reach(world: World) -> None:
    with pytest.raises(NotFoundError):
        alerts.view_alert(actor=world.actor(world.clinician), alert_id=uuid.uuid4(), now=SOON)


# --- versions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTS)
def test_an_old_version_is_a_conflict_and_changes_nothing(world: World, name: str) -> None:
    act, given = ACTS[name]
    alert = red_alert(world, world.ana)
    send(world, world.ana, now=SOON, mood=1)  # a new reason makes version 2
    with pytest.raises(ConflictError):
        act(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, now=SOON, **given)
    assert Alert.objects.get().status == "open"
    act(actor=world.actor(world.clinician), alert_id=alert.pk, version=2, now=SOON, **given)
    assert Alert.objects.get().status != "open"


@pytest.mark.parametrize("name", ["acknowledge", "contact", "resolve"])
def test_a_closed_alert_stays_closed(world: World, name: str) -> None:
    act, given = ACTS[name]
    alert = red_alert(world, world.ana)
    actor = world.actor(world.clinician)
    done = alerts.resolve_alert(actor=actor, alert_id=alert.pk, version=1, text="Settled.", now=SOON)
    with pytest.raises(ConflictError):
        act(actor=actor, alert_id=alert.pk, version=done.version, now=SOON, **given)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_wins() -> None:
    world = build_world()
    alert = red_alert(world, world.ana)
    actors = [world.actor(world.clinician), world.actor(world.supervisor)] * 3

    def take(number: int) -> bool:
        try:
            with scope.scope(actors[number].program_ids):
                alerts.acknowledge_alert(actor=actors[number], alert_id=alert.pk, version=1, now=SOON)
                return True
        except ConflictError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, range(6))) == [False] * 5 + [True]
    assert AlertAct.objects.filter(kind="acknowledged").count() == 1


def test_the_history_can_only_be_added_to(world: World) -> None:
    from django.db import ProgrammingError, transaction

    alert = red_alert(world, world.ana)
    for statement in (alert.acts.all().delete, lambda: alert.acts.update(kind="resolved")):
        with pytest.raises(ProgrammingError), transaction.atomic():
            statement()
    assert alert.acts.get().kind == "raised"
