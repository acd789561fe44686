"""Every form of the administration: its act for who may, nothing for who may not, and never a 5xx for nonsense."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.test import Client as Browser
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.models import (
    Client,
    EmergencyContact,
    Enrolment,
    Group,
    NoContact,
    Series,
    StaffRole,
)
from sessions_app.models import AttendancePolicy, HoursPolicy, Session
from tests.factories import COUNTABLE, MONDAY, MONDAY_START, make_client, make_series, make_session
from tests.groups.managing import DAY, director, noon, post, text_of
from tests.signed_in import browser_of
from tests.worlds import World

__all__ = ["director", "noon"]


def acts(world: World) -> list[tuple[str, object, dict[str, object], Callable[[], bool]]]:
    """(address, object, what is sent, what is true afterwards) for every single form."""
    episode, series = world.ana.enrolments.get(), make_series(world.group)
    contact = EmergencyContact.objects.create(program=world.program, client=world.ana)
    newcomer = make_client(world.program)
    loose = make_client(world.program, enrolled=False)
    called_off = make_session(world.group, starts_at=MONDAY_START + 3 * DAY)
    role = world.clinician.staff_roles.get()
    level = world.program.levels.get()
    week = {"name": "Tulip", "starts_on": "2026-04-13"}
    rules = {
        "effective_from": "2026-05-01", "bridge_gap_seconds": 60, "late_after_seconds": 300,
        "left_early_seconds": 300, "no_show_below_minutes": 8, "attended_percent": 80, "attribution": "start_date",
    }  # fmt: skip
    hours = {
        "effective_from": "2026-05-01", "definition": "clock", "group_minutes": 50, "counts_as": 60,
        "from_percent": 100, "countable": COUNTABLE, "proration": "days",
    }  # fmt: skip
    program = world.program.pk
    return [
        ("manage_level_new", program, {"code": "2.5", "name": "High", "population": "adult", "weekly_minutes": 1200,
         "weekly_days": 5, "is_active": "on"}, lambda: world.program.levels.count() == 2),
        ("manage_level", level.pk, {"code": "2.1", "name": "IOP", "population": "adult", "weekly_minutes": 540,
         "weekly_days": 3, "is_active": "on"}, lambda: world.program.levels.filter(name="IOP").exists()),
        ("manage_agreement", program, {"text": "Be kind."}, lambda: world.program.agreements.count() == 2),
        ("manage_client_edit", world.ana.pk, {"privacy_name": "Annie"},
         lambda: Client.objects.get(pk=world.ana.pk).privacy_name == "Annie"),
        ("manage_enrol", loose.pk, {"level": level.pk, "starts_on": "2026-04-13"}, loose.enrolments.exists),
        ("manage_contact_new", world.ben.pk, {"name": "Bo", "phone": "1"}, world.ben.emergency_contacts.exists),
        ("manage_contact", contact.pk, {"name": "Bo", "phone": "2"},
         lambda: EmergencyContact.objects.get(pk=contact.pk).phone == "2"),
        ("manage_contact_remove", contact.pk, {}, lambda: not world.ana.emergency_contacts.exists()),
        ("manage_dose", episode.pk, {"starts_on": "2026-04-20", "weekly_minutes": 600, "weekly_days": 4},
         lambda: episode.doses.count() == 2),
        ("manage_level_step", episode.pk, {"level": level.pk, "starts_on": "2026-04-27", "reason": "Back again"},
         lambda: episode.doses.filter(level=level).exists()),
        ("manage_clinician", episode.pk, {"primary_clinician": world.supervisor.pk},
         lambda: Enrolment.objects.get(pk=episode.pk).primary_clinician == world.supervisor),
        ("manage_group_new", program, {"name": "Morning", "service_type": "skills", "min_size": 2, "max_size": 8,
         "chat_mode": "group", "admission": "each", "is_active": "on"}, lambda: Group.objects.filter(name="Morning").exists()),
        ("manage_week", program, week, lambda: Series.objects.filter(group__name="Tulip").count() == 4),
        ("manage_member_add", world.group.pk, {"client": newcomer.pk, "starts_on": "2026-04-13"},
         newcomer.memberships.exists),
        ("manage_member_end", world.ben.memberships.get().pk, {"ends_on": "2026-04-13"},
         lambda: world.ben.memberships.get().ends_on == MONDAY),
        ("manage_apart_add", world.group.pk,
         {"first": world.ana.pk, "second": world.ben.pk, "reason": "A court order"},
         NoContact.objects.filter(ended_at=None, first__in=[world.ana, world.ben]).exists),
        ("manage_leader_add", world.group.pk, {"person": world.other_facilitator.pk, "role": "facilitator",
         "starts_on": "2026-04-13", "ends_on": "2026-04-13"},
         world.group.staff.filter(person=world.other_facilitator).exists),
        ("manage_leader_end", world.group.staff.get(person=world.cofacilitator).pk, {"ends_on": "2026-04-13"},
         lambda: world.group.staff.get(person=world.cofacilitator).ends_on == MONDAY),
        ("manage_date_cancel", series.pk, {"on": "2026-04-14"},
         lambda: Series.objects.get(pk=series.pk).cancelled_dates == ["2026-04-14"]),
        ("manage_date_restore", series.pk, {"on": "2026-04-14"},
         lambda: Series.objects.get(pk=series.pk).cancelled_dates == []),
        ("manage_series_end", series.pk, {"ends_on": "2026-05-01"},
         lambda: str(Series.objects.get(pk=series.pk).ends_on) == "2026-05-01"),
        ("manage_session_new", world.other_group.pk, {"title": "Family", "service_type": "family",
         "starts_on": "2026-04-18", "local_start": "10:00", "minutes": 60}, world.other_group.sessions.exists),
        ("manage_session_cancel", called_off.pk, {},
         lambda: Session.objects.get(pk=called_off.pk).status == "cancelled"),
        ("manage_staff_new", program, {"first_name": "Kim", "email": "kim@example.org", "role": "records"},
         lambda: StaffRole.objects.filter(person__email="kim@example.org").exists()),
        ("manage_staff_role", role.pk,
         {"credentials": "LMHC", "licensed_states": "NY 2027-03-31, NJ no end", "is_on_call": "on"},
         lambda: StaffRole.objects.filter(
             pk=role.pk, licensed_states=["NJ", "NY"], licence_ends={"NY": "2027-03-31"}).exists()),
        ("manage_staff_withdraw", role.pk, {}, lambda: StaffRole.objects.get(pk=role.pk).withdrawn_at is not None),
        ("manage_enrolment_end", episode.pk, {"ends_on": "2026-04-13", "reason": "completed"},
         lambda: Enrolment.objects.get(pk=episode.pk).end_reason == "completed"),
        ("manage_attendance_policy_new", program, rules,
         lambda: AttendancePolicy.objects.filter(program=program).count() == 2),
        ("manage_hours_policy_new", program, hours, lambda: HoursPolicy.objects.filter(program=program).count() == 2),
    ]  # fmt: skip


def test_every_form_does_its_act_for_who_may_and_nothing_for_who_may_not(
    world: World, director: Browser
) -> None:
    strangers = {
        404: browser_of(world.lakeside_admin), 403: browser_of(world.facilitator),
    }  # fmt: skip
    for name, key, data, holds in acts(world):
        for status, stranger in strangers.items():
            if not holds():
                assert post(stranger, name, key, **data).status_code in {status, 403}, name
                assert not holds(), name
        assert director.get(reverse(name, args=[key])).status_code == 200, name
        response = post(director, name, key, **data)
        assert response.status_code == 302, (name, text_of(response))
        assert holds(), name
        assert director.get(response["Location"]).status_code == 200, name


NONSENSE = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.dates().map(str),
    st.sampled_from(
        ["", "0", "-1", "on", "2026-04-13", "9999-12-31", "0001-01-01", "NaN", "\x00", "=1+1", "<b>", "90+15"]
    ),
    st.uuids().map(str),
)


@settings(
    max_examples=10, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data())
def test_nonsense_never_breaks_a_form(world: World, director: Browser, data: st.DataObject) -> None:
    """Ten rounds over all forms: some 300 sends, half-right and wholly wrong."""
    from django.db import transaction

    director.raise_request_exception = False
    if world.program.pk not in FORMS:
        FORMS[world.program.pk] = acts(world)  # once: every round is undone
    for name, key, right, _ in FORMS[world.program.pk]:
        wrong = data.draw(
            st.dictionaries(
                st.sampled_from([*right, "seen", "from_date", "rule", "\x00"]), NONSENSE, max_size=4
            )
        )
        with transaction.atomic():
            response = post(director, name, key, **{**right, **wrong})
            transaction.set_rollback(True)
        assert response.status_code in {200, 302, 404, 409, 422}, (name, wrong)


FORMS: dict[uuid.UUID, Any] = {}
