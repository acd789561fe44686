"""Guessing is slow (AU-3): the rule by table, then by the pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from groups import throttle_rules as rules
from groups import throttles
from groups.models import SignInThrottle
from groups.throttle_rules import Tries
from tests.groups.visitor import EVENING, PASSWORD, Visitor, code_now
from tests.worlds import World


def failed(times: int, *, every: timedelta = timedelta(0)) -> tuple[Tries, datetime]:
    """An account after so many failures, and the time of the last one."""
    tries, now = Tries(), EVENING
    for number in range(times):
        now = EVENING + every * number
        tries = rules.account_after(tries, now)
    return tries, now


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900), (60, 900)],
)
def test_the_delay_grows_from_the_fifth_failure_up_to_fifteen_minutes(failures: int, seconds: int) -> None:
    tries, now = failed(failures)
    assert rules.account_wait(tries, now) == timedelta(seconds=seconds)
    assert rules.account_wait(tries, now + timedelta(seconds=seconds)) == rules.NO_WAIT


def test_a_quiet_quarter_of_an_hour_starts_the_count_again() -> None:
    tries, now = failed(4)
    tries = rules.account_after(tries, now + rules.ACCOUNT_WINDOW + timedelta(seconds=1))
    assert (tries.count, tries.in_a_row) == (1, 5)


def test_never_more_than_a_hundred_in_a_row_however_slowly() -> None:
    tries, now = failed(99, every=timedelta(hours=1))
    assert rules.account_wait(tries, now) == rules.NO_WAIT
    tries = rules.account_after(tries, now)
    assert rules.account_wait(tries, now + timedelta(days=365)) == rules.FOR_GOOD


@pytest.mark.parametrize(("failures", "minutes"), [(49, 0), (50, 60), (51, 60)])
def test_an_address_has_fifty_failures_an_hour(failures: int, minutes: int) -> None:
    tries = Tries()
    for _ in range(failures):
        tries = rules.address_after(tries, EVENING)
    assert rules.address_wait(tries, EVENING) == timedelta(minutes=minutes)
    assert rules.address_wait(tries, EVENING + rules.ADDRESS_WINDOW) == rules.NO_WAIT
    assert rules.address_after(tries, EVENING + rules.ADDRESS_WINDOW).count == 1


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(seconds=1), "1 minute,"),
        (timedelta(seconds=61), "2 minutes,"),
        (rules.FOR_GOOD, "new password"),
    ],
)
def test_the_wait_is_told_in_words(wait: timedelta, words: str) -> None:
    assert words in rules.wait_words(wait)


# --- by the pages ------------------------------------------------------------------------------------------


def guess(email: str, times: int) -> None:
    """So many wrong passwords."""
    for _ in range(times):
        Visitor().password_step(email, "wrong guess")


@pytest.mark.parametrize("known", [True, False])
def test_after_five_failures_even_the_right_password_waits(world: World, known: bool) -> None:
    email = world.ana.person.email if known else "nobody77@example.org"
    with time_machine.travel(EVENING, tick=False) as clock:
        guess(email, 5)
        answer = Visitor().password_step(email)
        assert answer.status_code == 200
        assert b"too many tries" in answer.content  # alike for a name nobody has (AU-4)
        clock.shift(timedelta(seconds=30))
        assert Visitor().password_step(email).status_code == (302 if known else 200)


def test_a_right_password_ends_the_count(world: World) -> None:
    email = world.ana.person.email
    with time_machine.travel(EVENING, tick=False):
        guess(email, 4)
        assert Visitor().password_step(email).status_code == 302
        guess(email, 4)
        assert Visitor().password_step(email).status_code == 302


def test_a_throttled_account_keeps_its_running_logins(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.sign_in(world.ana.person)
        guess(world.ana.person.email, 12)
        assert visitor.is_signed_in


def test_an_address_that_guessed_fifty_times_waits_and_another_does_not(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        for number in range(50):
            Visitor().password_step(f"nobody{number}@example.org", "wrong")
        refused = Visitor().password_step(world.ana.person.email)
        assert b"too many tries" in refused.content
        assert Visitor().password_step(world.ana.person.email, REMOTE_ADDR="192.0.2.7").status_code == 302
        clock.shift(timedelta(hours=1))
        assert Visitor().password_step(world.ben.person.email).status_code == 302


def test_losing_the_cache_forgets_no_failure(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        guess(world.ana.person.email, 5)
        cache.clear()
        assert b"too many tries" in Visitor().password_step(world.ana.person.email).content


def test_the_second_step_is_counted_too(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.password_step(world.facilitator.email)
        for _ in range(5):
            visitor.code_step("000000")
        assert b"too many tries" in visitor.code_step(code_now()).content
        clock.shift(timedelta(seconds=30))
        assert visitor.code_step(code_now()).status_code == 302


def test_confirming_is_counted_too(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.sign_in(world.ana.person)
        for _ in range(5):
            visitor.confirm("wrong")
        assert b"too many tries" in visitor.confirm(PASSWORD).content


def test_neither_name_nor_address_is_kept_in_the_clear(world: World) -> None:
    Visitor().password_step(world.ana.person.email, "wrong")
    keys = set(SignInThrottle.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 64 and "@" not in key and "." not in key for key in keys)


def test_a_refused_try_is_not_counted_again(world: World) -> None:
    key = throttles.name_key("x@example.org")
    for _ in range(5):
        throttles.begin_try(key, now=EVENING)
    for _ in range(3):
        assert throttles.begin_try(key, now=EVENING) == timedelta(seconds=30)
    assert SignInThrottle.objects.get().count == 5


def test_old_counts_are_forgotten_but_not_long_rows_of_failures(db: None) -> None:
    throttles.begin_try(throttles.name_key("short@example.org"), now=EVENING)
    SignInThrottle.objects.create(key="long", count=1, in_a_row=90, began=EVENING, last=EVENING)
    assert throttles.forget_old(now=EVENING + timedelta(hours=23)) == 0
    assert throttles.forget_old(now=EVENING + timedelta(hours=25)) == 1
    assert SignInThrottle.objects.get().key == "long"


def test_a_new_password_opens_an_account_that_was_shut_for_good(world: World) -> None:
    email = world.ana.person.email
    hashed = throttles.name_key(email).hashed
    SignInThrottle.objects.create(key=hashed, count=5, in_a_row=100, began=EVENING, last=EVENING)
    assert b"ask for a new password" in Visitor().password_step(email).content
    throttles.forgive(throttles.name_key(email))
    assert Visitor().password_step(email).status_code == 302


def test_a_flood_of_forms_is_turned_away_before_anything_else(world: World, settings: object) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip", "login_failed": None}  # type: ignore[attr-defined]
    answers = [Visitor().post(reverse("account_login"), {}).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
