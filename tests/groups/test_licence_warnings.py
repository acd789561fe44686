"""Before a licence ends, who manages the staff is told: thirty days before and seven, once each, in neutral words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.test import Client as Browser
from django.urls import reverse

from groups.licences import Licence
from groups.models import Person, StaffRole
from groups.services.licence_warnings import endings, warn_of_endings
from groups.tasks import warn_of_endings as task
from tests.factories import make_staff
from tests.worlds import World, build_world
from vio.common import outbox
from vio.common.models import Delivery
from vio.common.permissions import Role
from vio.common.scope import every_program

NOON = datetime(2026, 4, 13, 16, 0, tzinfo=UTC)  # noon in New York
TODAY = date(2026, 4, 13)
DAY = timedelta(days=1)


def licence(person: Person, days: int, state: str = "NY") -> None:
    """A licence that counts for so many days still."""
    ends = (TODAY + days * DAY).isoformat()
    StaffRole.objects.filter(person=person).update(licensed_states=[state], licence_ends={state: ends})


def told() -> list[tuple[Person, str]]:
    """Who was told, and which step."""
    rows = Delivery.objects.filter(kind="licence_ending").select_related("recipient").order_by("key")
    return [(row.recipient, row.key.split(":")[4]) for row in rows]


@pytest.mark.parametrize(
    ("left", "step"), [(31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, None), (-400, None)]
)
def test_which_warning_is_due(left: int, step: int | None) -> None:
    assert Licence("NY", TODAY + left * DAY).warning_on(TODAY) == step
    assert Licence("NY", None).warning_on(TODAY) is None


def test_those_who_manage_the_staff_are_told_at_thirty_days_and_at_seven_once_each(world: World) -> None:
    licence(world.facilitator, 31)
    for day in range(40):  # every hour of every day, and twice at once
        for hour in (0, 12, 12):
            warn_of_endings(now=NOON + day * DAY + timedelta(hours=hour))
    managing = {world.admin, world.director}
    assert sorted(told(), key=lambda one: (one[1], str(one[0].pk))) == sorted(
        [(person, step) for person in managing for step in ("7", "30")],
        key=lambda one: (one[1], str(one[0].pk)),
    )
    first = Delivery.objects.filter(key__contains=":30:").first()
    assert first is not None
    assert first.due_at == NOON + DAY - timedelta(hours=4)  # 8 in the morning of the day it is due


def test_after_an_outage_the_latest_step_alone_is_told(world: World) -> None:
    licence(world.facilitator, 5)
    warn_of_endings(now=NOON)
    assert {step for _, step in told()} == {"7"}


def test_a_licence_that_is_prolonged_is_warned_of_anew(world: World) -> None:
    licence(world.facilitator, 20)
    warn_of_endings(now=NOON)
    licence(world.facilitator, 200)
    warn_of_endings(now=NOON)
    assert len(told()) == 2
    warn_of_endings(now=NOON + 180 * DAY)
    assert len(told()) == 4


@pytest.mark.parametrize("days", [31, -1])
def test_long_before_and_after_nobody_is_told(world: World, days: int) -> None:
    licence(world.facilitator, days)
    assert warn_of_endings(now=NOON) == 0
    assert told() == []


def test_a_licence_held_by_two_roles_is_told_once(world: World) -> None:
    StaffRole.objects.create(program=world.program, person=world.facilitator, role="clinician")
    licence(world.facilitator, 20)
    assert warn_of_endings(now=NOON) == 1
    assert len(told()) == 2


def test_nobody_is_told_of_who_left(world: World) -> None:
    licence(world.facilitator, 20)
    StaffRole.objects.filter(person=world.facilitator).update(withdrawn_at=NOON)
    assert warn_of_endings(now=NOON) == 0


def test_another_programs_managers_hear_nothing(world: World) -> None:
    licence(world.facilitator, 20)
    warn_of_endings(now=NOON)
    assert world.lakeside_admin not in {person for person, _ in told()}
    licence(world.lakeside_clinician, 20)
    warn_of_endings(now=NOON)
    assert [person for person, _ in told()].count(world.lakeside_admin) == 1


def test_the_message_says_nothing_and_leads_to_the_staff_page(world: World) -> None:
    licence(world.facilitator, 20)
    with time_machine.travel(NOON, tick=False):
        task()
        outbox.send_due(now=NOON)
    message = next(one for one in mail.outbox if one.to == [world.admin.email])
    assert message.subject == outbox.SUBJECT
    for word in ("licence", "NY", world.facilitator.first_name, "2026-05-03"):
        assert word.casefold() not in str(message.body).casefold()
    row = Delivery.objects.filter(recipient=world.admin, kind="licence_ending").get()
    assert row.path == reverse("manage_staff", args=[world.program.pk])
    browser = Browser()
    browser.force_login(world.admin)
    with time_machine.travel(NOON, tick=False):
        assert browser.get(row.path).status_code == 200


def page(world: World, who: Person) -> str:
    browser = Browser()
    browser.force_login(who)
    with time_machine.travel(NOON, tick=False):
        return browser.get(reverse("manage_program", args=[world.program.pk])).content.decode()


def test_the_manage_page_lists_what_ends_next_first(world: World) -> None:
    licence(world.facilitator, 20)
    licence(world.clinician, 7, "NJ")
    licence(world.cofacilitator, -2, "PA")
    licence(world.other_facilitator, 31)
    found = endings(world.program, NOON)
    assert [(each.licence.state, each.is_over) for each in found] == [
        ("PA", True),
        ("NJ", False),
        ("NY", False),
    ]
    shown = page(world, world.admin)
    assert "The licence in NJ ends on Mon, Apr 20, 2026." in shown
    assert "The licence in NY ends on Sun, May 3, 2026." in shown
    assert "The licence in PA ended on Sat, Apr 11, 2026 and counts no more." in shown
    for who in (world.supervisor, world.records, world.facilitator):  # they do not manage the staff
        assert "The licence in" not in page(world, who)


def test_with_none_that_ends_the_page_has_no_such_part(world: World) -> None:
    assert "Licences that end" not in page(world, world.admin)


@pytest.mark.django_db(transaction=True)
def test_four_schedulers_at_once_tell_each_person_once() -> None:
    world = build_world()
    make_staff(world.program, Role.ADMIN, first_name="Second")
    licence(world.facilitator, 20)

    def go(_: int) -> None:
        try:
            with every_program():
                warn_of_endings(now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(4)))
    assert len(told()) == 3
