"""The second factor (AU-2): codes work once, recovery codes are hashed and work once, recovery never skips it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.urls import reverse

from groups import factors
from groups.models import Person
from tests.factories import add_second_factor, make_staff
from tests.groups.visitor import EVENING, PASSWORD, SECRET, Visitor, code_now
from tests.worlds import World
from vio.common.permissions import Role

STEP = timedelta(seconds=30)


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_taken_one_step_early_or_late(world: World, steps: int, right: bool) -> None:
    code = factors.code_at(SECRET, EVENING + STEP * steps)
    found = factors.use_code(world.facilitator, code, now=EVENING)
    assert (found is not None) is right


def test_a_code_works_once_for_as_long_as_it_would_be_right(world: World) -> None:
    """The code of the next step, used early, stays right for ninety seconds: it is refused all that time."""
    code = factors.code_at(SECRET, EVENING + STEP)
    assert factors.use_code(world.facilitator, code, now=EVENING) is not None
    for seconds in (0, 1, 29, 31, 59):
        assert factors.use_code(world.facilitator, code, now=EVENING + timedelta(seconds=seconds)) is None


def test_an_older_code_is_refused_after_a_newer_one(world: World) -> None:
    assert factors.use_code(world.facilitator, factors.code_at(SECRET, EVENING), now=EVENING) is not None
    assert factors.use_code(world.facilitator, factors.code_at(SECRET, EVENING - STEP), now=EVENING) is None


def test_a_used_code_does_not_sign_in_again(world: World) -> None:
    with time_machine.travel(EVENING, tick=False):
        code = code_now()
        first, second = Visitor(), Visitor()
        for visitor in (first, second):
            visitor.password_step(world.facilitator.email)
        assert first.code_step(code).status_code == 302
        answer = second.code_step(code)
        assert answer.status_code == 200
        assert b"used before" in answer.content
        assert not second.is_signed_in


@pytest.mark.parametrize("code", ["", " ", "abc", "12345", "1234567", "٣٤٥٦٧٨", "\x00", "9" * 64, "½½½½½½"])
def test_nonsense_is_no_code(world: World, code: str) -> None:
    assert factors.use_code(world.facilitator, code, now=EVENING) is None
    visitor = Visitor()
    visitor.password_step(world.facilitator.email)
    assert visitor.code_step(code).status_code == 200


def test_blanks_in_a_code_do_no_harm(world: World) -> None:
    code = factors.code_at(SECRET, EVENING)
    assert factors.use_code(world.facilitator, f" {code[:3]} {code[3:]} ", now=EVENING) is not None


def test_a_code_of_one_person_is_nothing_to_another(world: World) -> None:
    assert factors.use_code(world.ana.person, factors.code_at(SECRET, EVENING), now=EVENING) is None


# --- recovery codes ----------------------------------------------------------------------------------------


def test_recovery_codes_are_long_different_and_kept_as_hashes(world: World) -> None:
    codes = factors.make_recovery_codes(world.facilitator)
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) * 5 >= 64 for code in codes)
    stored = str(Authenticator.objects.get(user=world.facilitator, type="recovery_codes").data)
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_a_recovery_code_works_once(world: World) -> None:
    codes = factors.make_recovery_codes(world.facilitator)
    assert factors.use_code(world.facilitator, codes[3].lower(), now=EVENING) is not None
    assert factors.use_code(world.facilitator, codes[3], now=EVENING) is None
    assert factors.recovery_codes_left(world.facilitator) == 9
    assert factors.use_code(world.ana.person, codes[4], now=EVENING) is None


def test_new_codes_end_the_old_ones(world: World) -> None:
    old = factors.make_recovery_codes(world.facilitator)
    new = factors.make_recovery_codes(world.facilitator)
    assert factors.use_code(world.facilitator, old[0], now=EVENING) is None
    assert factors.use_code(world.facilitator, new[0], now=EVENING) is not None


def test_a_lost_phone_is_no_lost_account(world: World) -> None:
    codes = factors.make_recovery_codes(world.facilitator)
    visitor = Visitor()
    visitor.password_step(world.facilitator.email)
    assert visitor.code_step(codes[0]).status_code == 302
    assert visitor.is_signed_in


def test_codes_are_shown_once_and_only_after_a_fresh_sign_in(world: World) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        visitor = Visitor()
        visitor.sign_in(world.facilitator)
        assert visitor.post(reverse("recovery_codes")).content.count(b"<li><code>") == 10
        assert b"<li><code>" not in visitor.get(reverse("recovery_codes")).content
        clock.shift(timedelta(minutes=6))
        refused = visitor.post(reverse("recovery_codes"))
        assert refused.status_code == 302
        assert refused["Location"].startswith(reverse("account_reauthenticate"))


def test_recovery_codes_alone_are_no_second_factor(world: World) -> None:
    person = make_staff(world.program, Role.FACILITATOR, factor=False)
    factors.make_recovery_codes(person)
    assert factors.second_factor_missing(person)
    visitor = Visitor()
    visitor.sign_in(person)
    assert visitor.get("/clients/")["Location"] == reverse("second_factor")


# --- removing ----------------------------------------------------------------------------------------------


def app_of(person: Person) -> object:
    """The app of a person."""
    return Authenticator.objects.filter(user=person, type="totp").first()


def test_staff_cannot_remove_their_last_factor_and_clients_can(world: World) -> None:
    add_second_factor(world.ana.person)
    for person, stays in ((world.facilitator, True), (world.ana.person, False)):
        visitor = Visitor()
        visitor.sign_in(person)
        assert visitor.get(reverse("mfa_deactivate_totp")).status_code == 200
        visitor.post(reverse("mfa_deactivate_totp"))
        assert (app_of(person) is not None) is stays


def test_with_a_passkey_beside_it_the_app_may_go_but_not_the_passkey_after(world: World) -> None:
    passkey = Authenticator.objects.create(
        user=world.facilitator, type="webauthn", data={"name": "Phone", "credential": {}}
    )
    visitor = Visitor()
    visitor.force_login(world.facilitator)
    visitor.confirm(PASSWORD)
    visitor.post(reverse("mfa_deactivate_totp"))
    assert app_of(world.facilitator) is None
    answer = visitor.post(reverse("mfa_remove_webauthn", kwargs={"pk": passkey.pk}))
    assert answer.status_code == 409
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_passkey_of_somebody_else_does_not_exist(world: World) -> None:
    passkey = Authenticator.objects.create(
        user=world.clinician, type="webauthn", data={"name": "Phone", "credential": {}}
    )
    visitor = Visitor()
    visitor.sign_in(world.facilitator)
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert visitor.post(reverse(name, kwargs={"pk": passkey.pk}), {"name": "Mine"}).status_code == 404
    assert Authenticator.objects.get(pk=passkey.pk).data["name"] == "Phone"


FORGED = [
    "", "{}", "null", "[]", "3", '"x"', '{"id": 1}', "not json", '{"response": {"userHandle": "AA"}}', '{"response": 7}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "AA", "authenticatorData": "AA",'
    ' "signature": "AA", "userHandle": "%%%", "attestationObject": "oA"}}',
]  # fmt: skip


@pytest.mark.parametrize("credential", FORGED)
def test_a_forged_passkey_does_not_sign_in(world: World, credential: str) -> None:
    visitor = Visitor(raise_request_exception=False)
    visitor.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    answer = visitor.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_login"))
    assert not visitor.is_signed_in


@pytest.mark.parametrize("credential", FORGED)
def test_a_forged_passkey_is_refused_wherever_one_is_asked_for(world: World, credential: str) -> None:
    visitor = Visitor(raise_request_exception=False)
    visitor.password_step(world.facilitator.email)
    assert visitor.post(reverse("mfa_authenticate"), {"credential": credential}).status_code == 200
    assert not visitor.is_signed_in
    visitor.sign_in(world.ana.person)
    visitor.get(reverse("mfa_add_webauthn"))
    answer = visitor.post(reverse("mfa_add_webauthn"), {"credential": credential, "passwordless": "on"})
    assert answer.status_code == 200
    assert b"Nothing was changed" in answer.content
    assert not Authenticator.objects.filter(user=world.ana.person).exists()


def test_the_overview_shows_what_one_has(world: World) -> None:
    factors.make_recovery_codes(world.facilitator)
    visitor = Visitor()
    visitor.sign_in(world.facilitator)
    page = visitor.get(reverse("mfa_index")).content.decode()
    assert "10 left" in page
    assert "last used" in page
    assert world.facilitator.email in page
