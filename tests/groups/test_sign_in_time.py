"""How long a login lasts (AU-6), and what a socket is told about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session as StoredLogin
from django.urls import reverse
from django.utils import timezone

from groups.actors import signed_in
from groups.logins import BEGAN, SEEN, find_login, forget_ended, login_holds, touch_login
from groups.models import Person
from groups.tasks import forget_ended as forget_ended_task
from tests.factories import make_staff
from tests.groups.visitor import EVENING, Visitor
from tests.worlds import World
from vio.common.permissions import Role

IDLE = {"staff": timedelta(minutes=15), "client": timedelta(minutes=30)}
OVERALL = {"staff": timedelta(hours=12), "client": timedelta(hours=24)}
SECOND = timedelta(seconds=1)


def person_of(kind: str, world: World) -> Person:
    """A client or somebody who works here."""
    return world.facilitator if kind == "staff" else world.ana.person


@pytest.mark.parametrize("kind", ["staff", "client"])
def test_an_idle_login_ends(world: World, kind: str) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(person_of(kind, world))
        clock.shift(IDLE[kind])
        assert visitor.is_signed_in  # to the second
        clock.shift(IDLE[kind] + SECOND)
        assert not visitor.is_signed_in
        assert StoredLogin.objects.count() == 0  # on the server, not only in the browser


@pytest.mark.parametrize("kind", ["staff", "client"])
def test_a_login_in_use_ends_when_it_is_old(world: World, kind: str) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(person_of(kind, world))
        step = timedelta(minutes=10)
        for _ in range(OVERALL[kind] // step):
            clock.shift(step)
            assert visitor.is_signed_in
        clock.shift(SECOND)
        assert not visitor.is_signed_in


@pytest.mark.parametrize(("background", "holds"), [(True, False), (False, True)])
def test_a_refresh_that_happens_by_itself_keeps_nothing_awake(
    world: World, background: bool, holds: bool
) -> None:
    headers = {"X-Background": "1"} if background else {}
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        for _ in range(4):
            clock.shift(timedelta(minutes=4))
            visitor.get(reverse("mfa_index"), headers=headers)
        assert visitor.is_signed_in is holds


def test_a_refresh_after_the_limit_is_refused_but_ends_no_room(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        key = visitor.key
        clock.shift(timedelta(minutes=16))
        answer = visitor.get(reverse("mfa_index"), headers={"X-Background": "1", "HX-Request": "true"})
        assert answer.status_code == 401
        assert answer["HX-Redirect"].startswith(reverse("account_login"))
        assert login_holds(key, world.facilitator.pk, timezone.now(), in_room=True)
        assert not login_holds(key, world.facilitator.pk, timezone.now())


def test_a_browser_cannot_make_its_login_younger(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.sign_in(world.ana.person)
        assert visitor.session[BEGAN] == visitor.session[SEEN] == EVENING.timestamp()
        assert set(visitor.cookies) <= {"vio", "vio-csrf", "messages"}
        assert visitor.cookies["vio"]["httponly"]
        assert visitor.cookies["vio"]["samesite"] == "Lax"


# --- sockets -----------------------------------------------------------------------------------------------


def test_a_socket_is_told_whose_login_it_is(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        found = signed_in(visitor.key, now=timezone.now(), source="192.0.2.1")
        assert found is not None
        assert found.actor.person_id == world.facilitator.pk
        assert found.actor.roles_in(world.program.pk) == {Role.FACILITATOR}
        assert found.actor.fresh
        assert found.actor.source == "192.0.2.1"
        clock.shift(timedelta(minutes=6))
        later = find_login(visitor.key, now=timezone.now())
        assert later is not None
        assert not later.fresh


@pytest.mark.parametrize("key", ["", "unknown" * 4, "x" * 400, "'; --"])
def test_no_login_is_nobody(world: World, key: str) -> None:
    assert signed_in(key, now=timezone.now()) is None
    assert not login_holds(key, world.ana.person.pk, timezone.now())


def test_staff_without_a_second_step_are_nobody_to_a_socket(world: World) -> None:
    person = make_staff(world.program, Role.FACILITATOR, factor=False)
    visitor = Visitor()
    visitor.sign_in(person)
    assert signed_in(visitor.key, now=timezone.now()) is None


def test_a_login_holds_for_its_own_person_only(world: World) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    assert login_holds(visitor.key, world.ana.person.pk, timezone.now())
    assert not login_holds(visitor.key, world.ben.person.pk, timezone.now())


def test_in_a_room_only_the_age_counts(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.sign_in(world.ana.person)

        def holds(after: timedelta, *, in_room: bool) -> bool:
            return login_holds(visitor.key, world.ana.person.pk, EVENING + after, in_room=in_room)

        assert holds(timedelta(minutes=30), in_room=False)
        assert not holds(timedelta(minutes=31), in_room=False)
        assert holds(timedelta(hours=23), in_room=True)
        assert not holds(timedelta(hours=25), in_room=True)


def test_asking_again_costs_one_statement(world: World, django_assert_num_queries: object) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    key = visitor.key
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        assert login_holds(key, world.ana.person.pk, timezone.now())


def test_what_somebody_does_on_a_socket_counts_as_being_there(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        clock.shift(timedelta(minutes=10))
        touch_login(visitor.key, now=timezone.now())
        clock.shift(timedelta(minutes=10))
        assert visitor.is_signed_in


def test_logins_that_are_over_are_removed(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        Visitor().sign_in(world.ana.person)
        assert forget_ended(now=timezone.now()) == 0
        clock.shift(timedelta(hours=25))
        assert forget_ended_task() >= 1
        assert forget_ended_task() == 0
        assert StoredLogin.objects.count() == 0
