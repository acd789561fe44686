"""The desk asks as much of the database for a long queue as for a short one (everything counted)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from checkins.models import Alert, AlertAct
from checkins.selectors.desk import QueuePage, queue, queue_page
from checkins.views.desk import AT_ONCE
from groups.models import Client, Person
from sessions_app.models import Flag, FollowUp
from tests.checkins.answers import NOW
from tests.factories import make_session
from tests.page_costs import statements_of
from tests.worlds import World
from vio.common.models import AuditEntry
from vio.common.periodic import report_alive


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=4), tick=False):
        yield


def wait(world: World, number: int) -> None:
    """So many more clients with an open alert and a missed group."""
    session = make_session(world.group)
    for n in range(number):
        person = Person.objects.create(
            email=f"{session.pk}.{n}@example.org", first_name=f"N{n}", password="!"
        )
        client = Client.objects.create(program=world.program, person=person)
        Alert.objects.create(
            program=world.program, client=client, local_date=NOW.date(), level="red" if n % 2 else "yellow",
            reasons=[], rule_version=1, raised_at=NOW, changed_at=NOW, acknowledge_by=NOW + timedelta(hours=1),
        )  # fmt: skip
        flag = Flag.objects.create(
            program=world.program, kind="missed_session", client=client, session=session, subject=session.pk,
            due_at=NOW, raised_at=NOW,
        )  # fmt: skip
        FollowUp.objects.create(
            program=world.program, flag=flag, client=client, session=session, determined_at=NOW,
            next_due_at=timezone.now() + timedelta(hours=24),
        )  # fmt: skip


@pytest.mark.parametrize(("path", "most"), [("/desk/queue/", 7), ("/desk/", 12)])
@pytest.mark.parametrize("who", ["clinician", "director"])
def test_as_many_statements_for_forty_as_for_three(world: World, path: str, most: int, who: str) -> None:
    report_alive()
    browser = Browser()
    browser.force_login(getattr(world, who))
    wait(world, 3)
    few = statements_of(browser, path)
    wait(world, 40)
    many = statements_of(browser, path)
    assert len(many) == len(few)
    assert len(many) <= most


@pytest.mark.parametrize("who", ["clinician", "director"])
def test_somebody_below_the_lines_drawn_costs_no_more_and_both_views_are_on_record(
    world: World, who: str
) -> None:
    report_alive()
    browser = Browser()
    browser.force_login(getattr(world, who))
    wait(world, AT_ONCE + 3)
    last = queue(world.actor(world.clinician), now=timezone.now())[-1].alert
    AlertAct.objects.create(
        program=world.program,
        alert=last,
        kind="contacted",
        at=NOW,
        text="Called twice.",
        person=world.supervisor,
    )
    path = f"/desk/?alert={last.pk}"
    asked = statements_of(browser, path)
    assert len(asked) <= 12, asked
    text = browser.get(path).content.decode()
    assert "Called twice." in text
    assert world.supervisor.full_name in text
    seen = AuditEntry.objects.filter(actor_id=getattr(world, who).pk).order_by("-number")
    assert [(entry.action, entry.client_id) for entry in seen[:2]] == [
        ("alert.viewed", last.client_id),
        ("desk.viewed", None),
    ]


def test_an_alert_out_of_reach_is_refused_and_the_desk_is_on_record_all_the_same(world: World) -> None:
    browser = Browser()
    browser.force_login(world.lakeside_clinician)
    wait(world, 1)
    alert = Alert.objects.get()
    assert browser.get(f"/desk/?alert={alert.pk}").status_code == 404
    seen = AuditEntry.objects.filter(actor_id=world.lakeside_clinician.pk, action__endswith=".viewed")
    assert [(entry.action, entry.program_id) for entry in seen] == [("desk.viewed", world.lakeside.pk)]


def test_the_first_lines_are_those_of_the_whole_queue_and_the_figures_are_of_all(world: World) -> None:
    wait(world, 9)
    actor = world.actor(world.clinician)
    for n, alert in enumerate(Alert.objects.order_by("pk")):
        due = [None, NOW, NOW + timedelta(minutes=n)][n % 3]
        status = "acknowledged" if n % 4 == 0 else "open"
        Alert.objects.filter(pk=alert.pk).update(acknowledge_by=due, status=status)
    whole = queue(actor, now=timezone.now())
    part = queue_page(actor, now=timezone.now(), shown=4)
    assert [item.alert.pk for item in part.items] == [item.alert.pk for item in whole[:4]]
    assert (part.total, part.waiting) == (9, sum(item.waits for item in whole))
    assert dict(part.counts) == {
        level: sum(item.waits and item.alert.level == level for item in whole) for level in ("red", "yellow")
    }
    order = [(item.alert.level != "red", not item.waits, item.alert.acknowledge_by is None) for item in whole]
    assert order == sorted(order)
    assert [item.overdue for item in whole].count(True) > 0
    assert queue_page(world.actor(world.lakeside_clinician), now=timezone.now(), shown=4) == QueuePage(
        (), 0, 0, ()
    )
