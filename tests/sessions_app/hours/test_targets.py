"""Goals of single weeks: set with a reason, shown with it, audited, refused to whoever may not; proration on the pages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from groups.models import Enrolment
from sessions_app.hours.services import compute_week
from sessions_app.hours.targets import set_week_target
from sessions_app.models import HoursPolicy, WeekHours, WeekTarget
from tests.factories import make_session
from tests.sessions_app.hours.programs import TUESDAY, WEEK
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

pytestmark = pytest.mark.usefixtures("tuesday")


def row(world: World) -> WeekHours:
    return WeekHours.objects.get(client=world.ana, week=WEEK.first)


def put(world: World, minutes: int | None = 300, days: int | None = 2, **more: object) -> WeekTarget:
    values = {
        "actor": world.actor(world.supervisor), "client": world.ana, "day": date(2026, 4, 15), "minutes": minutes,
        "days": days, "reason": "back from hospital", "now": TUESDAY,
    }  # fmt: skip
    return set_week_target(**(values | more))  # type: ignore[arg-type]  # a table of keywords


def prorated(world: World, rule: str) -> None:
    HoursPolicy.objects.filter(program=world.program).update(proration=rule)


def test_a_goal_is_set_given_back_and_kept_in_versions(world: World) -> None:
    first = put(world)
    assert (first.version, first.week) == (1, WEEK.first)
    assert (row(world).prescribed_minutes, row(world).prescribed_days, row(world).target_basis) == (
        300, 2, "override",
    )  # fmt: skip
    put(world, None, None, reason="a mistake")
    assert (row(world).prescribed_minutes, row(world).target_basis) == (540, "full")
    assert list(WeekTarget.objects.order_by("version").values_list("minutes", flat=True)) == [300, None]
    entry = AuditEntry.objects.filter(action="hours.target_set").order_by("number").first()
    assert entry is not None
    assert entry.client_id == world.ana.pk
    assert entry.details["minutes"] == 300
    assert "hospital" not in str(entry.details)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"minutes": 10_081}, "minutes"),
        ({"minutes": -1}, "minutes"),
        ({"days": 8}, "days"),
        ({"minutes": None}, "minutes"),
        ({"days": None}, "days"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_what_fits_no_week_is_refused_beside_its_field(
    world: World, given: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        put(world, **given)  # type: ignore[arg-type]  # a table of keywords
    assert set(refused.value.fields) == {field}
    assert not WeekTarget.objects.exists()


def test_only_who_prescribes_may_and_nobody_behind_anothers_back(world: World) -> None:
    for who in (world.clinician, world.facilitator, world.records, world.ana):
        with pytest.raises(NotAllowedError):
            put(world, actor=world.actor(who))
    put(world)
    with pytest.raises(ConflictError):
        put(world, seen_version=0)
    assert WeekTarget.objects.count() == 1


def test_the_page_keeps_what_was_typed_and_another_program_does_not_exist(world: World) -> None:
    address = reverse("hours_target", args=[world.ana.pk]) + "?week=2026-04-15"
    desk = browser_of(world.supervisor)
    assert "Week of Apr 12, 2026" in desk.get(address).content.decode()
    wrong = desk.post(address, {"minutes": "99999", "days": "2", "reason": "part week", "seen": "0"})
    assert wrong.status_code == 422
    assert 'value="99999"' in wrong.content.decode()
    done = desk.post(address, {"minutes": "300", "days": "2", "reason": "part week", "seen": "0"})
    assert done.status_code == 302
    assert row(world).prescribed_minutes == 300
    assert "part week" in desk.get(address).content.decode()
    late = desk.post(address, {"minutes": "200", "days": "2", "reason": "part week", "seen": "0"})
    assert late.status_code == 409
    assert desk.get(reverse("hours_target", args=[world.dov.pk])).status_code == 404
    assert browser_of(world.clinician).get(address).status_code == 403


def test_the_reason_stands_wherever_the_goal_is_shown(world: World) -> None:
    prorated(world, "scheduled")
    Enrolment.objects.filter(client=world.ana).update(starts_on=date(2026, 4, 15))
    make_session(world.group, starts_at=TUESDAY + timedelta(days=1, hours=6), minutes=180)
    compute_week(program=world.program, week=WEEK, now=TUESDAY)
    assert (row(world).prescribed_minutes, row(world).days_in_force) == (309, 4)
    said = "4 of 7 days in the program this week"
    assert said in browser_of(world.ana.person).get(reverse("my_week")).content.decode()
    board = browser_of(world.supervisor).get(reverse("hours_board"))
    assert said in board.content.decode()
    assert reverse("hours_target", args=[world.ana.pk]) in board.content.decode()
    assert (
        reverse("hours_target", args=[world.ana.pk])
        not in browser_of(world.clinician).get(reverse("hours_board")).content.decode()
    )
    assert said in browser_of(world.records).get(reverse("hours_csv")).content.decode()


def test_a_called_off_evening_lowers_the_goal_and_says_by_how_much(world: World) -> None:
    prorated(world, "scheduled")
    evenings = [
        make_session(world.group, starts_at=TUESDAY + timedelta(days=n, hours=6), minutes=180)
        for n in (0, 1, 2)
    ]
    evenings[2].status = "cancelled"
    evenings[2].save()
    compute_week(program=world.program, week=WEEK, now=TUESDAY)
    found = row(world)
    assert (found.prescribed_minutes, found.prescribed_days, found.called_off_minutes) == (360, 2, 180)
    assert found.forecast == "on_course"
    page = browser_of(world.ana.person).get(reverse("my_week")).content.decode()
    assert "it is lower by 3 h because groups were called off" in page
