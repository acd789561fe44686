"""A right that is withdrawn is gone (AU-5, AU-7): every login of the person ends and their sockets are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from groups.logins import login_holds
from groups.models import Person, StaffRole
from groups.services import accounts, tokens
from groups.services.people import PersonDetails
from groups.services.staff import add_staff, withdraw_role
from tests.groups.visitor import PASSWORD, Visitor
from tests.worlds import World
from vio.common import realtime
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from vio.common.models import AuditEntry
from vio.common.permissions import Role

NEW = "a quiet river at dawn"


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The topics rung, in order: the network's edge is replaced, nothing of ours."""
    rung: list[str] = []

    class Publisher:
        def publish(self, channel: str, payload: bytes) -> None:
            topic = channel.removeprefix("vio:")
            assert realtime.unpack(topic, payload) == {"kind": "revoked"}
            rung.append(topic)

    monkeypatch.setattr(realtime, "_publisher", Publisher())
    return rung


Commit = Callable[..., object]


def two_logins(person: Person) -> tuple[Visitor, Visitor]:
    """The same person at two browsers; the code of the second step would be used up, so both are put in."""
    here, there = Visitor(), Visitor()
    here.sign_in(person)
    there.force_login(person)
    assert here.is_signed_in
    assert there.is_signed_in
    return here, there


def holds(visitor: Visitor, key: str, person: Person) -> bool:
    """What a socket of that login is told."""
    return login_holds(key, person.pk, timezone.now())


def test_signing_out_ends_this_login_only(
    world: World, bells: list[str], django_capture_on_commit_callbacks: Commit
) -> None:
    here, there = two_logins(world.ana.person)
    key = here.key
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        here.post(reverse("account_logout"))
    assert not here.is_signed_in
    assert there.is_signed_in
    assert not holds(here, key, world.ana.person)
    assert bells == [f"person:{world.ana.person.pk}"]


def test_looking_at_the_page_of_signing_out_changes_nothing(world: World) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    assert b"Sign out?" in visitor.get(reverse("account_logout")).content
    assert visitor.is_signed_in


def test_a_new_password_ends_every_other_login_and_renews_this_one(
    world: World, bells: list[str], django_capture_on_commit_callbacks: Commit
) -> None:
    here, there = two_logins(world.ana.person)
    old_key, other_key = here.key, there.key
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        assert here.post(reverse("account_change_password"), form).status_code == 302
    assert here.is_signed_in
    assert here.key != old_key
    assert not there.is_signed_in
    assert not holds(here, old_key, world.ana.person)
    assert not holds(there, other_key, world.ana.person)
    assert bells == [f"person:{world.ana.person.pk}"]
    assert Visitor().password_step(world.ana.person.email, PASSWORD).status_code == 200
    assert Visitor().password_step(world.ana.person.email, NEW).status_code == 302


def test_a_wrong_old_password_changes_nothing(world: World) -> None:
    here, there = two_logins(world.ana.person)
    form = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert here.post(reverse("account_change_password"), form).status_code == 200
    assert there.is_signed_in
    assert Visitor().password_step(world.ana.person.email, PASSWORD).status_code == 302


def test_removing_the_app_ends_every_other_login(
    world: World, django_capture_on_commit_callbacks: Commit
) -> None:
    from tests.factories import add_second_factor

    add_second_factor(world.ana.person)
    here, there = two_logins(world.ana.person)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        assert here.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert here.is_signed_in
    assert not there.is_signed_in


def test_sign_out_everywhere_means_here_too(world: World) -> None:
    here, there = two_logins(world.ana.person)
    other = Visitor()
    other.sign_in(world.ben.person)
    here.post(reverse("sign_out_everywhere"))
    assert not here.is_signed_in
    assert not there.is_signed_in
    assert other.is_signed_in


# --- accounts ----------------------------------------------------------------------------------------------


def test_a_switched_off_account_is_out_at_once(
    world: World, bells: list[str], django_capture_on_commit_callbacks: Commit
) -> None:
    now = timezone.now()
    here, there = two_logins(world.facilitator)
    key = here.key
    _, raw = tokens.create_token(actor=world.actor(world.facilitator), name="x", days=1, now=now)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        accounts.deactivate_person(person=world.facilitator, actor=world.actor(world.director), now=now)
    assert not here.is_signed_in
    assert not there.is_signed_in
    assert not holds(here, key, world.facilitator)
    assert tokens.actor_for_token(raw, now) is None
    assert bells == [f"person:{world.facilitator.pk}"]
    accounts.reactivate_person(person=world.facilitator, actor=world.actor(world.director), now=now)
    assert not there.is_signed_in  # what ended stays ended
    assert tokens.actor_for_token(raw, now) is None
    assert Visitor().password_step(world.facilitator.email).status_code == 302


