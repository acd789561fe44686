"""What brings sessions back to life asks like what makes them: a date given back, a holiday removed, a group that meets again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Group, Holiday, Series
from groups.services.holidays import add_holiday, remove_holiday
from groups.services.memberships import save_group
from groups.services.series import cancel_date, restore_date
from sessions_app.models import Session
from sessions_app.services.scheduling import materialise_sessions, move_session
from tests.factories import MONDAY, make_series
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY
FAR = MONDAY + 57 * DAY  # a Tuesday no session is made of yet
ANA = "Ana Moreno is expected in Evening B at the same time: {}"


@pytest.fixture
def series(world: World) -> Series:
    """Both groups meet from Monday to Thursday at 17:30. Ana is in both from Tuesday on, when group A does not meet."""
    mine, _ = make_series(world.group), make_series(world.other_group)
    materialise_sessions(actor=SYSTEM, now=NOON)
    return mine


def into_both(world: World) -> None:
    world.other_group.memberships.create(program=world.program, client=world.ana, starts_on=MONDAY)


def asked(refused: Any) -> str:
    return str(refused.value.fields["anyway"])


def state(series: Series, on: date = TUESDAY) -> str:
    return Session.objects.get(series=series, occurrence=on).status


def off(world: World, series: Series, on: date) -> None:
    cancel_date(actor=SYSTEM, series=series, on=on, now=NOON)
    into_both(world)


def back(series: Series, on: date = TUESDAY, *, anyway: bool | None = False) -> Series:
    return restore_date(actor=SYSTEM, series=series, on=on, now=NOON, anyway=anyway)


# --- a date given back ------------------------------------------------------------------------------------


def test_a_date_given_back_beside_another_group_needs_a_tick(world: World, series: Series) -> None:
    off(world, series, TUESDAY)
    with pytest.raises(BadInputError) as refused:
        back(series)
    assert asked(refused).startswith(ANA.format("Apr 14. Tick"))
    series.refresh_from_db()
    assert (state(series), series.cancelled_dates) == ("cancelled", ["2026-04-14"])
    back(series, anyway=True)
    assert state(series) == "scheduled"


def test_a_date_no_session_is_made_of_yet_is_asked_about_too(world: World, series: Series) -> None:
    off(world, series, FAR)
    with pytest.raises(BadInputError) as refused:
        back(series, FAR)
    assert asked(refused).startswith(ANA.format("Jun 9. Tick"))
    assert back(series, FAR, anyway=True).cancelled_dates == []


@pytest.mark.parametrize("on", [TUESDAY, FAR])
def test_a_date_that_is_in_nobodys_way_is_simply_given_back(world: World, series: Series, on: date) -> None:
    cancel_date(actor=SYSTEM, series=series, on=on, now=NOON)
    assert back(series, on).cancelled_dates == []


@pytest.mark.parametrize("on", [TUESDAY, FAR])
def test_nobody_leads_two_groups_at_once_even_with_a_tick(world: World, series: Series, on: date) -> None:
    cancel_date(actor=SYSTEM, series=series, on=on, now=NOON)
    world.other_group.staff.create(
        program=world.program, person=world.facilitator, role="facilitator", starts_on=MONDAY
    )
    with pytest.raises(ConflictError) as refused:
        back(series, on, anyway=True)
    assert refused.value.code == "leads_twice"


def test_a_licence_that_is_missing_by_now_needs_a_tick(world: World, series: Series) -> None:
    cancel_date(actor=SYSTEM, series=series, on=TUESDAY, now=NOON)
    world.ana.home_state = "NJ"
    world.ana.save()
    with pytest.raises(BadInputError) as refused:
        back(series)
    assert "Nobody who leads is licensed in NJ" in asked(refused)


def test_a_script_is_not_asked(world: World, series: Series) -> None:
    off(world, series, TUESDAY)
    back(series, anyway=None)
    assert state(series) == "scheduled"


# --- a holiday removed ------------------------------------------------------------------------------------


def holiday(world: World, on: date = TUESDAY) -> Holiday:
    return add_holiday(actor=SYSTEM, program=world.program, on=on, name="Parade", now=NOON)


@pytest.mark.parametrize(("on", "day"), [(TUESDAY, "Apr 14"), (FAR, "Jun 9")])
def test_a_holiday_removed_asks_about_the_groups_that_meet_after_all(
    world: World, series: Series, on: date, day: str
) -> None:
    row = holiday(world, on)
    into_both(world)
    with pytest.raises(BadInputError) as refused:
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=False)
    assert "Ana Moreno is expected in Evening" in asked(refused)
    assert f"at the same time: {day}. Tick" in asked(refused)
    assert Holiday.objects.filter(pk=row.pk).exists()
    remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=True)
    assert not Holiday.objects.exists()


def test_nothing_of_a_refused_removal_stays(world: World, series: Series) -> None:
    row = holiday(world)
    into_both(world)
    with pytest.raises(BadInputError):
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=False)
    assert {s.status for s in Session.objects.filter(local_date=TUESDAY)} == {"cancelled"}
    remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=None)  # a script is not asked
    assert {s.status for s in Session.objects.filter(local_date=TUESDAY)} == {"scheduled"}


def test_an_evening_that_was_moved_onto_the_holiday_stands_in_the_way(world: World, series: Series) -> None:
    cancel_date(actor=SYSTEM, series=world.other_group.series.get(), on=TUESDAY, now=NOON)
    row = holiday(world)
    other = Session.objects.get(group=world.other_group, occurrence=MONDAY + 2 * DAY)
    starts_at = Session.objects.get(series=series, occurrence=TUESDAY).starts_at
    move_session(actor=SYSTEM, session=other, starts_at=starts_at, minutes=90, breaks=(), now=NOON)
    into_both(world)
    with pytest.raises(BadInputError) as refused:
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=False)
    assert asked(refused).startswith(ANA.format("Apr 14"))


def test_a_holiday_removed_makes_nobody_lead_twice(world: World, series: Series) -> None:
    row = holiday(world)
    world.other_group.staff.create(
        program=world.program, person=world.facilitator, role="facilitator", starts_on=MONDAY
    )
    with pytest.raises(ConflictError) as refused:
        remove_holiday(actor=SYSTEM, holiday=row, now=NOON, anyway=True)
    assert refused.value.code == "leads_twice"
    assert state(series) == "cancelled"


def test_a_holiday_in_nobodys_way_is_simply_removed(world: World, series: Series) -> None:
    remove_holiday(actor=SYSTEM, holiday=holiday(world), now=NOON, anyway=False)
    assert state(series) == "scheduled"


# --- a group that meets again, a meeting that is moved ------------------------------------------------------


def meets(group: Group, *, active: bool, anyway: bool | None = False) -> Group:
    return save_group(
        actor=SYSTEM,
        program=group.program,
        group=group,
        values={"is_active": active},
        now=NOON,
        anyway=anyway,
    )


def test_a_group_that_meets_again_asks(world: World, series: Series) -> None:
    meets(world.group, active=False)
    into_both(world)
    with pytest.raises(BadInputError) as refused:
        meets(world.group, active=True)
    assert ANA.format("Apr 13 and 16 more") in asked(refused)
    assert not Group.objects.get(pk=world.group.pk).is_active
    meets(world.group, active=True, anyway=True)
    assert state(series) == "scheduled"


def test_a_meeting_that_is_moved_asks(world: World, series: Series) -> None:
    into_both(world)
    mine = Session.objects.get(series=series, occurrence=TUESDAY)
    later = {"starts_at": mine.starts_at + timedelta(minutes=30), "minutes": 90, "breaks": (), "now": NOON}
    with pytest.raises(BadInputError) as refused:
        move_session(actor=SYSTEM, session=mine, anyway=False, **later)  # type: ignore[arg-type]  # one dict for all
    assert asked(refused).startswith(ANA.format("Apr 14"))
    assert move_session(actor=SYSTEM, session=mine, anyway=True, **later).follows_series is False  # type: ignore[arg-type]  # as above


# --- the pages and the API ----------------------------------------------------------------------------------


@pytest.fixture
def browser(world: World) -> Browser:
    browser = Browser()
    browser.force_login(world.supervisor)
    return browser


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def test_the_pages_ask_and_take_a_tick(world: World, series: Series, browser: Browser) -> None:
    off(world, series, TUESDAY)
    row = holiday(world, TUESDAY + DAY)
    pages = {
        reverse("manage_date_restore", args=[series.pk]): {"on": "2026-04-14"},
        f"/manage/holidays/{row.pk}/remove/": {},
    }
    for path, given in pages.items():
        first = browser.get(path)
        assert first.status_code == 200, path
        refused = browser.post(path, given)
        shown = refused.content.decode()
        assert refused.status_code == 422
        assert "is expected in Evening" in shown
        assert 'type="checkbox"' in shown
        done = browser.post(path, {**given, "anyway": "on"})
        assert done.status_code == 302
    assert state(series) == state(series, TUESDAY + DAY) == "scheduled"


def test_the_page_of_a_closed_group_asks_and_takes_a_tick(
    world: World, series: Series, browser: Browser
) -> None:
    meets(world.group, active=False)
    into_both(world)
    path = reverse("manage_group_edit", args=[world.group.pk])
    form = browser.get(path).context["form"]
    given = {name: value for name, value in form.initial.items() if value not in {None, False}}
    assert not form.initial["is_active"]
    refused = browser.post(path, {**given, "is_active": "on"})
    assert refused.status_code == 422
    assert "is expected in Evening" in refused.content.decode()
    assert browser.post(path, {**given, "is_active": "on", "anyway": "on"}).status_code == 302
    assert state(series) == "scheduled"


def test_the_api_asks_and_takes_anyway(world: World, series: Series, browser: Browser) -> None:
    off(world, series, TUESDAY)
    row = holiday(world, TUESDAY + DAY)
    calls = {
        f"/api/v1/series/{series.pk}/restore-date": {"on": "2026-04-14"},
        f"/api/v1/holidays/{row.pk}/remove": {},
    }
    for path, given in calls.items():
        refused = browser.post(path, given, content_type="application/json")
        assert refused.status_code == 422
        assert "is expected in Evening" in refused.json()["fields"]["anyway"]
        done = browser.post(path, {**given, "anyway": True}, content_type="application/json")
        assert done.status_code == 200, done.content
    assert state(series) == "scheduled"
    single = Session.objects.get(series=series, occurrence=TUESDAY)
    moved = {"starts_at": (single.starts_at + timedelta(minutes=30)).isoformat(), "minutes": 90}
    for anyway, status in ((False, 422), (True, 200)):
        path = f"/api/v1/sessions/{single.pk}/time"
        answer = browser.put(path, {**moved, "anyway": anyway}, content_type="application/json")
        assert answer.status_code == status, answer.content
    meets(world.group, active=False)
    for anyway, status in ((False, 422), (True, 200)):
        path = f"/api/v1/groups/{world.group.pk}"
        answer = browser.patch(path, {"is_active": True, "anyway": anyway}, content_type="application/json")
        assert answer.status_code == status, answer.content
