"""Passwords (AU-1) and the way back for who forgot one (AU-9)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from groups.models import Person
from groups.passwords import PasswordPolicy
from tests.groups.visitor import EVENING, PASSWORD, Visitor
from tests.worlds import World
from vio.common.mailing import wait_for_mail

NEW = "a quiet river at dawn"
LINK = re.compile(r"http://[^\s]+/account/password/reset/key/[^\s]+")


@pytest.mark.parametrize(
    "password",
    [
        "fifteen letters", "x" * 4 + "yzw" * 40 + "ab", "пятнадцать букв", "🌙🌙🌙🌙🌙 moonlight", "     a    b    c   ",
        "no rules 1 2 3 at all", "q" * 64 + "r" * 60 + "stuv",
    ],
)  # fmt: skip
def test_any_long_password_is_taken(password: str) -> None:
    PasswordPolicy().validate(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("fourteen chars", "too_short"),
        ("", "too_short"),
        ("a" * 127 + "bc", "too_long"),
        ("password12345678", "too_common"),
        ("1234567890123456", "too_common"),
        ("aaaaaaaaaaaaaaaaaaa", "too_common"),
        ("abcabcabcabcabcabc", "too_common"),
        ("treatment!!!!!!!!!!", "too_common"),
        ("Recovery2026!!!!!!", "too_common"),
        ("qwertyuiop123456789", "too_common"),
    ],
)
def test_short_long_and_common_ones_are_refused(password: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PasswordPolicy().validate(password)
    assert refused.value.code == code


def test_the_list_of_common_ones_is_long() -> None:
    assert len(PasswordPolicy().passwords) >= 10_000


def test_with_a_second_step_ten_characters_are_enough(world: World) -> None:
    PasswordPolicy().validate("tidal moss", world.facilitator)
    with pytest.raises(ValidationError):
        PasswordPolicy().validate("tidal moss", world.ana.person)
    with pytest.raises(ValidationError):
        PasswordPolicy().validate("tidal mos", world.facilitator)


@pytest.mark.parametrize(
    ("password", "right"), [("moreno-river-12", False), ("ana moreno walks by the sea", True)]
)
def test_a_name_with_digits_is_no_password_but_a_sentence_with_it_is(
    world: World, password: str, right: bool
) -> None:
    if right:
        PasswordPolicy().validate(password, world.ana.person)
        return
    with pytest.raises(ValidationError) as refused:
        PasswordPolicy().validate(password, world.ana.person)
    assert refused.value.code == "too_close"


def test_all_128_characters_count(world: World) -> None:
    long = ("tidal moss on the stone " * 6)[:128]
    world.ana.person.set_password(long)
    world.ana.person.save()
    assert Visitor().password_step(world.ana.person.email, long[:-1]).status_code == 200
    assert Visitor().password_step(world.ana.person.email, long).status_code == 302


def test_a_weak_new_password_is_told_beside_the_field(world: World) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    form = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    answer = visitor.post(reverse("account_change_password"), form)
    assert answer.status_code == 200
    assert b"at least 15 characters" in answer.content


# --- forgotten ---------------------------------------------------------------------------------------------


def link_for(email: str, capture: DjangoCaptureOnCommitCallbacks) -> str:
    """The address in the mail after asking for a new password; '' when no mail went out."""
    mail.outbox.clear()
    with capture(execute=True):
        answer = Visitor().post(reverse("account_reset_password"), {"email": email})
    assert answer["Location"] == reverse("account_reset_password_done")
    wait_for_mail()
    found = LINK.search(str(mail.outbox[0].body)) if mail.outbox else None
    return found.group(0).removeprefix("http://testserver") if found else ""


def choose(visitor: Visitor, link: str, password: str = NEW) -> int:
    """Follows the link and sets a password; the status of the last answer."""
    opened = visitor.get(link)
    if opened.status_code != 302:
        return opened.status_code
    answer = visitor.post(opened["Location"], {"password1": password, "password2": password})
    return answer.status_code


def test_a_mailed_link_sets_a_new_password_once(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    running = Visitor()
    running.sign_in(world.ana.person)
    link = link_for(world.ana.person.email, django_capture_on_commit_callbacks)
    visitor = Visitor()
    assert choose(visitor, link) == 302
    assert not visitor.is_signed_in  # a link is no sign-in
    assert not running.is_signed_in
    assert Visitor().password_step(world.ana.person.email, NEW).status_code == 302
    assert b"does not work any more" in Visitor().get(link).content
    assert choose(Visitor(), link, "another long sentence") == 200
    assert Visitor().password_step(world.ana.person.email, NEW).status_code == 302


def test_the_link_leaves_the_address_at_once(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    link = link_for(world.ana.person.email, django_capture_on_commit_callbacks)
    opened = Visitor().get(link)
    key = link.rstrip("/").rsplit("-", 1)[1]
    assert key not in opened["Location"]
    assert len(key) >= 32  # hexadecimal: 128 bits
    assert opened["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_the_link_lives_thirty_minutes(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        link = link_for(world.ana.person.email, django_capture_on_commit_callbacks)
        clock.shift(timedelta(minutes=30))
        assert Visitor().get(link).status_code == 302
        clock.shift(timedelta(seconds=1))
        assert b"does not work any more" in Visitor().get(link).content


def test_a_new_password_does_not_skip_the_second_step(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    choose(Visitor(), link_for(world.facilitator.email, django_capture_on_commit_callbacks))
    visitor = Visitor()
    assert visitor.password_step(world.facilitator.email, NEW)["Location"] == reverse("mfa_authenticate")
    assert not visitor.is_signed_in


@pytest.mark.parametrize("who", ["stranger", "switched off"])
def test_no_mail_goes_to_who_has_no_account(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, who: str
) -> None:
    Person.objects.filter(pk=world.ben.person.pk).update(is_active=False)
    email = world.ben.person.email if who == "switched off" else "nobody77@example.org"
    assert link_for(email, django_capture_on_commit_callbacks) == ""
    assert mail.outbox == []


def test_the_mail_says_nothing_of_the_program_or_the_person(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    link_for(world.ana.person.email, django_capture_on_commit_callbacks)
    message = mail.outbox[0]
    said = f"{message.subject} {message.body}".lower()
    for word in ("moreno", "harbor", "program", "group", "recovery", "treatment", "session"):
        assert word not in said
    assert message.to == [world.ana.person.email]


@pytest.mark.parametrize("link", ["1-abc", "zzz-1", "0-" + "0" * 40, "A" * 25 + "-x"])
def test_an_invented_link_is_refused(db: None, link: str) -> None:
    answer = Visitor(raise_request_exception=False).get(f"/account/password/reset/key/{link}/")
    assert answer.status_code == 200
    assert b"does not work any more" in answer.content