@pytest.mark.parametrize(
    ("who", "whom", "refusal"),
    [
        ("clinician", "facilitator", NotAllowedError),
        ("records", "ana", NotAllowedError),
        ("ana", "ben", NotAllowedError),
        ("lakeside_admin", "facilitator", NotFoundError),
        ("lakeside_admin", "ana", NotFoundError),
        ("admin", "admin", ConflictError),
    ],
)
def test_who_may_not_switch_off_whom(world: World, who: str, whom: str, refusal: type[Exception]) -> None:
    person = getattr(world, whom)
    person = person if isinstance(person, Person) else person.person
    with pytest.raises(refusal):
        accounts.deactivate_person(person=person, actor=world.actor(getattr(world, who)), now=timezone.now())
    assert get_user_model().objects.get(pk=person.pk).is_active


@pytest.mark.parametrize(
    ("who", "whom"), [("admin", "ana"), ("director", "clinician"), ("admin", "director")]
)
def test_who_may(world: World, who: str, whom: str) -> None:
    person = getattr(world, whom)
    person = person if isinstance(person, Person) else person.person
    accounts.deactivate_person(person=person, actor=world.actor(getattr(world, who)), now=timezone.now())
    assert not Person.objects.get(pk=person.pk).is_active


def test_somebody_who_also_works_elsewhere_is_not_switched_off_by_one_program(world: World) -> None:
    StaffRole.objects.create(program=world.lakeside, person=world.facilitator, role=Role.FACILITATOR)
    with pytest.raises(NotAllowedError):
        accounts.deactivate_person(
            person=world.facilitator, actor=world.actor(world.admin), now=timezone.now()
        )
    assert Person.objects.get(pk=world.facilitator.pk).is_active


def test_a_withdrawn_role_ends_every_login(world: World) -> None:
    here, there = two_logins(world.clinician)
    key = here.key
    role = StaffRole.objects.get(person=world.clinician)
    withdraw_role(actor=world.actor(world.director), staff_role=role, now=timezone.now())
    assert not here.is_signed_in
    assert not there.is_signed_in
    assert not holds(here, key, world.clinician)


def test_ending_logins_is_in_the_audit_trail(world: World) -> None:
    actor = Actor(person_id=world.director.pk)
    accounts.end_logins(person=world.ana.person, actor=actor, now=timezone.now(), reason="asked")
    entry = AuditEntry.objects.get(action="logins.ended")
    assert (entry.actor_id, entry.subject_id) == (world.director.pk, str(world.ana.person.pk))


def test_a_new_role_ends_the_login_it_did_not_know_of(world: World) -> None:
    """A login keeps the limits it began with; a client who comes to work here signs in again, as staff."""
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    assert visitor.session["vio_kind"] == "client"
    details = PersonDetails(email=world.ana.person.email, first_name="Ana")
    add_staff(
        actor=world.actor(world.director),
        program=world.program,
        person=details,
        role=Role.RECORDS,
        now=timezone.now(),
    )
    assert not visitor.is_signed_in
    visitor.sign_in(world.ana.person)
    assert visitor.session["vio_kind"] == "staff"
    assert visitor.get("/clients/")["Location"] == reverse("second_factor")


@pytest.mark.parametrize(
    ("zone", "kept"), [("America/Denver", "America/Denver"), ("Mars/Olympus", None), ("../etc/passwd", None)]
)
def test_the_time_zone(world: World, zone: str, kept: str | None) -> None:
    visitor = Visitor()
    visitor.sign_in(world.ana.person)
    visitor.post(reverse("account_timezone"), {"timezone": zone})
    expected = kept or "America/New_York"
    assert Person.objects.get(pk=world.ana.person.pk).timezone == expected
    if kept is None:
        with pytest.raises(BadInputError):
            accounts.set_timezone(person=world.ana.person, timezone=zone, actor=world.actor(world.ana))
