"""The board of the week and my week: right figures, right people, few queries at any size."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from groups.models import Client, Enrolment, LevelOfCare, Membership, Person
from sessions_app.hours import selectors
from sessions_app.hours.services import compute_week
from sessions_app.models import HoursPolicy, WeekHours
from tests.factories import LONG_AGO
from tests.sessions_app.attendance.evenings import finalised, held, sat
from tests.sessions_app.hours.programs import TUESDAY, WEEK
from tests.signed_in import browser_of
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("tuesday")


def row_of(client: Client) -> WeekHours:
    return WeekHours.objects.get(client=client, week=WEEK.first)


def test_attendance_is_in_the_week_as_soon_as_it_is_computed(world: World) -> None:
    monday = held(world.group, minutes=180)
    sat(monday, world.ana, 0, 180)
    finalised(monday)
    assert (row_of(world.ana).minutes, row_of(world.ana).days) == (180, 1)
    assert not WeekHours.objects.filter(client=world.cleo).exists()  # only whom it concerns


def test_the_board_shows_where_each_week_stands(week: World) -> None:
    assert row_of(week.ana).forecast == "on_course"
    assert (row_of(week.ben).minutes, row_of(week.ben).to_come_minutes) == (0, 540)
    assert row_of(week.cleo).forecast == "needs_one_more"  # her own group does not meet; the other has room
    page = browser_of(week.clinician).get(reverse("hours_board"))
    text = page.content.decode()
    assert page.status_code == 200
    assert text.index("Cleo Park") < text.index("Ana Moreno")  # worst first
    assert "1 hour = 60 minutes by the clock" in text
    assert "3.00 h" in text
    assert ">6 h to go<" in text  # Ana, on course
    assert ">9 h missing<" in text  # Cleo, who has no evening left for them
    assert "On course 2" in text
    assert "Levi" not in text  # another program


def test_filters_and_weeks(week: World) -> None:
    browser = browser_of(week.supervisor)
    board = reverse("hours_board")
    only = browser.get(board, {"state": "needs_one_more"}).content.decode()
    assert "Cleo Park" in only
    assert "Ana Moreno" not in only
    grouped = browser.get(board, {"group": str(week.group.pk)}).content.decode()
    assert "Ana Moreno" in grouped
    assert "Cleo Park" not in grouped
    earlier = browser.get(board, {"week": "2026-04-08"}).content.decode()
    assert "Sun, Apr 5" in earlier
    assert "Nobody here" in earlier
    assert "Sun, Apr 12" in browser.get(board, {"week": "2031-01-01"}).content.decode()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"week": "yesterday"}, 422), ({"group": "x"}, 404), ({"program": "x"}, 404), ({"page": "many"}, 200),
        ({"state": "unknown"}, 200),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_answered(week: World, query: dict[str, str], status: int) -> None:
    assert browser_of(week.clinician).get(reverse("hours_board"), query).status_code == status


def test_who_sees_the_board(week: World) -> None:
    board = reverse("hours_board")
    for person in (week.clinician, week.supervisor, week.director, week.records):
        assert browser_of(person).get(board).status_code == 200
    for person in (week.facilitator, week.admin, week.ana.person):
        assert browser_of(person).get(board).status_code == 403
    stranger = browser_of(week.lakeside_clinician)
    assert "Moreno" not in stranger.get(board).content.decode()
    assert stranger.get(board, {"program": str(week.program.pk)}).status_code == 404
    assert stranger.get(board, {"group": str(week.group.pk)}).status_code == 404


def queries_of_board(world: World) -> int:
    browser = browser_of(world.clinician)
    browser.get(reverse("hours_board"))
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(reverse("hours_board")).status_code == 200
    ours = [q["sql"] for q in seen if q["sql"].startswith("SELECT") and "set_config" not in q["sql"]]
    return len(
        [q for q in ours if any(word in q for word in ("sessions_app_", "groups_client", "groups_group"))]
    )


def test_the_board_takes_few_queries_at_any_size(week: World) -> None:
    small = queries_of_board(week)
    people = Person.objects.bulk_create(
        Person(email=f"many{n}@example.org", first_name=f"N{n}", password="!") for n in range(200)
    )
    clients = Client.objects.bulk_create(Client(program=week.program, person=person) for person in people)
    level = LevelOfCare.objects.get(program=week.program)
    Enrolment.objects.bulk_create(
        Enrolment(program=week.program, client=client, level=level, starts_on=LONG_AGO) for client in clients
    )
    Membership.objects.bulk_create(
        Membership(program=week.program, group=week.group, client=client, starts_on=LONG_AGO)
        for client in clients
    )
    compute_week(program=week.program, week=WEEK, now=TUESDAY)
    assert WeekHours.objects.filter(week=WEEK.first, program=week.program).count() == 203
    assert queries_of_board(week) == small
    assert small <= 12


def test_computing_a_week_takes_as_many_queries_for_many_as_for_few(week: World) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            compute_week(program=week.program, week=WEEK, now=TUESDAY)
        return len(seen)

    few = count()
    people = Person.objects.bulk_create(
        Person(email=f"lots{n}@example.org", first_name=f"N{n}", password="!") for n in range(100)
    )
    level = LevelOfCare.objects.get(program=week.program)
    Enrolment.objects.bulk_create(
        Enrolment(program=week.program, client=client, level=level, starts_on=LONG_AGO)
        for client in Client.objects.bulk_create(Client(program=week.program, person=p) for p in people)
    )
    assert count() == few


def test_my_week_says_what_counted_and_what_comes(week: World) -> None:
    page = browser_of(week.ana.person).get(reverse("my_week"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "3 h of 9 h so far. Wednesday completes your week." in text
    assert "Still to come" in text
    assert "1 hour = 60 minutes by the clock" in text
    assert "Moreno" not in text
    for other in ("Ben", "Okafor"):
        assert other not in text
    missed = browser_of(week.ben.person).get(reverse("my_week")).content.decode()
    assert "missed" in missed


def test_a_therapeutic_hour_is_said_and_counted(world: World) -> None:
    HoursPolicy.objects.create(
        program=world.program, version=2, effective_from=WEEK.first, definition="therapeutic",
        countable=["group_therapy"],
    )  # fmt: skip
    short = held(world.group, minutes=50)
    sat(short, world.ana, 0, 50)
    finalised(short)
    assert row_of(world.ana).minutes == 60
    text = browser_of(world.ana.person).get(reverse("my_week")).content.decode()
    assert "a full group of 50 minutes counts as 60" in text
    assert "1 h of 9 h so far" in text


def test_earlier_weeks_keep_what_they_had(week: World) -> None:
    before = held(week.group, starts_at=datetime(2026, 4, 6, 21, 30, tzinfo=UTC), minutes=60)
    sat(before, week.ana, 0, 60)
    finalised(before)
    browser = browser_of(week.ana.person)
    assert "Week of Apr 5" in browser.get(reverse("my_week")).content.decode()
    old = browser.get(reverse("my_week"), {"week": "2026-04-05"}).content.decode()
    assert "1 h of 9 h" in old
    assert browser.get(reverse("my_week"), {"week": "x"}).status_code == 422


def test_my_week_is_for_clients_and_without_an_episode_says_so(week: World) -> None:
    assert browser_of(week.clinician).get(reverse("my_week")).status_code == 403
    assert Browser().get(reverse("my_week")).status_code == 302
    week.ana.enrolments.update(ends_on=date(2026, 4, 1))
    text = browser_of(week.ana.person).get(reverse("my_week")).content.decode()
    assert "You are not in a program this week" in text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "yesterday", "2026-02-30"])
@pytest.mark.parametrize("page", ["hours_board", "my_week"])
def test_a_week_that_is_none_is_refused_in_words(world: World, page: str, day: str) -> None:
    browser = Browser(raise_request_exception=True)
    browser.force_login(world.clinician if page == "hours_board" else world.ana.person)
    answer = browser.get(reverse(page), {"week": day})
    assert answer.status_code == 422


@pytest.mark.parametrize("state", ["", "needs_one_more", "met"])
def test_page_after_page_is_everybody_in_the_order_of_need(week: World, state: str) -> None:
    """Only the states of a page are sorted; nobody is shown twice or left out where one state ends and the next begins."""
    people = Person.objects.bulk_create(
        Person(email=f"n{n}@example.org", first_name=f"N{n}") for n in range(70)
    )
    clients = Client.objects.bulk_create(Client(program=week.program, person=person) for person in people)
    spread = ["cannot_reach"] * 13 + ["needs_one_more"] * 27 + ["met"] * 30  # nobody more is on course
    WeekHours.objects.bulk_create(
        WeekHours(
            program=week.program, client=client, week=WEEK.first, minutes=n * 37 % 11, prescribed_minutes=540,
            forecast=forecast, computed_at=TUESDAY,
        )
        for n, (client, forecast) in enumerate(zip(clients, spread, strict=True))
    )  # fmt: skip
    rank = {name: place for place, name in enumerate(selectors.STATES)}
    rows = WeekHours.objects.filter(program=week.program, week=WEEK.first)
    everybody = sorted(
        (row for row in rows if not state or row.forecast == state),
        key=lambda row: (
            rank[row.forecast], row.minutes + row.to_come_minutes - row.prescribed_minutes, row.client_id,
        ),
    )  # fmt: skip
    actor = week.actor(week.director)
    for page in range((len(everybody) - 1) // selectors.PER_PAGE + 1):
        board = selectors.board(actor, week.program, now=TUESDAY, state=state, page=page + 1)
        wanted = everybody[page * selectors.PER_PAGE : (page + 1) * selectors.PER_PAGE]
        assert {row.row.pk for row in board.rows} == {row.pk for row in wanted}
        assert board.page.paginator.count == len(everybody)
