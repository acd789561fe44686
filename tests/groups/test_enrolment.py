"""Charts, episodes, dated doses, steps between levels, contacts: done, and refused beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from groups import selectors
from groups.models import Client, EmergencyContact, Enrolment, LevelOfCare, PrescribedDose
from groups.services import enrolment as service
from groups.services.people import PersonDetails
from groups.tasks import apply_due_levels
from tests.factories import MONDAY, make_client, make_person, make_session
from tests.worlds import World
from vio.common.actors import Actor, system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)  # Monday noon in New York
DAY = timedelta(days=1)
SYSTEM = system_actor("test")


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.admin)


@pytest.fixture
def partial_day(world: World) -> LevelOfCare:
    return LevelOfCare.objects.create(
        program=world.program, code="2.5", name="High intensity", weekly_minutes=1200, weekly_days=5
    )


def level(world: World) -> LevelOfCare:
    return LevelOfCare.objects.get(program=world.program, code="2.1")


def newcomer(world: World, actor: Actor, email: str = "New.Person@Example.org") -> Client:
    details = PersonDetails(email, "  Nia ", "Cole")
    return service.add_client(actor=actor, program=world.program, person=details, now=NOON, phone="555-0199")


# --- the chart --------------------------------------------------------------------------------------------


def test_a_new_client_gets_an_account_without_a_password(world: World, admin: Actor) -> None:
    client = newcomer(world, admin)
    assert (client.person.email, client.person.first_name) == ("new.person@example.org", "Nia")
    assert not client.person.has_usable_password()
    assert Client.objects.get(pk=client.pk).phone == "555-0199"
    assert AuditEntry.objects.filter(action="client.added", client_id=client.pk).exists()


def test_somebody_with_an_account_keeps_it_and_gets_one_chart_only(world: World, admin: Actor) -> None:
    person = make_person(first_name="Known", email="known@example.org")
    client = newcomer(world, admin, "KNOWN@example.org")
    assert client.person == person
    assert client.person.first_name == "Known"
    with pytest.raises(ConflictError) as refused:
        newcomer(world, admin, "known@example.org")
    assert list(refused.value.fields) == ["email"]
    assert Client.objects.filter(person=person).count() == 1


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (PersonDetails("nobody", "Nia"), "email"), (PersonDetails("a@b.org", " "), "first_name"),
        (PersonDetails("", "Nia"), "email"),
    ],
)  # fmt: skip
def test_a_person_needs_a_name_and_an_address(
    world: World, admin: Actor, details: PersonDetails, field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        service.add_client(actor=admin, program=world.program, person=details, now=NOON)
    assert list(refused.value.fields) == [field]


def test_two_admins_on_one_chart_lose_nothing(world: World, admin: Actor) -> None:
    from groups.services.programs import seen

    mark = seen(world.ana, service.CHART_FIELDS)
    service.change_client(actor=admin, client=world.ana, values={"phone": "555-0001"}, mark=mark)
    with pytest.raises(ConflictError) as refused:
        service.change_client(actor=admin, client=world.ana, values={"phone": "555-0002"}, mark=mark)
    assert refused.value.code == "changed_meanwhile"
    assert Client.objects.get(pk=world.ana.pk).phone == "555-0001"


# --- episodes ---------------------------------------------------------------------------------------------


def test_an_enrolment_brings_its_first_dose(world: World, admin: Actor) -> None:
    client = newcomer(world, admin)
    made = service.enrol_client(
        actor=admin, client=client, level=level(world), starts_on=MONDAY, now=NOON, weekly_minutes=600,
        weekly_days=4, primary_clinician_id=world.clinician.pk,
    )  # fmt: skip
    dose = made.doses.get()
    assert (dose.starts_on, dose.weekly_minutes, dose.weekly_days) == (MONDAY, 600, 4)
    assert made.primary_clinician == world.clinician


def test_without_figures_the_dose_is_the_levels(world: World, admin: Actor, partial_day: LevelOfCare) -> None:
    client = newcomer(world, admin)
    made = service.enrol_client(actor=admin, client=client, level=partial_day, starts_on=MONDAY, now=NOON)
    assert made.doses.values_list("weekly_minutes", "weekly_days").get() == (1200, 5)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_on": MONDAY - timedelta(days=400)}, "starts_on"),
        ({"starts_on": MONDAY + timedelta(days=400)}, "starts_on"),
        ({"weekly_minutes": 20000}, "weekly_minutes"),
        ({"weekly_days": 9}, "weekly_minutes"),
    ],
)
def test_an_enrolment_that_cannot_be_is_refused_beside_its_field(
    world: World, admin: Actor, changes: dict[str, object], field: str
) -> None:
    client = newcomer(world, admin)
    values = {"level": level(world), "starts_on": MONDAY, "now": NOON, **changes}
    with pytest.raises(BadInputError) as refused:
        service.enrol_client(actor=admin, client=client, **values)  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert not client.enrolments.exists()


def test_level_and_clinician_are_of_this_program(world: World, admin: Actor) -> None:
    client = newcomer(world, admin)
    foreign = LevelOfCare.objects.get(program=world.lakeside)
    with pytest.raises(BadInputError):
        service.enrol_client(actor=admin, client=client, level=foreign, starts_on=MONDAY, now=NOON)
    with pytest.raises(BadInputError):
        service.enrol_client(
            actor=admin, client=client, level=level(world), starts_on=MONDAY, now=NOON,
            primary_clinician_id=world.lakeside_clinician.pk,
        )  # fmt: skip
    assert not client.enrolments.exists()


def test_episodes_of_one_client_never_overlap_and_both_stay(world: World, admin: Actor) -> None:
    first = world.ana.enrolments.get()
    with pytest.raises(ConflictError) as refused:
        service.enrol_client(
            actor=admin, client=world.ana, level=level(world), starts_on=MONDAY + DAY, now=NOON
        )
    assert list(refused.value.fields) == ["starts_on"]
    service.end_enrolment(actor=admin, enrolment=first, ends_on=MONDAY, reason="own_wish", now=NOON)
    second = service.enrol_client(
        actor=admin, client=world.ana, level=level(world), starts_on=MONDAY + DAY, now=NOON
    )
    found = selectors.episodes(world.ana, MONDAY)
    assert [e.enrolment for e in found] == [second, first]
    assert [e.state for e in found] == ["upcoming", "active"]
    assert found[1].end_words == "left by their own wish"


def test_ending_an_episode_ends_the_places_and_leaves_the_past(world: World, admin: Actor) -> None:
    place = world.ana.memberships.get()
    world.ana.memberships.create(program=world.program, group=world.other_group, starts_on=MONDAY + 9 * DAY)
    ended = service.end_enrolment(
        actor=admin, enrolment=world.ana.enrolments.get(), ends_on=MONDAY, reason="completed", now=NOON
    )
    place.refresh_from_db()
    assert (ended.ends_on, ended.end_reason, place.ends_on) == (MONDAY, "completed", MONDAY)
    assert world.ana.memberships.count() == 1
    assert selectors.members_on(world.group, MONDAY).filter(client=world.ana).exists()
    assert not selectors.members_on(world.group, MONDAY + DAY).filter(client=world.ana).exists()


@pytest.mark.parametrize(
    ("ends_on", "reason", "field"),
    [
        (MONDAY - 2 * DAY, "completed", "ends_on"), (date(2025, 1, 1), "completed", "ends_on"),
        (MONDAY + 800 * DAY, "completed", "ends_on"), (MONDAY, "because", "reason"),
    ],
)  # fmt: skip
def test_an_end_that_cannot_be_is_refused(
    world: World, admin: Actor, ends_on: date, reason: str, field: str
) -> None:
    episode = world.ana.enrolments.get()
    with pytest.raises(BadInputError) as refused:
        service.end_enrolment(actor=admin, enrolment=episode, ends_on=ends_on, reason=reason, now=NOON)
    assert list(refused.value.fields) == [field]
    episode.refresh_from_db()
    assert episode.ends_on is None


def test_an_episode_ends_once(world: World, admin: Actor) -> None:
    episode = world.ana.enrolments.get()
    stale = Enrolment.objects.get(pk=episode.pk)
    service.end_enrolment(actor=admin, enrolment=episode, ends_on=MONDAY, reason="moved", now=NOON)
    with pytest.raises(ConflictError):
        service.end_enrolment(actor=admin, enrolment=stale, ends_on=MONDAY + DAY, reason="other", now=NOON)
    stale.refresh_from_db()
    assert (stale.ends_on, stale.end_reason) == (MONDAY, "moved")


@pytest.mark.parametrize("status", ["live", "ended"])
def test_an_end_may_not_take_a_client_out_of_a_session_that_began(
    world: World, admin: Actor, status: str
) -> None:
    make_session(world.group, status=status)
    episode = world.ana.enrolments.get()
    with pytest.raises(ConflictError) as refused:
        service.end_enrolment(actor=admin, enrolment=episode, ends_on=MONDAY - DAY, reason="other", now=NOON)
    assert refused.value.code == "roster_closed"
    service.end_enrolment(actor=admin, enrolment=episode, ends_on=MONDAY, reason="other", now=NOON)


# --- doses and levels -------------------------------------------------------------------------------------


def test_a_dose_changes_from_a_date_and_earlier_weeks_keep_theirs(world: World, admin: Actor) -> None:
    episode = world.ana.enrolments.get()
    service.change_dose(
        actor=admin, enrolment=episode, starts_on=MONDAY + 7 * DAY, weekly_minutes=720, weekly_days=4, now=NOON,
        reason="Two slips in a week",
    )  # fmt: skip
    before, after = selectors.dose_on(episode, MONDAY), selectors.dose_on(episode, MONDAY + 7 * DAY)
    assert before is not None
    assert after is not None
    assert (before.weekly_minutes, after.weekly_minutes) == (540, 720)
    assert PrescribedDose.objects.get(pk=after.pk).reason == "Two slips in a week"


def test_a_planned_dose_can_be_planned_anew_and_one_in_force_cannot(world: World, admin: Actor) -> None:
    episode = world.ana.enrolments.get()
    change = {"actor": admin, "enrolment": episode, "weekly_days": 4, "now": NOON}
    for minutes in (600, 660):
        service.change_dose(starts_on=MONDAY + DAY, weekly_minutes=minutes, **change)  # type: ignore[arg-type]
    assert list(episode.doses.order_by("starts_on").values_list("weekly_minutes", flat=True)) == [540, 660]
    with pytest.raises(ConflictError):
        service.change_dose(starts_on=MONDAY, weekly_minutes=700, **change)  # type: ignore[arg-type]
    episode.doses.filter(starts_on__gt=MONDAY).delete()
    service.change_dose(starts_on=MONDAY, weekly_minutes=700, **change)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        service.change_dose(starts_on=MONDAY, weekly_minutes=710, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("starts_on", [MONDAY - DAY, date(2025, 12, 31), MONDAY + 500 * DAY])
def test_a_dose_lies_ahead_and_within_the_episode(world: World, admin: Actor, starts_on: date) -> None:
    with pytest.raises(BadInputError) as refused:
        service.change_dose(
            actor=admin, enrolment=world.ana.enrolments.get(), starts_on=starts_on, weekly_minutes=600,
            weekly_days=4, now=NOON,
        )  # fmt: skip
    assert list(refused.value.fields) == ["starts_on"]


def test_a_step_up_on_a_date_to_come_happens_when_it_comes(
    world: World, admin: Actor, partial_day: LevelOfCare
) -> None:
    episode, step = world.ana.enrolments.get(), MONDAY + 3 * DAY
    service.change_dose(
        actor=admin, enrolment=episode, starts_on=step, weekly_minutes=1200, weekly_days=5, now=NOON,
        level=partial_day, reason="Needs more",
    )  # fmt: skip
    assert selectors.level_on(episode, step - DAY).code == "2.1"
    assert selectors.level_on(episode, step).code == "2.5"
    assert service.apply_due_levels(now=NOON) == 0
    assert service.apply_due_levels(now=NOON + 3 * DAY) == 1
    assert service.apply_due_levels(now=NOON + 3 * DAY) == 0
    episode.refresh_from_db()
    assert episode.level == partial_day
    assert world.ana.enrolments.count() == 1


def test_a_step_today_happens_today_and_the_task_finds_nothing_left(
    world: World, admin: Actor, partial_day: LevelOfCare
) -> None:
    episode = world.ana.enrolments.get()
    service.change_dose(
        actor=admin, enrolment=episode, starts_on=MONDAY, weekly_minutes=1200, weekly_days=5, now=NOON,
        level=partial_day,
    )  # fmt: skip
    episode.refresh_from_db()
    assert episode.level == partial_day
    assert apply_due_levels() == 0


def test_the_clinician_changes_and_must_be_one(world: World, admin: Actor) -> None:
    episode = world.ana.enrolments.get()
    service.change_clinician(actor=admin, enrolment=episode, primary_clinician_id=world.supervisor.pk)
    assert Enrolment.objects.get(pk=episode.pk).primary_clinician == world.supervisor
    with pytest.raises(BadInputError):
        service.change_clinician(actor=admin, enrolment=episode, primary_clinician_id=world.records.pk)
    service.change_clinician(actor=admin, enrolment=episode, primary_clinician_id=None)
    assert Enrolment.objects.get(pk=episode.pk).primary_clinician is None


# --- contacts ---------------------------------------------------------------------------------------------


def test_contacts_are_added_changed_and_removed(world: World, admin: Actor) -> None:
    values = {"name": "Rosa Moreno", "phone": "555-0110", "relation": "sister", "consent_given": True}
    contact = service.save_contact(actor=admin, client=world.ana, **values)  # type: ignore[arg-type]
    service.save_contact(
        actor=admin,
        client=world.ana,
        contact=contact,
        **{**values, "consent_given": False},  # type: ignore[arg-type]
    )
    stored = EmergencyContact.objects.get(pk=contact.pk)
    assert (stored.name, stored.phone, stored.consent_given) == ("Rosa Moreno", "555-0110", False)
    service.remove_contact(actor=admin, contact=stored)
    assert not world.ana.emergency_contacts.exists()
    actions = (
        AuditEntry.objects.filter(client_id=world.ana.pk).order_by("number").values_list("action", flat=True)
    )
    assert list(actions) == ["contact.added", "contact.changed", "contact.removed"]
    with pytest.raises(BadInputError):
        service.save_contact(actor=admin, client=world.ana, **{**values, "phone": " "})  # type: ignore[arg-type]


# --- rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "ana", "lakeside_admin"])
def test_enrolment_needs_the_right(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    episode = world.ana.enrolments.get()
    contact = EmergencyContact.objects.create(program=world.program, client=world.ana)
    loose = make_client(world.program, enrolled=False)
    acts = [
        lambda: newcomer(world, actor),
        lambda: service.change_client(actor=actor, client=world.ana, values={}),
        lambda: service.enrol_client(
            actor=actor, client=loose, level=level(world), starts_on=MONDAY, now=NOON
        ),
        lambda: service.change_dose(
            actor=actor, enrolment=episode, starts_on=MONDAY, weekly_minutes=1, weekly_days=1, now=NOON
        ),
        lambda: service.change_clinician(actor=actor, enrolment=episode, primary_clinician_id=None),
        lambda: service.end_enrolment(
            actor=actor, enrolment=episode, ends_on=MONDAY, reason="other", now=NOON
        ),
        lambda: service.save_contact(
            actor=actor, client=world.ana, name="A", phone="1", relation="", consent_given=True
        ),
        lambda: service.remove_contact(actor=actor, contact=contact),
    ]
    before = AuditEntry.objects.count()
    for act in acts:
        with pytest.raises(NotAllowedError):
            act()
    episode.refresh_from_db()
    assert (episode.ends_on, episode.doses.count(), loose.enrolments.count()) == (None, 1, 0)
    assert AuditEntry.objects.count() == before
