"""This evening, this and the following, or all: what is shown is what is done, and only that."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from groups.models import Series
from groups.services import series as series_service
from groups.services.memberships import end_membership
from sessions_app.models import Flag, Session
from sessions_app.services.scheduling import cancel_session, materialise_sessions, move_session
from sessions_app.timetable.changing import Preview, Reach, Wanted, change_sessions, preview_change
from sessions_app.timetable.rules import Kind
from tests.factories import MONDAY, MONDAY_START, make_series, make_session
from tests.worlds import World
from vio.common.actors import system_actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.models import AuditEntry

SYSTEM = system_actor("test")
NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = Wanted("Later group", "skills", time(19, 0), 90, ((40, 10),))


def made(world: World, **fields: Any) -> Series:
    series = make_series(world.group, **fields)
    materialise_sessions(actor=SYSTEM, now=NOON, series_ids=[series.pk])
    return series


def on(series: Series, day: date) -> Session:
    return Session.objects.get(group=series.group, occurrence=day)


def shown(session: Session, reach: Reach, wanted: Wanted = LATER, now: datetime = NOON) -> Preview:
    return preview_change(actor=SYSTEM, session=session, reach=reach, wanted=wanted, now=now)


def facts(world: World) -> dict[date, tuple[object, ...]]:
    """What every session of the group says, by its date in its timetable."""
    return {
        s.occurrence: (
            s.status == "cancelled", s.starts_at, s.ends_at, s.title, s.service_type,
            tuple(s.breaks.order_by("planned_start").values_list("planned_start", "planned_end")),
        )
        for s in Session.objects.filter(group=world.group) if s.occurrence
    }  # fmt: skip


def foretold(world: World, preview: Preview) -> dict[date, tuple[object, ...]]:
    """The same, from what there is now and the steps that were shown."""
    rows = facts(world)
    for step in (each.step for each in preview.shown):
        if step.kind is Kind.TAKE_AWAY:
            del rows[step.on]
        elif step.kind is Kind.CALL_OFF:
            rows[step.on] = (True, *rows[step.on][1:])
        elif step.after is not None and not step.is_kept:
            after = step.after
            rows[step.on] = (
                False, after.starts_at, after.ends_at, after.title, after.service_type, after.breaks,
            )  # fmt: skip
    return rows


def test_one_evening_changes_alone_and_stays_where_it_was_put(world: World) -> None:
    series = made(world)
    tuesday = on(series, MONDAY + DAY)
    preview = shown(tuesday, Reach.THIS)
    assert [(e.step.kind, e.step.on) for e in preview.shown] == [(Kind.MOVE, MONDAY + DAY)]
    assert preview.clients == 2
    actor = world.actor(world.supervisor)
    change_sessions(actor=actor, session=tuesday, reach=Reach.THIS, wanted=LATER, now=NOON, mark=preview.mark)
    tuesday.refresh_from_db()
    assert (tuesday.title, tuesday.service_type, tuesday.follows_series) == ("Later group", "skills", False)
    assert tuesday.ends_at - tuesday.starts_at == timedelta(minutes=90)
    assert on(series, MONDAY).title == "Evening group"
    assert AuditEntry.objects.filter(action="session.moved", actor_id=world.supervisor.pk).count() == 1


def test_this_and_the_following_keep_their_sessions_and_what_refers_to_them(world: World) -> None:
    series = made(world)
    start = MONDAY + 7 * DAY
    before = set(Session.objects.values_list("pk", flat=True))
    noted = on(series, start + DAY)
    Flag.objects.create(
        program=world.program, kind="note_due", session=noted, subject=noted.pk, due_at=NOON, raised_at=NOON
    )
    preview = shown(on(series, start), Reach.FOLLOWING)
    assert {e.step.kind for e in preview.happening} == {Kind.MOVE}
    assert min(e.step.on for e in preview.happening) == start
    change_sessions(
        actor=SYSTEM, session=on(series, start), reach=Reach.FOLLOWING, wanted=LATER, now=NOON,
        mark=preview.mark,
    )  # fmt: skip
    assert set(Session.objects.values_list("pk", flat=True)) == before
    series.refresh_from_db()
    carried = Series.objects.exclude(pk=series.pk).get()
    assert (series.ends_on, carried.starts_on, carried.title) == (start - DAY, start, "Later group")
    noted.refresh_from_db()
    assert (noted.series_id, noted.title, noted.status) == (carried.pk, "Later group", "scheduled")
    assert materialise_sessions(actor=SYSTEM, now=NOON) == 0


def test_all_means_every_evening_that_has_not_begun(world: World) -> None:
    series = made(world)
    began = on(series, MONDAY)
    Session.objects.filter(pk=began.pk).update(status="live", started_at=MONDAY_START)
    now = MONDAY_START + timedelta(minutes=5)
    change_sessions(
        actor=SYSTEM, session=on(series, MONDAY + 7 * DAY), reach=Reach.ALL, wanted=LATER, now=now
    )
    assert on(series, MONDAY).title == "Evening group"
    others = Session.objects.filter(group=world.group, occurrence__gt=MONDAY)
    assert set(others.values_list("title", flat=True)) == {"Later group"}


@pytest.mark.parametrize("seed", range(12))
def test_what_is_shown_is_what_happens(world: World, seed: int) -> None:
    pick = random.Random(seed)
    rule = (
        f"FREQ=WEEKLY;INTERVAL={pick.choice([1, 1, 2])};BYDAY={pick.choice(['MO,TU,WE,TH', 'MO,WE', 'TH'])}"
    )
    series = made(world, rule=rule, ends_on=pick.choice([None, MONDAY + 17 * DAY]))
    rows = list(Session.objects.filter(series=series).order_by("occurrence"))
    for row in pick.sample(rows, min(2, len(rows) - 1)):
        if pick.random() < 0.5:
            cancel_session(actor=SYSTEM, session=row, now=NOON)
        else:
            move_session(
                actor=SYSTEM, session=row, starts_at=row.starts_at - timedelta(hours=1), minutes=60,
                breaks=(), now=NOON,
            )  # fmt: skip
    session = pick.choice(list(Session.objects.filter(series=series, status="scheduled")))
    reach = pick.choice(list(Reach))
    wanted = Wanted(
        pick.choice(["Evening group", "Later group"]), "group_therapy",
        time(pick.choice([11, 17, 18]), pick.choice([0, 30])), pick.choice([90, 195]),
        pick.choice([(), ((40, 10),)]),
    )  # fmt: skip
    if reach is Reach.THIS and wanted.local_start.hour == 11:
        reach = Reach.ALL
    preview = shown(session, reach, wanted)
    expected = foretold(world, preview)
    change_sessions(actor=SYSTEM, session=session, reach=reach, wanted=wanted, now=NOON, mark=preview.mark)
    assert facts(world) == expected


def test_a_change_meanwhile_refuses_and_changes_nothing(world: World) -> None:
    series = made(world)
    session = on(series, MONDAY + 7 * DAY)
    mark = shown(session, Reach.ALL).mark
    series_service.cancel_date(actor=SYSTEM, series=series, on=MONDAY + DAY, now=NOON)
    with pytest.raises(ConflictError) as refused:
        change_sessions(actor=SYSTEM, session=session, reach=Reach.ALL, wanted=LATER, now=NOON, mark=mark)
    assert refused.value.code == "changed_meanwhile"
    assert on(series, MONDAY).title == "Evening group"


def test_a_client_who_left_meanwhile_refuses_too(world: World) -> None:
    series = made(world)
    session = on(series, MONDAY + 7 * DAY)
    mark = shown(session, Reach.THIS).mark
    end_membership(actor=SYSTEM, membership=world.ben.memberships.get(), ends_on=MONDAY, now=NOON)
    assert shown(session, Reach.THIS).clients == 1
    with pytest.raises(ConflictError):
        change_sessions(actor=SYSTEM, session=session, reach=Reach.THIS, wanted=LATER, now=NOON, mark=mark)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted(" ", "skills", time(19, 0), 90), "title"),
        (Wanted("Later", "skills", time(19, 0), 0), "minutes"),
        (Wanted("Later", "skills", time(19, 0), 60, ((55, 10),)), "breaks"),
        (Wanted("Later", "skills", time(7, 0), 60, on=MONDAY), "on"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(world: World, wanted: Wanted, field: str) -> None:
    session = on(made(world), MONDAY + DAY)
    with pytest.raises(BadInputError) as refused:
        shown(session, Reach.THIS, wanted)
    assert list(refused.value.fields) == [field]


def test_a_single_meeting_belongs_to_no_timetable(world: World) -> None:
    session = make_session(world.group)
    with pytest.raises(ConflictError) as refused:
        shown(session, Reach.ALL)
    assert refused.value.code == "no_series"


@pytest.mark.parametrize("status", ["live", "ended", "cancelled"])
def test_what_has_begun_or_was_called_off_does_not_change_alone(world: World, status: str) -> None:
    session = make_session(world.group, status=status)
    with pytest.raises(ConflictError):
        shown(session, Reach.THIS)


@pytest.mark.parametrize("who", ["facilitator", "clinician", "records", "lakeside_admin"])
def test_changing_needs_the_right(world: World, who: str) -> None:
    session = on(made(world), MONDAY)
    actor = world.actor(getattr(world, who))
    with pytest.raises(NotAllowedError):
        preview_change(actor=actor, session=session, reach=Reach.ALL, wanted=LATER, now=NOON)
    with pytest.raises(NotAllowedError):
        change_sessions(actor=actor, session=session, reach=Reach.ALL, wanted=LATER, now=NOON)
    assert on(session.series, MONDAY).title == "Evening group"  # type: ignore[arg-type]


# --- the page ---------------------------------------------------------------------------------------------

SENT = {
    "reach": "all", "title": "Later group", "service_type": "skills", "local_start": "19:00", "minutes": "90",
    "breaks": "40+10", "starts_on": "2026-04-14",
}  # fmt: skip


@time_machine.travel(NOON, tick=False)
def test_the_page_shows_first_and_then_does_what_it_showed(world: World) -> None:
    series = made(world)
    page = reverse("manage_session_change", args=[on(series, MONDAY + DAY).pk])
    browser = Browser()
    browser.force_login(world.supervisor)
    assert b"Show what would happen" in browser.get(page).content
    first = browser.post(page, {**SENT, "preview": "1"})
    assert b"17 sessions and 2 clients are concerned" in first.content
    assert on(series, MONDAY).title == "Evening group"
    mark = first.context["form"]["seen"].value()
    done = browser.post(page, {**SENT, "seen": mark, "do": "1"}, follow=True)
    assert b"17 sessions changed." in done.content
    assert on(series, MONDAY).title == "Later group"


@time_machine.travel(NOON, tick=False)
def test_the_page_tells_of_a_change_meanwhile_and_shows_it_anew(world: World) -> None:
    series = made(world)
    page = reverse("manage_session_change", args=[on(series, MONDAY + DAY).pk])
    browser = Browser()
    browser.force_login(world.supervisor)
    mark = browser.post(page, {**SENT, "preview": "1"}).context["form"]["seen"].value()
    series_service.cancel_date(actor=SYSTEM, series=series, on=MONDAY, now=NOON)
    refused = browser.post(page, {**SENT, "seen": mark})
    assert refused.status_code == 409
    assert b"Something changed since this was shown" in refused.content
    assert b"16 sessions and 2 clients are concerned" in refused.content
    assert b'value="Later group"' in refused.content
    again = browser.post(page, {**SENT, "seen": refused.context["form"]["seen"].value()})
    assert again.status_code == 302


@time_machine.travel(NOON, tick=False)
def test_the_page_keeps_what_was_typed_and_is_closed_to_others(world: World) -> None:
    series = made(world)
    page = reverse("manage_session_change", args=[on(series, MONDAY + DAY).pk])
    browser = Browser()
    browser.force_login(world.supervisor)
    wrong = browser.post(page, {**SENT, "breaks": "88+10"})
    assert wrong.status_code == 422
    assert b"Every break must end before the group ends." in wrong.content
    assert b'value="88+10"' in wrong.content
    for who, status in ((world.facilitator, 403), (world.lakeside_admin, 404)):
        stranger = Browser()
        stranger.force_login(who)
        assert stranger.post(page, SENT).status_code == status
    assert on(series, MONDAY).title == "Evening group"


@time_machine.travel(datetime(2026, 3, 5, 17, tzinfo=UTC), tick=False)
def test_the_night_the_clocks_change_is_marked(world: World) -> None:
    now = datetime(2026, 3, 5, 17, tzinfo=UTC)
    series = make_series(world.group, rule="FREQ=DAILY", starts_on=date(2026, 3, 6))
    materialise_sessions(actor=SYSTEM, now=now, series_ids=[series.pk])
    preview = shown(on(series, date(2026, 3, 6)), Reach.ALL, now=now)
    marked = {e.step.on: e.clocks_word for e in preview.shown if e.clocks_word}
    assert marked == {date(2026, 3, 8): "the clocks go forward"}
