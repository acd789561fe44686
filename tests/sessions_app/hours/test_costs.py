"""The board asks as much of the database for many clients as for few (everything counted)."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from groups.models import Client, Enrolment, Group, LevelOfCare, Membership, Person
from sessions_app.hours.selectors import GROUPS_AT_ONCE
from sessions_app.hours.services import compute_week
from tests.factories import LONG_AGO, make_group, make_session
from tests.page_costs import statements_of
from tests.sessions_app.hours.programs import TUESDAY, WEEK
from tests.worlds import World
from vio.common.periodic import report_alive

pytestmark = pytest.mark.usefixtures("tuesday")


def join(world: World, number: int) -> None:
    """So many more clients in the group, with their week."""
    made = Client.objects.count()
    people = Person.objects.bulk_create(
        Person(email=f"more{made + n}@example.org", first_name=f"N{n}", password="!") for n in range(number)
    )
    clients = Client.objects.bulk_create(Client(program=world.program, person=person) for person in people)
    level = LevelOfCare.objects.get(program=world.program)
    Enrolment.objects.bulk_create(
        Enrolment(program=world.program, client=client, level=level, starts_on=LONG_AGO) for client in clients
    )
    Membership.objects.bulk_create(
        Membership(program=world.program, group=world.group, client=client, starts_on=LONG_AGO)
        for client in clients
    )
    compute_week(program=world.program, week=WEEK, now=TUESDAY)


@pytest.mark.parametrize("who", ["clinician", "director", "records"])
@pytest.mark.parametrize("query", ["", "&state=cannot_reach"])
def test_as_many_statements_for_forty_as_for_three(world: World, who: str, query: str) -> None:
    report_alive()
    make_session(world.group)
    browser = Browser()
    browser.force_login(getattr(world, who))
    path = f"/hours/?week=2026-04-14{query}"
    join(world, 3)
    few = statements_of(browser, path)
    join(world, 80)
    many = statements_of(browser, path)
    assert len(many) == len(few)
    assert len(many) <= 12, many


def test_of_many_groups_some_are_offered_and_one_is_found_by_its_name(world: World) -> None:
    for n in range(GROUPS_AT_ONCE + 3):
        make_group(world.program, f"Morning {n:02}")
    browser = Browser()
    browser.force_login(world.clinician)
    first = browser.get("/hours/").content.decode()
    assert "Morning 09" in first
    assert "Morning 14" not in first
    assert "There are more groups" in first
    found = browser.get("/hours/", {"find": "ning 14"}).content.decode()
    assert "Morning 14" in found
    assert "Evening A" not in found
    chosen = browser.get("/hours/", {"group": str(Group.objects.get(name="Morning 14").pk)}).content.decode()
    assert 'aria-current="true">Morning 14' in chosen
    assert "No group has a name" in browser.get("/hours/", {"find": "x\0<y>"}).content.decode()
    assert "Lakeside" not in browser.get("/hours/", {"find": "lake"}).content.decode()


def test_pages_follow_one_another_and_names_stand_in_order(world: World) -> None:
    join(world, 50)
    browser = Browser()
    browser.force_login(world.clinician)
    seen: list[str] = []
    for page in (1, 2, 3):
        text = browser.get("/hours/", {"week": "2026-04-14", "page": page}).content.decode()
        seen += re.findall(r'class="person-name"[^>]*>([^<]+)<', text)
    assert len(seen) == len(set(seen)) == 53
