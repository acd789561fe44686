"""Alerts and who is away: the cover is told too, nobody on call is ever left out, and somebody who is there always hears."""

from __future__ import annotations

from datetime import timedelta

import pytest

from checkins.recipients import directors, first_told, supervisors
from checkins.selectors.desk import alert_page
from checkins.services.alerts import assign_alert
from groups.models import Absence, Person, StaffRole
from tests.checkins.answers import NOW, red_alert
from tests.factories import make_staff
from tests.worlds import World
from vio.common.errors import BadInputError
from vio.common.models import Delivery
from vio.common.permissions import Role

DAY = timedelta(days=1)


def away(world: World, person: Person, cover: Person | None = None) -> None:
    Absence.objects.create(
        program=world.program, person=person, cover=cover, starts_at=NOW - DAY, ends_at=NOW + DAY,
        recorded_by=person, recorded_at=NOW,
    )  # fmt: skip


def test_the_mail_of_a_red_alert_goes_to_the_cover_as_well(world: World) -> None:
    away(world, world.clinician, world.director)
    alert = red_alert(world, world.ana)
    told = {row.recipient for row in Delivery.objects.filter(key__contains=f"{alert.pk}:1:raised")}
    assert told == {world.clinician, world.director}


def test_who_is_on_call_is_told_whatever_happens(world: World) -> None:
    oona = make_staff(world.program, Role.CLINICIAN, first_name="Oona", is_on_call=True)
    alert = red_alert(world, world.ana)
    assert set(first_told(alert, NOW)) == {world.clinician, oona}
    away(world, oona, world.supervisor)
    assert set(first_told(alert, NOW)) == {world.clinician, oona, world.supervisor}
    away(world, world.clinician)
    assert set(first_told(alert, NOW)) == {world.clinician, oona, world.supervisor}


def test_the_circle_widens_while_nobody_in_it_is_there(world: World) -> None:
    alert = red_alert(world, world.ana)
    away(world, world.clinician)
    assert set(first_told(alert, NOW)) == {world.clinician, world.supervisor, world.director}
    assert set(first_told(alert, NOW + DAY)) == {world.clinician}


def test_a_step_goes_on_to_who_is_there(world: World) -> None:
    alert = red_alert(world, world.ana)
    assert supervisors(alert, NOW) == [world.supervisor]
    away(world, world.supervisor)
    assert set(supervisors(alert, NOW)) == {world.supervisor, world.director}
    away(world, world.director, world.clinician)
    assert set(directors(alert, NOW)) == {world.director, world.clinician}


def test_with_everybody_away_everybody_is_told(world: World) -> None:
    alert = red_alert(world, world.ana)
    team = {world.clinician, world.supervisor, world.director}
    for person in team:
        away(world, person)
    assert set(first_told(alert, NOW)) == set(supervisors(alert, NOW)) == set(directors(alert, NOW)) == team


def test_an_absence_never_takes_anybody_away_from_an_alert(world: World) -> None:
    alert = red_alert(world, world.ana)
    StaffRole.objects.filter(person=world.supervisor).update(is_on_call=True)
    before = [set(asked(alert, NOW)) for asked in (first_told, supervisors, directors)]
    for person in (world.supervisor, world.clinician, world.director):
        away(world, person)
        after = [set(asked(alert, NOW)) for asked in (first_told, supervisors, directors)]
        assert all(told <= now_told for told, now_told in zip(before, after, strict=True))
        before = after


def test_an_alert_is_not_given_to_who_is_away(world: World) -> None:
    alert = red_alert(world, world.ana)
    away(world, world.director)
    actor = world.actor(world.clinician)
    with pytest.raises(BadInputError) as refused:
        assign_alert(actor=actor, alert_id=alert.pk, version=1, person_id=world.director.pk, now=NOW)
    assert set(refused.value.fields) == {"person"}
    given = assign_alert(
        actor=actor, alert_id=alert.pk, version=1, person_id=world.director.pk, now=NOW + DAY
    )
    assert given.owner_id == world.director.pk


def test_the_page_of_an_alert_says_who_is_away(world: World) -> None:
    alert = red_alert(world, world.ana)
    away(world, world.director)
    page = alert_page(world.actor(world.clinician), alert, now=NOW)
    words = dict(page.team)
    assert words[world.director].startswith("away until ")
    assert (words[world.clinician], page.owner_away) == ("", "")
    alert.owner_id = world.director.pk
    assert alert_page(world.actor(world.clinician), alert, now=NOW).owner_away == words[world.director]
