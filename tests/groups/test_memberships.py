"""Groups, places and leaders: capacity, dates, overlaps, two people at once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from groups import selectors
from groups.models import Client, Group, GroupStaff, Membership
from groups.services import leaders
from groups.services import memberships as service
from groups.services.programs import seen
from tests.factories import (
    MONDAY,
    make_client,
    make_group,
    make_program,
    make_series,
    make_session,
    make_staff,
)
from tests.worlds import World
from vio.common.actors import Actor, system_actor
from vio.common.errors import BadInputError, ConflictError, DomainError, NotAllowedError
from vio.common.models import AuditEntry
from vio.common.permissions import Role
from vio.common.scope import every_program

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = system_actor("test")


@pytest.fixture
def supervisor(world: World) -> Actor:
    return world.actor(world.supervisor)


def place(actor: Actor, group: Group, client: Client, starts_on: date = MONDAY, **more: object) -> Membership:
    return service.add_member(
        actor=actor, group=group, client=client, starts_on=starts_on, now=NOON, **more  # type: ignore[arg-type]
    )[0]  # fmt: skip


# --- groups -----------------------------------------------------------------------------------------------


def test_a_group_is_made_and_its_name_is_taken(world: World, supervisor: Actor) -> None:
    values = {"name": "Morning", "min_size": 2, "max_size": 8}
    made = service.save_group(actor=supervisor, program=world.program, values=values, now=NOON)
    assert (made.max_size, made.is_active, made.chat_mode) == (8, True, "off")
    with pytest.raises(ConflictError) as refused:
        service.save_group(actor=supervisor, program=world.program, values=values, now=NOON)
    assert list(refused.value.fields) == ["name"]
    assert Group.objects.filter(name="Morning").count() == 1


def test_two_people_who_edit_one_group_lose_nothing(world: World, supervisor: Actor) -> None:
    mark = seen(world.group, service.GROUP_FIELDS)
    save = {"actor": supervisor, "program": world.program, "group": world.group, "now": NOON, "mark": mark}
    service.save_group(values={"track": "Early recovery"}, **save)  # type: ignore[arg-type]
    with pytest.raises(ConflictError) as refused:
        service.save_group(values={"track": "Maintenance"}, **save)  # type: ignore[arg-type]
    assert refused.value.code == "changed_meanwhile"
    world.group.refresh_from_db()
    assert world.group.track == "Early recovery"


@pytest.mark.parametrize(
    "values", [{"min_size": 9, "max_size": 8}, {"min_size": 0, "max_size": 0}, {"min_size": 1, "max_size": 1}]
)
def test_a_band_holds_who_is_there(world: World, supervisor: Actor, values: dict[str, int]) -> None:
    with pytest.raises(BadInputError) as refused:
        service.save_group(
            actor=supervisor, program=world.program, group=world.group, values=values, now=NOON
        )
    assert list(refused.value.fields) == ["max_size"]


# --- members ----------------------------------------------------------------------------------------------


def test_a_place_begins_on_its_date_and_past_rosters_stay(world: World, supervisor: Actor) -> None:
    place(supervisor, world.group, world.cleo, MONDAY + DAY)
    assert not selectors.members_on(world.group, MONDAY).filter(client=world.cleo).exists()
    assert selectors.members_on(world.group, MONDAY + DAY).filter(client=world.cleo).exists()
    assert AuditEntry.objects.filter(action="membership.added", client_id=world.cleo.pk).count() == 1


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "field"),
    [
        (MONDAY - DAY, None, "starts_on"), (MONDAY + 800 * DAY, None, "starts_on"), (MONDAY, MONDAY - DAY, "ends_on"),
        (date(2000, 1, 1), None, "starts_on"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_is_refused_beside_its_field(
    world: World, supervisor: Actor, starts_on: date, ends_on: date | None, field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        place(supervisor, world.group, world.cleo, starts_on, ends_on=ends_on)
    assert list(refused.value.fields) == [field]
    assert not world.group.memberships.filter(client=world.cleo).exists()


def test_one_place_per_client_and_time_and_a_second_one_later(world: World, supervisor: Actor) -> None:
    with pytest.raises(ConflictError) as refused:
        place(supervisor, world.group, world.ana)
    assert refused.value.code == "place_overlaps"
    service.end_membership(
        actor=supervisor, membership=world.group.memberships.get(client=world.ana), ends_on=MONDAY, now=NOON
    )
    with pytest.raises(ConflictError):
        place(supervisor, world.group, world.ana, MONDAY)
    place(supervisor, world.group, world.ana, MONDAY + DAY)
    assert world.group.memberships.filter(client=world.ana).count() == 2


def test_who_is_not_enrolled_or_of_another_program_gets_no_place(world: World, supervisor: Actor) -> None:
    with pytest.raises(BadInputError) as refused:
        place(supervisor, world.group, make_client(world.program, enrolled=False))
    assert refused.value.code == "not_enrolled"
    with pytest.raises(BadInputError):
        place(supervisor, world.group, world.dov)
    closed = make_group(world.program, "Closed", is_active=False)
    with pytest.raises(ConflictError):
        place(supervisor, closed, world.ana)


def test_the_band_warns_and_then_refuses(world: World, supervisor: Actor) -> None:
    Group.objects.filter(pk=world.group.pk).update(max_size=4)
    warnings = []
    for _ in range(2):
        _, band = service.add_member(
            actor=supervisor, group=world.group, client=make_client(world.program), starts_on=MONDAY, now=NOON
        )
        warnings.append(band.warning)
    assert warnings == ["One place is left in this group.", "This group is now full (4 places)."]
    with pytest.raises(ConflictError) as refused:
        place(supervisor, world.group, make_client(world.program))
    assert (refused.value.code, list(refused.value.fields)) == ("group_full", ["client"])
    # A seat that falls free can be given from that day on.
    world.group.memberships.filter(client=world.ana).update(ends_on=MONDAY + 3 * DAY)
    place(supervisor, world.group, make_client(world.program), MONDAY + 4 * DAY)


@pytest.mark.django_db(transaction=True)
def test_the_last_place_is_given_once_to_two_who_ask_at_once() -> None:
    program = make_program()
    group = make_group(program, max_size=1, min_size=1)
    clients = [make_client(program) for _ in range(3)]
    start, results = threading.Barrier(3), []

    def ask(client: Client) -> None:
        with every_program():
            start.wait(timeout=20)
            try:
                place(SYSTEM, group, client)
                results.append("in")
            except DomainError as error:
                results.append(error.code)
        connection.close()

    threads = [threading.Thread(target=ask, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(results) == ["group_full", "group_full", "in"]
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(("status", "open_to_new"), [("live", True), ("ended", False)])
def test_the_roster_of_a_session_that_began_only_grows_while_it_runs(
    world: World, supervisor: Actor, status: str, open_to_new: bool
) -> None:
    make_session(world.group, status=status)
    newcomer = make_client(world.program)
    if open_to_new:
        place(supervisor, world.group, newcomer)
    else:
        with pytest.raises(ConflictError):
            place(supervisor, world.group, newcomer)
        place(supervisor, world.group, newcomer, MONDAY + DAY)
    member = world.group.memberships.get(client=world.ana)
    with pytest.raises(ConflictError) as refused:
        service.end_membership(actor=supervisor, membership=member, ends_on=MONDAY - DAY, now=NOON)
    assert refused.value.code == "roster_closed"
    service.end_membership(actor=supervisor, membership=member, ends_on=MONDAY, now=NOON)


def test_ending_today_keeps_tonight_and_ending_yesterday_does_not(world: World, supervisor: Actor) -> None:
    ana, ben = (world.group.memberships.get(client=c) for c in (world.ana, world.ben))
    service.end_membership(actor=supervisor, membership=ana, ends_on=MONDAY, now=NOON)
    service.end_membership(actor=supervisor, membership=ben, ends_on=MONDAY - DAY, now=NOON)
    assert [m.client for m in selectors.members_on(world.group, MONDAY)] == [world.ana]


def test_a_place_that_has_not_begun_is_taken_back(world: World, supervisor: Actor) -> None:
    coming = place(supervisor, world.group, world.cleo, MONDAY + 5 * DAY)
    assert service.end_membership(actor=supervisor, membership=coming, ends_on=MONDAY, now=NOON) is None
    assert not Membership.objects.filter(pk=coming.pk).exists()
    with pytest.raises(ConflictError):
        service.end_membership(actor=supervisor, membership=coming, ends_on=MONDAY, now=NOON)


@pytest.mark.parametrize("ends_on", [MONDAY - 2 * DAY, MONDAY + 800 * DAY])
def test_an_end_in_the_past_is_refused(world: World, supervisor: Actor, ends_on: date) -> None:
    member = world.group.memberships.get(client=world.ana)
    with pytest.raises(BadInputError):
        service.end_membership(actor=supervisor, membership=member, ends_on=ends_on, now=NOON)
    member.refresh_from_db()
    assert member.ends_on is None


# --- leaders ----------------------------------------------------------------------------------------------


def test_a_substitute_leads_one_evening(world: World, supervisor: Actor) -> None:
    made = leaders.assign_staff(
        actor=supervisor, group=world.group, person=world.other_facilitator, role="facilitator",
        starts_on=MONDAY, ends_on=MONDAY, now=NOON,
    )  # fmt: skip
    assert made in selectors.leaders_on(world.group, MONDAY)
    assert made not in selectors.leaders_on(world.group, MONDAY + DAY)
    with pytest.raises(ConflictError):
        leaders.assign_staff(
            actor=supervisor, group=world.group, person=world.other_facilitator, role="observer",
            starts_on=MONDAY, now=NOON,
        )  # fmt: skip


def test_only_the_staff_leads_and_anybody_of_it_may_observe(world: World, supervisor: Actor) -> None:
    assign = {"actor": supervisor, "group": world.group, "starts_on": MONDAY, "now": NOON}
    for person, role in [
        (world.records, "facilitator"),
        (world.lakeside_admin, "observer"),
        (world.ana.person, "observer"),
    ]:
        with pytest.raises(BadInputError):
            leaders.assign_staff(person=person, role=role, **assign)  # type: ignore[arg-type]
    with pytest.raises(BadInputError):
        leaders.assign_staff(person=world.supervisor, role="boss", **assign)  # type: ignore[arg-type]
    leaders.assign_staff(person=world.records, role="observer", **assign)  # type: ignore[arg-type]
    assert GroupStaff.objects.filter(person=world.records).count() == 1


def test_a_leader_ends_and_cannot_end_twice(world: World, supervisor: Actor) -> None:
    held = world.group.staff.get(person=world.cofacilitator)
    leaders.end_staff(actor=supervisor, place=held, ends_on=MONDAY - DAY, now=NOON)
    assert [p.person for p in selectors.leaders_on(world.group, MONDAY)] == [world.facilitator]
    with pytest.raises(ConflictError):
        leaders.end_staff(actor=supervisor, place=held, ends_on=MONDAY, now=NOON)


# --- words beside the act ---------------------------------------------------------------------------------


def test_what_a_program_lacks_is_listed(world: World) -> None:
    make_series(world.group)
    lost = make_client(world.program)
    GroupStaff.objects.filter(group=world.other_group).delete()
    found = {(g.text, g.group, g.client) for g in selectors.setup_gaps(world.program, MONDAY)}
    assert found == {
        ("This group has 1 of at least 2 people.", world.other_group, None),
        ("Nobody leads this group.", world.other_group, None),
        ("This group has no timetable.", world.other_group, None),
        ("is enrolled and has no group.", None, lost),
    }


# --- rights -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "ana", "lakeside_admin"])
def test_groups_need_the_right(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    member, leader = world.group.memberships.first(), world.group.staff.first()
    assert member is not None
    assert leader is not None
    other = make_staff(world.program, Role.FACILITATOR)
    acts = [
        lambda: service.save_group(actor=actor, program=world.program, values={"name": "X"}, now=NOON),
        lambda: place(actor, world.group, world.cleo),
        lambda: service.end_membership(actor=actor, membership=member, ends_on=MONDAY, now=NOON),
        lambda: leaders.assign_staff(
            actor=actor, group=world.group, person=other, role="facilitator", starts_on=MONDAY, now=NOON
        ),
        lambda: leaders.end_staff(actor=actor, place=leader, ends_on=MONDAY, now=NOON),
        lambda: leaders.end_lost_places(
            actor=actor, person=world.facilitator, program=world.program, now=NOON
        ),
    ]
    for act in acts:
        with pytest.raises(NotAllowedError):
            act()
    assert Membership.objects.filter(ends_on=None).count() == 4
    assert GroupStaff.objects.filter(ends_on=None).count() == 4
