"""Programs, levels, agreements, staff, arrivals, whole weeks, counting rules."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection

from groups.models import Agreement, AgreementAcceptance, Client, LevelOfCare, Person, StaffRole
from groups.selectors import agreement_needed, leaders_on
from groups.services import agreements, programs, staff
from groups.services.arrivals import Arrival, admit_new_client, send_invitation
from groups.services.people import PersonDetails
from groups.services.series import end_series
from groups.services.weeks import make_week
from groups.templates_of_week import EVENING_WEEK
from sessions_app.models import AttendancePolicy, HoursPolicy, Session
from sessions_app.services import policies
from tests.factories import MONDAY, make_client, make_program
from tests.worlds import World
from vio.common.actors import Actor, system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.permissions import Role
from vio.common.scope import every_program

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = system_actor("test")
NIA = PersonDetails("nia@example.org", "Nia", "Cole")


@pytest.fixture
def director(world: World) -> Actor:
    return world.actor(world.director)


# --- programs and levels ----------------------------------------------------------------------------------


def test_settings_change_once_for_two_who_saw_the_same(world: World, director: Actor) -> None:
    mark = programs.seen(world.program, programs.SETTINGS)
    change = {"actor": director, "program": world.program, "now": NOON, "mark": mark}
    programs.change_program(values={"help_line": "555-0111"}, **change)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        programs.change_program(values={"help_line": "555-0112"}, **change)  # type: ignore[arg-type]
    world.program.refresh_from_db()
    assert world.program.help_line == "555-0111"
    with pytest.raises(BadInputError):
        programs.change_program(
            actor=director, program=world.program, values={"timezone": "Mars/Base"}, now=NOON
        )


def test_levels_are_added_changed_and_their_codes_are_taken(world: World, director: Actor) -> None:
    values = {"code": "2.5", "name": "High", "population": "adult", "weekly_minutes": 1200, "weekly_days": 5}
    made = programs.save_level(actor=director, program=world.program, values=values)
    programs.save_level(
        actor=director, program=world.program, level=made, values={**values, "weekly_days": 6}
    )
    assert LevelOfCare.objects.get(pk=made.pk).weekly_days == 6
    with pytest.raises(ConflictError) as refused:
        programs.save_level(actor=director, program=world.program, values=values)
    assert list(refused.value.fields) == ["code"]
    with pytest.raises(BadInputError):
        programs.save_level(actor=director, program=world.program, values={**values, "weekly_minutes": 99999})


# --- agreement --------------------------------------------------------------------------------------------


def test_a_new_version_is_asked_of_everybody_again(world: World, director: Actor) -> None:
    assert agreement_needed(world.ana) is None
    new = agreements.publish_agreement(
        actor=director, program=world.program, text=" Be kind. ", now=NOON, after_version=1
    )
    assert (new.version, new.text) == (2, "Be kind.")
    assert agreement_needed(world.ana) == new
    ana = world.actor(world.ana)
    first = agreements.accept_agreement(actor=ana, client=world.ana, agreement=new, now=NOON)
    again = agreements.accept_agreement(actor=ana, client=world.ana, agreement=new, now=NOON + DAY)
    assert (first.pk, again.at) == (again.pk, NOON)
    assert agreement_needed(world.ana) is None
    assert agreement_needed(world.ben) == new
    with pytest.raises(ConflictError):
        agreements.publish_agreement(
            actor=director, program=world.program, text="Other", now=NOON, after_version=1
        )
    with pytest.raises(BadInputError):
        agreements.publish_agreement(actor=director, program=world.program, text="  ", now=NOON)


def test_nobody_accepts_for_another_or_an_old_text(world: World, director: Actor) -> None:
    old = Agreement.objects.get(program=world.program)
    new = agreements.publish_agreement(actor=director, program=world.program, text="New", now=NOON)
    with pytest.raises(NotAllowedError):
        agreements.accept_agreement(actor=world.actor(world.ben), client=world.ana, agreement=new, now=NOON)
    with pytest.raises(ConflictError):
        agreements.accept_agreement(actor=world.actor(world.ana), client=world.ana, agreement=old, now=NOON)
    assert not AgreementAcceptance.objects.filter(agreement=new).exists()


def test_a_program_without_an_agreement_asks_for_none(world: World) -> None:
    bare = make_client(world.program)
    Agreement.objects.filter(program=world.lakeside).exclude(acceptances__isnull=False).delete()
    assert agreement_needed(bare) is None


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_accept_once() -> None:
    program = make_program()
    client = make_client(program, agreed=False)
    agreement = Agreement.objects.get()
    start, found = threading.Barrier(3), []

    def tap() -> None:
        with every_program():
            start.wait(timeout=20)
            found.append(
                agreements.accept_agreement(actor=SYSTEM, client=client, agreement=agreement, now=NOON).pk
            )
        connection.close()

    threads = [threading.Thread(target=tap) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 3
    assert len(set(found)) == AgreementAcceptance.objects.count() == 1


# --- staff ------------------------------------------------------------------------------------------------


def test_a_person_gets_a_role_once(world: World, director: Actor) -> None:
    add = {"actor": director, "program": world.program, "person": NIA, "now": NOON}
    row = staff.add_staff(role=Role.CLINICIAN, credentials=" LCSW ", licensed_states=["NY"], **add)  # type: ignore[arg-type]
    assert (row.credentials, row.licensed_states, row.person.email) == ("LCSW", ["NY"], "nia@example.org")
    with pytest.raises(ConflictError):
        staff.add_staff(role=Role.CLINICIAN, **add)  # type: ignore[arg-type]
    staff.add_staff(role=Role.FACILITATOR, **add)  # type: ignore[arg-type]
    with pytest.raises(BadInputError):
        staff.add_staff(role=Role.CLIENT, **add)  # type: ignore[arg-type]
    assert StaffRole.objects.filter(person=row.person).count() == 2


def test_particulars_change_for_a_role_in_force(world: World, director: Actor) -> None:
    row = world.clinician.staff_roles.get()
    mark = programs.seen(row, staff.ROLE_FIELDS)
    change = {
        "actor": director,
        "staff_role": row,
        "credentials": "LMHC",
        "licensed_states": ["NJ"],
        "mark": mark,
    }
    assert staff.change_staff(is_on_call=True, **change).is_on_call  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        staff.change_staff(is_on_call=False, **change)  # type: ignore[arg-type]
    assert StaffRole.objects.get(pk=row.pk).is_on_call


def test_a_withdrawn_role_ends_places_and_logins_at_once(world: World, director: Actor) -> None:
    row, epoch = world.facilitator.staff_roles.get(), world.facilitator.login_epoch
    staff.withdraw_role(actor=director, staff_role=row, now=NOON)
    assert StaffRole.objects.get(pk=row.pk).withdrawn_at == NOON
    assert world.facilitator not in [p.person for p in leaders_on(world.group, MONDAY)]
    assert Person.objects.get(pk=world.facilitator.pk).login_epoch == epoch + 1
    assert world.actor(world.facilitator).roles == {}
    with pytest.raises(ConflictError):
        staff.withdraw_role(actor=director, staff_role=row, now=NOON)
    with pytest.raises(ConflictError):
        staff.change_staff(
            actor=director, staff_role=row, credentials="", licensed_states=[], is_on_call=True
        )


def test_somebody_who_manages_the_staff_always_remains(world: World, director: Actor) -> None:
    staff.withdraw_role(actor=director, staff_role=world.admin.staff_roles.get(), now=NOON)
    last = world.director.staff_roles.get()
    with pytest.raises(ConflictError) as refused:
        staff.withdraw_role(actor=director, staff_role=last, now=NOON)
    assert refused.value.code == "last_manager"
    last.refresh_from_db()
    assert last.withdrawn_at is None


# --- arrivals and weeks -----------------------------------------------------------------------------------


def arrival(world: World, **changes: object) -> Arrival:
    level = LevelOfCare.objects.get(program=world.program)
    return Arrival(**{"person": NIA, "level": level, "starts_on": MONDAY, "group": world.group, **changes})  # type: ignore[arg-type]


def test_a_client_arrives_in_one_go(world: World) -> None:
    client, band = admit_new_client(
        actor=world.actor(world.admin), program=world.program, arrival=arrival(world), now=NOON
    )
    assert band is not None
    assert band.size == 3
    assert client.memberships.get().starts_on == MONDAY
    assert client.enrolments.get().doses.get().weekly_minutes == 540
    assert client.person.invitations.count() == 1


def test_an_arrival_is_all_or_nothing_and_says_what_is_wrong_with_the_group(world: World) -> None:
    world.group.max_size = 2
    world.group.save()
    with pytest.raises(ConflictError) as refused:
        admit_new_client(actor=SYSTEM, program=world.program, arrival=arrival(world), now=NOON)
    assert list(refused.value.fields) == ["group"]
    assert not Client.objects.filter(person__email=NIA.email).exists()
    assert not Person.objects.filter(email=NIA.email).exists()
    assert mail.outbox == []


def test_who_signs_in_already_is_not_invited(world: World) -> None:
    actor = world.actor(world.admin)
    assert not send_invitation(actor=actor, person=world.ana.person, program_id=world.program.pk, now=NOON)


def test_the_sample_week_is_four_evenings_of_three_hours(world: World) -> None:
    group = make_week(
        actor=world.actor(world.supervisor),
        program=world.program,
        group_name="Tulip",
        starts_on=MONDAY,
        now=NOON,
    )
    week = Session.objects.filter(group=group, local_date__range=(MONDAY, MONDAY + 6 * DAY))
    assert EVENING_WEEK.weekly_minutes == 720
    assert [s.local_date for s in week.order_by("starts_at")] == [MONDAY + i * DAY for i in range(4)]
    scheduled = sum(
        (
            s.ends_at
            - s.starts_at
            - sum((b.planned_end - b.planned_start for b in s.breaks.all()), timedelta())
        )
        / timedelta(minutes=1)
        for s in week
    )
    assert scheduled == 720
    before = set(Session.objects.values_list("pk", flat=True))
    for _ in range(10):
        again = make_week(
            actor=SYSTEM, program=world.program, group_name=" Tulip ", starts_on=MONDAY, now=NOON
        )
        assert again == group
    assert set(Session.objects.values_list("pk", flat=True)) == before
    assert group.series.count() == 4


def test_a_group_gets_the_evenings_of_the_week_that_it_lacks(world: World) -> None:
    group = make_week(actor=SYSTEM, program=world.program, group_name="Tulip", starts_on=MONDAY, now=NOON)
    ended = group.series.get(rule="FREQ=WEEKLY;BYDAY=TU")
    end_series(actor=SYSTEM, series=ended, ends_on=MONDAY - DAY, now=NOON)
    make_week(actor=SYSTEM, program=world.program, group_name="Tulip", starts_on=MONDAY, now=NOON)
    assert group.series.count() == 5
    tuesdays = Session.objects.filter(group=group, local_date=MONDAY + DAY)
    assert tuesdays.exclude(status="cancelled").count() == 1
    group.is_active = False
    group.save()
    with pytest.raises(NotAllowedError):
        make_week(
            actor=world.actor(world.facilitator), program=world.program, group_name="Tulip",
            starts_on=MONDAY, now=NOON,
        )  # fmt: skip


# --- counting rules ---------------------------------------------------------------------------------------


def test_versions_are_added_from_a_date_on_and_old_ones_stay(world: World, director: Actor) -> None:
    new = policies.add_attendance_policy(
        actor=director, program=world.program, effective_from=MONDAY + DAY, values={"bridge_gap_seconds": 60},
        now=NOON, after_version=1,
    )  # fmt: skip
    assert (new.version, new.bridge_gap_seconds, new.attended_percent) == (2, 60, 80)
    assert AttendancePolicy.objects.get(program=world.program, version=1).bridge_gap_seconds == 0
    hours = policies.add_hours_policy(
        actor=director, program=world.program, effective_from=MONDAY + DAY, now=NOON,
        values={"definition": "therapeutic", "countable": ["individual"]},
    )  # fmt: skip
    assert (hours.version, hours.definition, hours.countable) == (2, "therapeutic", ["individual"])


@pytest.mark.parametrize("day", [MONDAY, MONDAY - DAY, MONDAY + 900 * DAY, date(2025, 1, 1)])
def test_days_that_were_counted_keep_their_rule(world: World, director: Actor, day: date) -> None:
    with pytest.raises(BadInputError) as refused:
        policies.add_attendance_policy(
            actor=director, program=world.program, effective_from=day, values={}, now=NOON
        )
    assert list(refused.value.fields) == ["effective_from"]
    assert AttendancePolicy.objects.filter(program=world.program).count() == 1


def test_two_new_versions_at_once_and_unknown_services_are_refused(world: World, director: Actor) -> None:
    add = {"actor": director, "program": world.program, "effective_from": MONDAY + DAY, "now": NOON}
    policies.add_hours_policy(values={"countable": []}, after_version=1, **add)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        policies.add_hours_policy(values={"countable": []}, after_version=1, **add)  # type: ignore[arg-type]
    with pytest.raises(BadInputError):
        policies.add_hours_policy(values={"countable": ["spa"]}, **add)  # type: ignore[arg-type]
    assert HoursPolicy.objects.filter(program=world.program).count() == 2


# --- rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who", ["facilitator", "clinician", "supervisor", "records", "ana", "lakeside_admin"]
)
def test_the_program_and_its_staff_need_the_right(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    role = world.clinician.staff_roles.get()
    level = {"code": "9", "name": "X", "weekly_minutes": 1, "weekly_days": 1}
    acts = [
        lambda: programs.change_program(actor=actor, program=world.program, values={"name": "X"}, now=NOON),
        lambda: programs.save_level(actor=actor, program=world.program, values=level),
        lambda: agreements.publish_agreement(actor=actor, program=world.program, text="X", now=NOON),
        lambda: staff.add_staff(actor=actor, program=world.program, person=NIA, role=Role.ADMIN, now=NOON),
        lambda: staff.change_staff(
            actor=actor, staff_role=role, credentials="", licensed_states=[], is_on_call=True
        ),
        lambda: staff.withdraw_role(actor=actor, staff_role=role, now=NOON),
        lambda: policies.add_attendance_policy(
            actor=actor, program=world.program, effective_from=MONDAY + DAY, values={}, now=NOON
        ),
        lambda: policies.add_hours_policy(
            actor=actor, program=world.program, effective_from=MONDAY + DAY, values={}, now=NOON
        ),
    ]
    for act in acts:
        with pytest.raises(NotAllowedError):
            act()
    role.refresh_from_db()
    assert (role.withdrawn_at, role.is_on_call) == (None, False)
    assert not Person.objects.filter(email=NIA.email).exists()
