"""A policy tried on the weeks that were: who would have met, missed, been named otherwise; nothing is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from groups.models import Enrolment
from sessions_app.attendance.corrections import Changes
from sessions_app.attendance.services import correct_attendance
from sessions_app.hours.reading import read_week
from sessions_app.hours.trial import Judged, try_on_past
from sessions_app.models import AttendancePolicy, AttendanceRecord, HoursPolicy, WeekHours
from tests.factories import MONDAY_START
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.sessions_app.hours.programs import WEEK
from tests.signed_in import browser_of
from tests.worlds import World
from vio.common.models import AuditEntry

NEXT_TUESDAY = datetime(2026, 4, 21, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def next_tuesday() -> object:
    with time_machine.travel(NEXT_TUESDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def past(world: World) -> World:
    """Three full evenings of 180 minutes for Ana; Ben sat 100 minutes of each (56 %)."""
    for n in (0, 1, 3):
        evening = held(world.group, starts_at=MONDAY_START + timedelta(days=n), minutes=180)
        sat(evening, world.ana, 0, 180)
        sat(evening, world.ben, 0, 100)
        finalised(evening)
    return world


def therapeutic(world: World, **fields: object) -> HoursPolicy:
    return HoursPolicy(
        program=world.program,
        version=0,
        effective_from=date(2026, 5, 1),
        countable=["group_therapy"],
        **fields,
    )


def stricter(world: World, **fields: object) -> AttendancePolicy:
    return AttendancePolicy(program=world.program, version=0, effective_from=date(2026, 5, 1), **fields)


def test_the_same_policy_changes_nothing_and_nothing_is_written(past: World) -> None:
    rows = AttendanceRecord.objects.count(), WeekHours.objects.count(), HoursPolicy.objects.count()
    same = HoursPolicy.objects.get(program=past.program)
    found = try_on_past(
        past.program, weeks=2, now=NEXT_TUESDAY, hours=same,
        attendance=AttendancePolicy.objects.filter(program=past.program).first() or stricter(past),
    )  # fmt: skip
    assert (found.changes, found.statuses, found.left_out) == ((), (), 0)
    assert found.client_weeks == 6  # three clients of the program, two weeks
    assert rows == (
        AttendanceRecord.objects.count(), WeekHours.objects.count(), HoursPolicy.objects.count(),
    )  # fmt: skip


def test_what_was_judged_is_what_the_week_was_judged_by(past: World) -> None:
    nothing_counts = therapeutic(past)
    nothing_counts.countable = ["individual"]
    found = try_on_past(past.program, weeks=1, now=NEXT_TUESDAY, hours=nothing_counts)
    for change in found.changes:
        reading = read_week(change.client, WEEK, now=NEXT_TUESDAY)
        assert reading is not None
        assert change.before == Judged(reading.minutes, len(reading.days), reading.dose)
    assert {c.client.pk for c in found.changes} == {past.ana.pk, past.ben.pk}
    assert (found.would_miss, found.would_meet) == (1, 0)
    assert found.changes[0].client == past.ana  # the verdict that turns comes first
    assert found.changes[0].after.minutes == 0


def test_proration_would_have_met_the_week_of_somebody_new(past: World) -> None:
    Enrolment.objects.filter(client=past.ben).update(starts_on=date(2026, 4, 16))
    found = try_on_past(past.program, weeks=1, now=NEXT_TUESDAY, hours=therapeutic(past, proration="days"))
    (change,) = [c for c in found.changes if c.client == past.ben]
    assert (change.before.goal.minutes, change.after.goal.minutes) == (540, 232)
    assert change.after.minutes == 100


def test_new_attendance_rules_name_evenings_otherwise_and_corrections_stand(past: World) -> None:
    evening = past.group.sessions.order_by("starts_at")[0]
    correct_attendance(
        actor=past.actor(past.supervisor), session=evening, client=past.ben, changes=Changes(credited_minutes=90),
        reason="Was on the phone.", now=MONDAY_START + timedelta(days=1),
    )  # fmt: skip
    found = try_on_past(
        past.program, weeks=1, now=NEXT_TUESDAY, attendance=stricter(past, attended_percent=50)
    )
    assert [(s.client.pk, s.before, s.after) for s in found.statuses] == [
        (past.ben.pk, "partial", "attended")
    ] * 2
    assert found.changes == ()
    strict = stricter(past, no_show_below_minutes=60, attended_percent=50)
    strict.no_show_below_minutes = 120
    missed = try_on_past(past.program, weeks=1, now=NEXT_TUESDAY, attendance=strict)
    assert {s.after for s in missed.statuses} == {"no_show"}
    (change,) = missed.changes
    assert (change.client, change.before.minutes, change.after.minutes) == (past.ben, 290, 90)


def test_the_page_shows_names_to_the_director_and_counts_to_the_administrator(past: World) -> None:
    address = reverse("manage_hours_policy_new", args=[past.program.pk])
    typed = {
        "effective_from": "2026-05-01", "definition": "clock", "group_minutes": "50", "counts_as": "60",
        "from_percent": "100", "countable": ["individual"], "proration": "days", "try_weeks": "2", "seen": "1",
        "preview": "1",
    }  # fmt: skip
    versions = HoursPolicy.objects.count()
    page = browser_of(past.director).post(address, typed)
    assert page.status_code == 200
    assert "Nothing was saved" in page.content.decode()
    assert "Ana Moreno" in page.content.decode()
    assert "would be missed" in page.content.decode()
    assert 'value="2026-05-01"' in page.content.decode()
    counts = browser_of(past.admin).post(address, typed).content.decode()
    assert "Met, would be missed" in counts
    assert "Ana Moreno" not in counts
    assert browser_of(past.supervisor).post(address, typed).status_code == 403
    assert browser_of(past.lakeside_admin).post(address, typed).status_code == 404
    assert HoursPolicy.objects.count() == versions
    entry = AuditEntry.objects.filter(action="policy.tried").order_by("number").first()
    assert entry is not None
    assert entry.details["weeks"] == 2
    wrong = browser_of(past.director).post(address, {**typed, "try_weeks": "99"})
    assert wrong.status_code == 422


def test_the_attendance_page_tries_too(past: World) -> None:
    address = reverse("manage_attendance_policy_new", args=[past.program.pk])
    typed = {
        "effective_from": "2026-05-01", "bridge_gap_seconds": "0", "late_after_seconds": "300",
        "left_early_seconds": "300", "no_show_below_minutes": "8", "attended_percent": "50",
        "attribution": "start_date", "try_weeks": "", "seen": "1", "preview": "1",
    }  # fmt: skip
    page = browser_of(past.director).post(address, typed).content.decode()
    assert "last 4 weeks" in page
    assert "Ben Okafor" in page
