"""A check-in through the service: every rule, idempotence, and that nothing lowers or drops a red (A1-A9, C7, C8, AL-1)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections

from checkins.models import Alert, AlertAct, CheckIn
from checkins.rules import Level
from checkins.services.alerts import acknowledge_alert, resolve_alert
from checkins.services.checkins import submit_checkin
from groups.models import StaffRole
from tests.checkins.answers import CALM, NOW, red_alert, send, send_days
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import NotFoundError
from vio.common.models import AuditEntry, Delivery


def codes(alert: Alert | None) -> set[str]:
    assert alert is not None
    return {reason["code"] for reason in alert.reasons}


def test_a_quiet_day_is_stored_and_raises_nothing(world: World) -> None:
    done = send(
        world,
        world.ana,
        sleep_hours="6,5",
        medication="taken",
        note="slept better",
        device_at=NOW.isoformat(),
    )
    stored = CheckIn.objects.get()
    assert done.checkin == stored
    assert (stored.mood, stored.urge, stored.used, stored.safety) == (7, 2, False, False)
    assert (stored.sleep_hours, stored.medication, stored.note) == (Decimal("6.5"), "taken", "slept better")
    assert (stored.local_date, stored.at, stored.device_at) == (date(2026, 4, 13), NOW, NOW)
    assert (stored.program, stored.client, stored.level) == (world.program, world.ana, "none")
    assert done.level is Level.NONE
    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("given", "level", "reasons"),
    [
        ({"safety": "yes", "urge": 0, "mood": 10}, "red", {"safety"}),
        ({"used": "yes"}, "orange", {"use"}),
        ({"urge": 8}, "orange", {"urge_high"}),
        ({"urge": 7}, "yellow", {"urge_elevated"}),
        ({"urge": 6}, "yellow", {"urge_elevated"}),
        ({"mood": 2}, "orange", {"mood_low"}),
        ({"mood": 3}, "yellow", {"mood_reduced"}),
        ({"urge": 9, "mood": 2, "used": "yes"}, "orange", {"use", "urge_high", "mood_low"}),
    ],
)
def test_the_answers_alone_raise_what_the_rules_say(
    world: World, given: dict[str, object], level: str, reasons: set[str]
) -> None:
    done = send(world, world.ana, **given)
    alert = Alert.objects.get()
    assert done.alert == alert
    assert (alert.level, codes(alert), alert.status) == (level, reasons, "open")
    assert alert.rule_version == done.checkin.rule_version  # type: ignore[union-attr]
    assert AlertAct.objects.get().kind == "raised"


@pytest.mark.parametrize(("urge", "mood"), [(5, 7), (2, 4), (0, 10)])
def test_values_below_the_limits_raise_nothing(world: World, urge: int, mood: int) -> None:
    assert send(world, world.ana, urge=urge, mood=mood).alert is None


def test_a_rise_above_ones_own_usual_counts_the_last_fourteen_days(world: World) -> None:
    send_days(world, world.ana, [2, 3, 2, 4, 3, 2, 3])
    done = send(world, world.ana, urge=5, mood=6)
    assert (done.level, codes(done.alert)) == (Level.ORANGE, {"urge_rise"})


def test_a_fall_of_mood_below_ones_own_usual(world: World) -> None:
    send_days(world, world.ana, [3, 3, 3, 3, 3], moods=[7, 7, 8, 7, 6])
    done = send(world, world.ana, urge=3, mood=4)
    assert (done.level, codes(done.alert)) == (Level.YELLOW, {"mood_drop"})


def test_days_before_the_window_and_of_other_people_are_no_baseline(world: World) -> None:
    for back in range(15, 21):
        send(world, world.ana, now=NOW - timedelta(days=back), urge=1)
    send_days(world, world.ben, [1, 1, 1, 1, 1, 1])
    assert send(world, world.ana, urge=4).level is Level.NONE


def test_several_of_one_day_feed_the_baseline_as_one_most_severe_value(world: World) -> None:
    """C8: with the calm ones of each day counted too, the rise would be larger than it is."""
    send_days(world, world.ana, [3, 3, 3, 3, 3])
    for back in range(1, 6):
        send(world, world.ana, now=NOW - timedelta(days=back, hours=2), urge=0)
    assert send(world, world.ana, urge=4).level is Level.NONE


def test_the_day_is_the_programs_own(world: World) -> None:
    """23:30 in New York is the next day in UTC."""
    late = datetime(2026, 4, 14, 3, 30, tzinfo=UTC)
    done = send(world, world.ana, now=late, used="yes")
    assert done.checkin is not None
    assert done.checkin.local_date == date(2026, 4, 13)
    assert Alert.objects.get().local_date == date(2026, 4, 13)


# --- A9: one open alert a day, it only rises -----------------------------------------------------------------


def test_a_later_check_in_raises_the_alert_of_the_day_and_adds_its_reasons(world: World) -> None:
    send(world, world.ana, urge=6)
    send(world, world.ana, now=NOW + timedelta(hours=1), used="yes")
    alert = Alert.objects.get()
    assert (alert.level, codes(alert)) == ("orange", {"urge_elevated", "use"})
    assert list(AlertAct.objects.order_by("at").values_list("kind", flat=True)) == ["raised", "level_raised"]


def test_a_calm_check_in_later_lowers_nothing(world: World) -> None:
    red_alert(world, world.ana)
    send(world, world.ana, now=NOW + timedelta(minutes=5))
    alert = Alert.objects.get()
    assert (alert.level, codes(alert), alert.status) == ("red", {"safety"}, "open")
    assert CheckIn.objects.count() == 2


def test_a_milder_reason_joins_without_lowering(world: World) -> None:
    red_alert(world, world.ana)
    send(world, world.ana, now=NOW + timedelta(minutes=5), mood=3)
    alert = Alert.objects.get()
    assert (alert.level, codes(alert)) == ("red", {"safety", "mood_reduced"})
    assert alert.acknowledge_by == NOW + timedelta(minutes=15)


def test_a_red_answer_after_the_acknowledgement_opens_it_again_with_a_new_clock(world: World) -> None:
    alert = red_alert(world, world.ana)
    acknowledge_alert(
        actor=world.actor(world.clinician), alert_id=alert.pk, version=1, now=NOW + timedelta(minutes=2)
    )
    later = NOW + timedelta(hours=1)
    red_alert(world, world.ana, now=later)
    again = Alert.objects.get()
    assert (again.status, again.round, again.escalation) == ("open", 2, 0)
    assert again.acknowledge_by == later + timedelta(minutes=15)
    assert Delivery.objects.filter(kind="alert", sent_at=None, cancelled_at=None).exists()


def test_a_red_answer_after_closing_is_an_alert_of_its_own(world: World) -> None:
    alert = red_alert(world, world.ana)
    resolve_alert(actor=world.actor(world.clinician), alert_id=alert.pk, version=1, text="Called.", now=NOW)
    red_alert(world, world.ana, now=NOW + timedelta(hours=1))
    assert sorted(Alert.objects.values_list("status", flat=True)) == ["open", "resolved"]


def test_the_next_day_is_another_alert(world: World) -> None:
    send(world, world.ana, used="yes")
    send(world, world.ana, now=NOW + timedelta(days=1), used="yes")
    assert Alert.objects.count() == 2


# --- C7 and AL-7: bad answers ----------------------------------------------------------------------------------


def test_an_impossible_form_is_not_scored_but_its_safety_answer_opens_the_red_path(world: World) -> None:
    done = send(world, world.ana, urge=42, used="yes", safety="yes")
    assert done.red
    assert set(done.errors) == {"urge"}
    assert not CheckIn.objects.exists()
    assert codes(Alert.objects.get()) == {"safety"}  # the use of the same form is not scored


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"mood": 11}, "mood"),
        ({"mood": -1}, "mood"),
        ({"mood": "seven"}, "mood"),
        ({"mood": "7.5"}, "mood"),
        ({"mood": True}, "mood"),
        ({"mood": ["7"]}, "mood"),
        ({"urge": ""}, "urge"),
        ({"urge": "٣"}, "urge"),
        ({"used": "maybe"}, "used"),
        ({"safety": None}, "safety"),
        ({"sleep_hours": "25"}, "sleep_hours"),
        ({"sleep_hours": "NaN"}, "sleep_hours"),
        ({"medication": ["taken"]}, "medication"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "a\0b"}, "note"),
        ({"score": 3}, "form"),
        ({"level": "none"}, "form"),
    ],
)
def test_nonsense_gets_an_error_beside_its_field_and_changes_nothing(
    world: World, given: dict[str, object], field: str
) -> None:
    done = send(world, world.ana, **given)
    assert set(done.errors) == {field}
    assert not done.red
    assert not CheckIn.objects.exists()
    assert not Alert.objects.exists()


def test_a_phone_with_a_broken_clock_loses_nobody_a_check_in(world: World) -> None:
    done = send(world, world.ana, device_at="yesterday-ish")
    assert done.checkin is not None
    assert done.checkin.device_at is None


# --- repeats and races -----------------------------------------------------------------------------------------


def test_the_same_submission_again_is_the_same_check_in(world: World) -> None:
    key = uuid.uuid4()
    first = send(world, world.ana, key=key, used="yes")
    again = send(world, world.ana, key=key, used="yes", now=NOW + timedelta(minutes=3))
    assert again.repeated
    assert again.checkin == first.checkin
    assert (again.level, first.level) == (Level.ORANGE, Level.ORANGE)
    assert (CheckIn.objects.count(), AlertAct.objects.count()) == (1, 1)


def test_other_answers_under_the_same_id_are_a_check_in_of_their_own(world: World) -> None:
    """Somebody goes back in the browser and changes "no" to "yes": that yes must reach the team."""
    key = uuid.uuid4()
    send(world, world.ana, key=key)
    done = send(world, world.ana, key=key, safety="yes")
    assert done.red
    assert CheckIn.objects.count() == 2
    assert Alert.objects.get().level == "red"
    assert send(world, world.ana, key=key, safety="yes").repeated


def test_an_id_that_another_client_used_stays_ones_own(world: World) -> None:
    key = uuid.uuid4()
    send(world, world.ana, key=key)
    done = send(world, world.ben, key=key, safety="yes")
    assert done.checkin is not None
    assert done.checkin.client == world.ben
    assert Alert.objects.get().client == world.ben


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_check_in_and_one_open_alert() -> None:
    """The same submission from eight connections, and eight different red ones: one alert, nothing lost."""
    world = build_world()
    actor = world.actor(world.ana)
    key = uuid.uuid4()

    def one(submission: uuid.UUID) -> bool:
        try:
            with scope.scope(actor.program_ids):
                answers = {**CALM, "safety": "yes"}
                return submit_checkin(actor=actor, submission_id=submission, answers=answers, now=NOW).red
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, [key] * 8))
        assert CheckIn.objects.count() == 1
        assert all(pool.map(one, [uuid.uuid4() for _ in range(8)]))
    assert CheckIn.objects.count() == 9
    alert = Alert.objects.get()
    assert (alert.level, alert.status) == ("red", "open")
    assert alert.acts.filter(kind="raised").count() == 1


# --- who is told, what is on record -----------------------------------------------------------------------------


def test_red_is_told_to_the_people_on_call_and_the_primary_clinician(world: World) -> None:
    StaffRole.objects.filter(person=world.supervisor).update(is_on_call=True)
    alert = red_alert(world, world.ana)
    told = Delivery.objects.filter(kind="alert")
    assert {delivery.recipient for delivery in told} == {world.supervisor, world.clinician}
    assert {delivery.path for delivery in told} == {f"/alerts/{alert.pk}/"}


def test_without_anybody_on_call_the_circle_widens(world: World) -> None:
    world.ana.enrolments.update(primary_clinician=None)
    red_alert(world, world.ana)
    told = {delivery.recipient for delivery in Delivery.objects.filter(kind="alert")}
    assert told == {world.clinician, world.supervisor, world.director}


def test_a_withdrawn_or_switched_off_person_is_not_the_one_who_is_told(world: World) -> None:
    StaffRole.objects.filter(person=world.clinician).update(withdrawn_at=NOW)
    type(world.director).objects.filter(pk=world.director.pk).update(is_active=False)
    red_alert(world, world.ana)
    assert [delivery.recipient for delivery in Delivery.objects.filter(kind="alert")] == [world.supervisor]


@pytest.mark.parametrize("given", [{"used": "yes"}, {"urge": 7}])
def test_orange_and_yellow_wait_on_the_desk_without_a_message(world: World, given: dict[str, object]) -> None:
    send(world, world.ana, **given)
    assert not Delivery.objects.exists()


def test_the_act_is_on_record_without_any_answer_in_it(world: World) -> None:
    send(world, world.ana, used="yes", note="canary-note")
    actions = list(
        AuditEntry.objects.filter(client_id=world.ana.pk).order_by("number").values_list("action", flat=True)
    )
    assert actions == ["alert.raised", "checkin.submitted"]
    written = str(list(AuditEntry.objects.values_list("details", "reason", "subject_id")))
    assert "canary-note" not in written
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM checkins_checkin")
        assert b"canary" not in bytes(cursor.fetchone()[0])


@pytest.mark.parametrize("who", ["clinician", "facilitator", "admin", "lakeside_clinician"])
def test_nobody_but_a_client_checks_in(world: World, who: str) -> None:
    with pytest.raises(NotFoundError):
        submit_checkin(
            actor=world.actor(getattr(world, who)), submission_id=uuid.uuid4(), answers=CALM, now=NOW
        )
    assert not CheckIn.objects.exists()


def test_a_check_in_that_cannot_be_told_is_not_stored(world: World) -> None:
    """AL-1: one transaction. When the alert cannot be written, the answers are not kept unevaluated either."""
    from django.db import DatabaseError

    def refuse_alerts(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if 'INSERT INTO "checkins_alert"' in sql:
            raise DatabaseError("disk full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_alerts), pytest.raises(DatabaseError):
        send(world, world.ana, safety="yes")
    assert not CheckIn.objects.exists()
