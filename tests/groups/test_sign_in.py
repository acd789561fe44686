"""Signing in by the pages: who gets in, what a refusal tells, new keys (AU-2, AU-4, AU-5, AU-8)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import NoReverseMatch, reverse

from groups.models import Person
from tests.factories import make_person, make_staff
from tests.groups.visitor import EVENING, PASSWORD, SECRET, Visitor, code_now
from tests.worlds import World
from vio.common.models import AuditEntry
from vio.common.permissions import Role

TOKEN = re.compile(rb"value=\"[A-Za-z0-9]{64}\"|[A-Za-z0-9]{64}|[0-9a-f]{8}-[0-9a-f-]{27}")


def acts() -> list[str]:
    """What the audit trail says about signing in, in order."""
    return list(
        AuditEntry.objects.filter(program_id=None).order_by("number").values_list("action", flat=True)
    )


def test_a_client_signs_in_with_a_password(world: World) -> None:
    visitor = Visitor()
    assert visitor.sign_in(world.ana.person)["Location"] == "/"
    assert visitor.is_signed_in
    assert acts() == ["login.began"]


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), PASSWORD + " ", PASSWORD[:-1]])
def test_a_wrong_password_does_not(world: World, password: str) -> None:
    visitor = Visitor()
    answer = visitor.password_step(world.ana.person.email, password)
    assert answer.status_code == 200
    assert b"do not go together" in answer.content
    assert world.ana.person.email.encode() in answer.content  # what was typed is kept
    assert b"correct horse" not in answer.content  # but not the password
    assert not visitor.is_signed_in
    assert acts() == ["login.refused"]


def test_the_address_is_read_without_regard_to_case(world: World) -> None:
    assert Visitor().password_step(f" {world.ana.person.email.upper()} ").status_code == 302


def test_staff_need_the_second_step(world: World) -> None:
    visitor = Visitor()
    assert visitor.password_step(world.facilitator.email)["Location"] == reverse("mfa_authenticate")
    assert not visitor.is_signed_in
    assert visitor.code_step("000000").status_code == 200
    assert not visitor.is_signed_in
    assert visitor.code_step(code_now()).status_code == 302
    assert visitor.is_signed_in


def test_the_second_step_is_nothing_without_the_first(world: World) -> None:
    visitor = Visitor()
    assert visitor.code_step(code_now())["Location"] == reverse("account_login")
    assert not visitor.is_signed_in


def test_a_switched_off_account_does_not_get_in(world: World) -> None:
    Person.objects.filter(pk=world.ana.person.pk).update(is_active=False)
    visitor = Visitor()
    assert visitor.password_step(world.ana.person.email)["Location"] == reverse("account_inactive")
    assert not visitor.is_signed_in


def test_staff_without_a_second_step_are_led_to_it_and_can_do_nothing_else(world: World) -> None:
    person = make_staff(world.program, Role.DIRECTOR, factor=False)
    visitor = Visitor()
    visitor.sign_in(person)
    for page in ("/", "/clients/", "/hours/", "/no/such/page/"):
        answer = visitor.get(page)
        assert answer.status_code in {302, 404}, page
        if answer.status_code == 302:
            assert answer["Location"] == reverse("second_factor")
    assert b"One more step" in visitor.get(reverse("second_factor")).content


def test_enrolling_right_after_signing_in_opens_everything(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        person = make_staff(world.program, Role.DIRECTOR, factor=False)
        visitor = Visitor()
        visitor.sign_in(person)
        key_before = visitor.key
        page = visitor.get(reverse("mfa_activate_totp"))
        assert page.status_code == 200  # the sign-in is fresh: nothing is asked again
        secret = page.context["form"].secret
        from groups.factors import code_at

        wrong = visitor.post(reverse("mfa_activate_totp"), {"code": "000000"})
        assert wrong.status_code == 200
        assert secret.encode() in wrong.content  # the same key: the app need not be set up again
        done = visitor.post(reverse("mfa_activate_totp"), {"code": code_at(secret, EVENING)})
        assert done["Location"] == reverse("recovery_codes")
        codes = visitor.post(reverse("recovery_codes"))
        assert codes.content.count(b"<li><code>") == 10
        assert visitor.get(reverse("second_factor"))["Location"] == reverse("mfa_index")
        assert visitor.key != key_before

        other = Visitor()
        other.password_step(person.email)
        assert other.code_step(code_at(secret, EVENING)).status_code == 200  # that code set the app up: used
        clock.shift(timedelta(seconds=30))
        assert other.code_step(code_at(secret, EVENING + timedelta(seconds=30))).status_code == 302


# --- what an answer tells (AU-4) ---------------------------------------------------------------------------


def bare(content: bytes, email: str) -> bytes:
    """A page without one-time values and without what was typed."""
    return TOKEN.sub(b"", content).replace(email.encode(), b"")


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_known_and_unknown_names_get_the_same_answer(world: World, page: str) -> None:
    known, unknown = world.ana.person.email, "nobody77@example.org"
    answers = []
    for email in (known, unknown):
        data = {"login": email, "password": "wrong", "email": email}
        answer = Visitor().post(reverse(page), data)
        answers.append((answer.status_code, bare(answer.content, email), answer.headers.get("Location")))
    assert answers[0] == answers[1]


def test_a_person_who_has_no_password_yet_answers_like_a_stranger(world: World) -> None:
    invited = make_person()
    invited.set_unusable_password()
    invited.save()
    answers = {
        bare(Visitor().password_step(email, "wrong").content, email)
        for email in (invited.email, "nobody77@example.org")
    }
    assert len(answers) == 1


def test_an_unknown_name_costs_a_hash_as_well(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    original = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(salt)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    work = []
    for email in (world.ana.person.email, "nobody77@example.org"):
        hashed.clear()
        Visitor().password_step(email, "wrong")
        work.append(len(hashed))
    assert work[0] == work[1] == 1


# --- keys of logins (AU-5) and freshness (AU-8) -------------------------------------------------------------


def test_a_login_has_a_new_key_and_the_old_one_is_dead(world: World) -> None:
    visitor = Visitor()
    visitor.get(reverse("account_login"))
    visitor.session["planted"] = True
    planted = visitor.session
    planted.save()
    visitor.cookies["vio"] = planted.session_key or ""
    visitor.sign_in(world.ana.person)
    assert visitor.key != planted.session_key
    thief = Visitor()
    thief.cookies["vio"] = planted.session_key or ""
    assert not thief.is_signed_in


def test_the_second_step_gives_a_new_key(world: World) -> None:
    visitor = Visitor()
    visitor.password_step(world.facilitator.email)
    half_way = visitor.key
    visitor.code_step(code_now())
    assert visitor.key != half_way


def test_a_key_is_long_enough(world: World) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    assert re.fullmatch(r"[a-z0-9]{32}", visitor.key)  # 36**32 > 2**128


def test_a_sign_in_is_fresh_for_five_minutes(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.ana.person)
        assert visitor.get(reverse("account_change_password")).status_code == 200
        clock.shift(timedelta(minutes=5, seconds=1))
        refused = visitor.get(reverse("account_change_password"))
        assert refused["Location"].startswith(reverse("account_reauthenticate"))
        assert visitor.get(refused["Location"]).status_code == 200
        wrong = visitor.post(refused["Location"], {"password": "wrong"})
        assert wrong.status_code == 200
        assert b"not your password" in wrong.content
        assert visitor.get(reverse("account_change_password")).status_code == 302
        back = visitor.post(refused["Location"], {"password": PASSWORD})
        assert back["Location"] == reverse("account_change_password")
        assert visitor.get(back["Location"]).status_code == 200


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "\\\\elsewhere"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(world: World, target: str) -> None:
    answer = Visitor().post(
        reverse("account_login"), {"login": world.ana.person.email, "password": PASSWORD, "next": target}
    )
    assert answer["Location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_go(world: World) -> None:
    visitor = Visitor()
    asked = visitor.get("/account/tokens/?page=2")
    assert asked.status_code == 302
    answer = visitor.post(asked["Location"], {"login": world.ana.person.email, "password": PASSWORD})
    assert answer["Location"] == "/account/tokens/?page=2"


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_set_password", "mfa_trust"])
def test_what_we_do_not_offer_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_secret_of_the_app_is_sealed_in_the_database(world: World) -> None:
    from allauth.mfa.models import Authenticator

    stored = Authenticator.objects.get(user=world.facilitator).data["secret"]
    assert SECRET not in stored
