"""Absences: who may note them, for whom, what cannot be, and two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from groups.access import absence_for
from groups.models import Absence, Person, StaffRole
from groups.services.absences import add_absence, change_absence, end_absence
from tests.factories import MONDAY_START as NOW
from tests.worlds import World, build_world
from vio.common import scope
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry
from vio.common.permissions import Permission

DAY = timedelta(days=1)


def added(
    world: World, by: Person, *, person: Person | None = None, start: datetime = NOW + DAY,
    end: datetime = NOW + 3 * DAY, cover: Person | None = None,
) -> Absence:  # fmt: skip
    return add_absence(
        actor=world.actor(by), program=world.program, person_id=(person or by).pk, starts_at=start, ends_at=end,
        cover_id=cover.pk if cover else None, now=NOW,
    )  # fmt: skip


def changed(world: World, by: Person, row: Absence, **given: Any) -> Absence:
    values: dict[str, Any] = {"starts_at": row.starts_at, "ends_at": row.ends_at, "cover_id": row.cover_id}
    return change_absence(
        actor=world.actor(by), absence=row, **{**values, "now": NOW, **given}
    )  # fmt: skip


@pytest.mark.parametrize("name", ["facilitator", "clinician", "supervisor", "director", "records", "admin"])
def test_everybody_of_the_staff_says_when_they_are_away(world: World, name: str) -> None:
    person = getattr(world, name)
    row = added(world, person)
    assert (row.person, row.recorded_by_id, row.recorded_at) == (person, person.pk, NOW)
    entry = AuditEntry.objects.get(action="absence.added")
    assert (entry.actor_id, entry.details["person"]) == (person.pk, str(person.pk))


@pytest.mark.parametrize(
    ("name", "may"),
    [("director", True), ("admin", True), ("supervisor", False), ("facilitator", False), ("lakeside_admin", False)],
)  # fmt: skip
def test_for_others_it_takes_the_right_to_manage_staff(world: World, name: str, may: bool) -> None:
    by = getattr(world, name)
    if may:
        assert added(world, by, person=world.clinician, cover=world.supervisor).recorded_by_id == by.pk
        return
    with pytest.raises(NotAllowedError):
        added(world, by, person=world.clinician)
    assert not Absence.objects.exists()


def test_a_client_is_not_away(world: World) -> None:
    with pytest.raises(NotAllowedError):
        added(world, world.ana.person)
    with pytest.raises(BadInputError) as refused:
        added(world, world.director, person=world.ana.person)
    assert set(refused.value.fields) == {"person"}


def test_times_that_cannot_be_are_refused_at_their_field(world: World) -> None:
    for start, end in ((NOW + DAY, NOW + DAY), (NOW - 2 * DAY, NOW), (NOW, NOW + 800 * DAY)):
        with pytest.raises(BadInputError) as refused:
            added(world, world.clinician, start=start, end=end)
        assert set(refused.value.fields) == {"ends_at"}


def test_who_covers_is_of_the_clinical_team_and_somebody_else(world: World) -> None:
    StaffRole.objects.filter(person=world.supervisor).update(withdrawn_at=NOW)
    for name in ("clinician", "facilitator", "records", "lakeside_clinician", "supervisor"):
        with pytest.raises(BadInputError) as refused:
            added(world, world.clinician, cover=getattr(world, name))
        assert set(refused.value.fields) == {"cover"}
    assert added(world, world.clinician, cover=world.director).cover == world.director


def test_the_database_holds_the_order_of_times_and_another_cover(world: World) -> None:
    row = added(world, world.clinician)
    for values in ({"ends_at": row.starts_at}, {"cover": row.person_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.filter(pk=row.pk).update(**values)


def test_one_person_is_away_once_at_a_time(world: World) -> None:
    first = added(world, world.clinician)
    for start, end in ((NOW, NOW + 2 * DAY), (NOW + 2 * DAY, NOW + 4 * DAY), (NOW, NOW + 9 * DAY)):
        with pytest.raises(ConflictError) as refused:
            added(world, world.clinician, start=start, end=end)
        assert refused.value.code == "absence_overlaps"
    after = added(world, world.clinician, start=first.ends_at, end=first.ends_at + DAY)  # it touches, no more
    with pytest.raises(ConflictError):
        changed(world, world.clinician, after, starts_at=first.ends_at - timedelta(seconds=1))
    added(world, world.supervisor)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_of_one_person_are_one() -> None:
    world = build_world()

    def go(_: int) -> bool:
        try:
            with scope.every_program():
                added(world, world.clinician)
        except ConflictError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(go, range(4))) == [False, False, False, True]


def test_an_absence_can_move_and_get_a_cover(world: World) -> None:
    row = added(world, world.clinician)
    changed(world, world.clinician, row, ends_at=NOW + 5 * DAY, cover_id=world.supervisor.pk)
    row.refresh_from_db()
    assert (row.ends_at, row.cover) == (NOW + 5 * DAY, world.supervisor)
    with pytest.raises(BadInputError):
        changed(world, world.clinician, row, cover_id=world.clinician.pk)
    with pytest.raises(NotAllowedError):
        changed(world, world.supervisor, row, ends_at=NOW + 6 * DAY)


def test_one_that_has_begun_keeps_its_start_and_one_that_is_over_stays(world: World) -> None:
    row = added(world, world.clinician, start=NOW)
    later = NOW + DAY
    with pytest.raises(BadInputError) as refused:
        changed(world, world.clinician, row, starts_at=later, now=later)
    assert set(refused.value.fields) == {"starts_at"}
    with pytest.raises(ConflictError) as over:
        changed(world, world.clinician, row, ends_at=NOW + 9 * DAY, now=row.ends_at)
    assert over.value.code == "absence_over"


def test_ending_it_means_being_back_now(world: World) -> None:
    row = added(world, world.clinician, start=NOW)
    back = NOW + timedelta(hours=2)
    with pytest.raises(NotAllowedError):
        end_absence(actor=world.actor(world.supervisor), absence=row, now=back)
    end_absence(actor=world.actor(world.director), absence=row, now=back)
    assert Absence.objects.get().ends_at == back
    with pytest.raises(ConflictError):
        end_absence(actor=world.actor(world.clinician), absence=row, now=back)


def test_one_that_has_not_begun_is_called_off(world: World) -> None:
    row = added(world, world.clinician)
    end_absence(actor=world.actor(world.clinician), absence=row, now=NOW)
    assert not Absence.objects.exists()
    assert AuditEntry.objects.filter(action="absence.called_off").count() == 1


def test_anothers_absence_is_in_reach_of_who_manages_staff_alone(world: World) -> None:
    row = added(world, world.clinician)
    for by in (world.clinician, world.director, world.admin):
        assert absence_for(world.actor(by), row.pk, Permission.OWN_ABSENCES) == row
    for by in (world.supervisor, world.lakeside_admin, world.ana.person):
        with pytest.raises(NotFoundError):
            absence_for(world.actor(by), row.pk, Permission.OWN_ABSENCES)
