"""Invitations (AU-9): the one way to a new account."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from groups.models import Client, Invitation, Person, StaffRole
from groups.services import invitations
from groups.services.invitations import Welcome, accept_invitation, invite
from tests.factories import make_person
from tests.groups.visitor import EVENING, Visitor
from tests.worlds import World
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.mailing import wait_for_mail
from vio.common.models import AuditEntry
from vio.common.permissions import Role

NEW = "a quiet river at dawn"
ANSWER = {"first_name": "Noor", "last_name": "Haddad", "password": NEW}
Capture = DjangoCaptureOnCommitCallbacks


def newcomer(world: World, role: Role | None = None) -> Person:
    """A person without a password, in Harbor as a client or with a role."""
    person = make_person(first_name="Noor", last_name="")
    person.set_unusable_password()
    person.save()
    if role is None:
        Client.objects.create(program=world.program, person=person)
    else:
        StaffRole.objects.create(program=world.program, person=person, role=role)
    return person


def link_of(world: World, person: Person, capture: Capture, *, now: datetime = EVENING) -> str:
    """Invites and reads the mail."""
    mail.outbox.clear()
    with capture(execute=True):
        invite(person=person, program_id=world.program.pk, actor=world.actor(world.director), now=now)
    wait_for_mail()
    [message] = mail.outbox
    assert message.to == [person.email]
    found = re.search(r"http://[^/]+(/account/welcome/\S+)", str(message.body))
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("role", [None, Role.CLINICIAN])
def test_an_invited_person_chooses_name_and_password_and_is_in(
    world: World, django_capture_on_commit_callbacks: Capture, role: Role | None
) -> None:
    with time_machine.travel(EVENING, tick=False):
        person = newcomer(world, role)
        link = link_of(world, person, django_capture_on_commit_callbacks)
        visitor = Visitor()
        opened = visitor.get(link)
        assert opened["Location"] == reverse("account_welcome")
        assert b"Noor" in visitor.get(opened["Location"]).content
        assert visitor.post(opened["Location"], ANSWER)["Location"] == "/"
        assert visitor.is_signed_in
        person.refresh_from_db()
        assert person.full_name == "Noor Haddad"
        if role is not None:
            assert visitor.get("/clients/")["Location"] == reverse("second_factor")
            assert visitor.get(reverse("mfa_activate_totp")).status_code == 200
        assert Visitor().password_step(person.email, NEW).status_code == 302


def test_a_link_works_once(world: World, django_capture_on_commit_callbacks: Capture) -> None:
    with time_machine.travel(EVENING, tick=False):
        person = newcomer(world)
        link = link_of(world, person, django_capture_on_commit_callbacks)
        first, second = Visitor(), Visitor()
        for visitor in (first, second):
            visitor.get(link)
        assert first.post(reverse("account_welcome"), ANSWER).status_code == 302
        assert second.post(reverse("account_welcome"), {**ANSWER, "password": "x" + NEW}).status_code == 404
        assert Visitor().get(link).status_code == 404
        assert Visitor().password_step(person.email, NEW).status_code == 302


def test_of_two_at_once_one_is_refused(world: World, django_capture_on_commit_callbacks: Capture) -> None:
    person = newcomer(world)
    link_of(world, person, django_capture_on_commit_callbacks)
    invitation = Invitation.objects.get()
    accept_invitation(invitation=invitation, welcome=Welcome("Noor", "", NEW), now=EVENING)
    with pytest.raises(NotFoundError):
        accept_invitation(invitation=invitation, welcome=Welcome("Mallory", "", "x" + NEW), now=EVENING)
    person.refresh_from_db()
    assert person.first_name == "Noor"
    assert person.check_password(NEW)


@pytest.mark.parametrize(("hours", "status"), [(72, 404), (71.9, 302)])
def test_a_link_lives_seventy_two_hours(
    world: World, django_capture_on_commit_callbacks: Capture, hours: float, status: int
) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        link = link_of(world, newcomer(world), django_capture_on_commit_callbacks)
        clock.shift(timedelta(hours=hours))
        assert Visitor().get(link).status_code == status


def test_a_second_invitation_ends_the_first(
    world: World, django_capture_on_commit_callbacks: Capture
) -> None:
    with time_machine.travel(EVENING, tick=False):
        person = newcomer(world)
        first = link_of(world, person, django_capture_on_commit_callbacks)
        second = link_of(world, person, django_capture_on_commit_callbacks)
        assert Visitor().get(first).status_code == 404
        assert Visitor().get(second).status_code == 302


def test_the_token_is_long_and_kept_only_as_a_hash(
    world: World, django_capture_on_commit_callbacks: Capture
) -> None:
    link = link_of(world, newcomer(world), django_capture_on_commit_callbacks)
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert len(token) >= 43  # 256 bits, base64
    row = Invitation.objects.get()
    assert token not in str(Invitation.objects.values().get())
    assert row.token_hash != token
    assert row.expires_at - row.created_at == timedelta(hours=72)
    assert token not in str(list(AuditEntry.objects.values()))


def bare(content: bytes) -> bytes:
    """A page without its one-time values."""
    return re.sub(rb"[A-Za-z0-9]{64}", b"", content)


def test_an_unknown_used_or_old_link_answers_alike(
    world: World, django_capture_on_commit_callbacks: Capture
) -> None:
    with time_machine.travel(EVENING, tick=False) as clock:
        link = link_of(world, newcomer(world), django_capture_on_commit_callbacks)
        unknown = Visitor().get(reverse("account_welcome_link", kwargs={"token": "x" * 43}))
        clock.shift(timedelta(hours=73))
        old = Visitor().get(link)
        assert unknown.status_code == old.status_code == 404
        assert bare(unknown.content) == bare(old.content)


def test_guessing_links_is_slow(world: World) -> None:
    statuses = [
        Visitor().get(reverse("account_welcome_link", kwargs={"token": f"guess{n}"})).status_code
        for n in range(51)
    ]
    assert statuses == [404] * 50 + [429]


def test_a_weak_password_uses_nothing_up_and_keeps_what_was_typed(
    world: World, django_capture_on_commit_callbacks: Capture
) -> None:
    with time_machine.travel(EVENING, tick=False):
        visitor = Visitor()
        visitor.get(link_of(world, newcomer(world), django_capture_on_commit_callbacks))
        answer = visitor.post(reverse("account_welcome"), {**ANSWER, "password": "short"})
        assert answer.status_code == 422
        assert b"at least 15 characters" in answer.content
        assert b"Haddad" in answer.content
        assert Invitation.objects.get().used_at is None
        assert visitor.post(reverse("account_welcome"), ANSWER).status_code == 302


def test_a_name_is_needed(world: World, django_capture_on_commit_callbacks: Capture) -> None:
    link_of(world, newcomer(world), django_capture_on_commit_callbacks)
    with pytest.raises(BadInputError):
        accept_invitation(invitation=Invitation.objects.get(), welcome=Welcome(" ", "", NEW), now=EVENING)
    assert Invitation.objects.get().used_at is None


@pytest.mark.parametrize(
    ("who", "role", "refusal"),
    [
        ("clinician", None, NotAllowedError),
        ("supervisor", Role.CLINICIAN, NotAllowedError),
        ("lakeside_admin", None, NotAllowedError),
        ("lakeside_admin", Role.CLINICIAN, NotAllowedError),
        ("ana", None, NotAllowedError),
        ("supervisor", None, None),
        ("admin", Role.CLINICIAN, None),
    ],
)
def test_who_may_invite_whom(
    world: World, who: str, role: Role | None, refusal: type[Exception] | None
) -> None:
    person = newcomer(world, role)
    actor = world.actor(getattr(world, who))
    if refusal is None:
        invite(person=person, program_id=world.program.pk, actor=actor, now=EVENING)
        assert Invitation.objects.count() == 1
        return
    with pytest.raises(refusal):
        invite(person=person, program_id=world.program.pk, actor=actor, now=EVENING)
    assert Invitation.objects.count() == 0


def test_nobody_who_signs_in_already_can_be_invited(world: World) -> None:
    """A link sets a password: sent to somebody who has one, it would be a way to take an account over."""
    with pytest.raises(ConflictError):
        invite(
            person=world.ana.person, program_id=world.program.pk, actor=world.actor(world.admin), now=EVENING
        )
    assert Invitation.objects.count() == 0


def test_a_switched_off_account_cannot_use_its_link(
    world: World, django_capture_on_commit_callbacks: Capture
) -> None:
    with time_machine.travel(EVENING, tick=False):
        person = newcomer(world)
        link = link_of(world, person, django_capture_on_commit_callbacks)
        Person.objects.filter(pk=person.pk).update(is_active=False)
        assert Visitor().get(link).status_code == 404


def test_the_step_after_the_link_needs_the_link(world: World) -> None:
    assert Visitor().get(reverse("account_welcome")).status_code == 404
    assert Visitor().post(reverse("account_welcome"), ANSWER).status_code == 404
    assert invitations.open_invitation("", now=EVENING) is None
