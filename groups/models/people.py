"""People who sign in, the roles they hold, invitations and API tokens."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from groups.licences import Licence, licences_of
from vio.common.permissions import STAFF_ROLES, Role


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the address is the login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person who can sign in with that address and password; None leaves the password unusable."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """An account: somebody who signs in. What they are is told by `StaffRole` and `Client`, per program."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True, default="")
    timezone = models.CharField(max_length=64, default="America/New_York")
    is_active = models.BooleanField(default=True)
    # Raised to end every login of this person at once: factor change, deactivation, "sign out everywhere" (AU-7).
    login_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name"]

    class Meta:
        verbose_name_plural = "people"
        # What is proven of somebody names them for good (docs/decisions/0023).
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="same", fields=["id"]),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def short_name(self) -> str:
        """First name and initial: all that peers ever see (AZ-6)."""
        return f"{self.first_name} {self.last_name[:1]}.".strip() if self.last_name else self.first_name

    @property
    def full_name(self) -> str:
        """First and last name, for staff."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_session_auth_hash(self) -> str:
        """Bound to password and epoch: a change of either ends every login (AU-5, AU-7)."""
        return salted_hmac(
            "vio.login", f"{self.password}:{self.login_epoch}:{self.is_active}", algorithm="sha256"
        ).hexdigest()


class StaffRole(models.Model):
    """A role that a person holds in a program, from a date until withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="staff_roles")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="staff_roles")
    role = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Role if r in STAFF_ROLES])
    credentials = models.CharField(
        max_length=60, blank=True, default=""
    )  # "LCSW", printed beside a signature
    licensed_states = models.JSONField(default=list, blank=True)  # ["NY", "NJ"]
    # {"NY": "2027-03-31"}: the last day a licence counts; a state that is not named here has a licence without an end.
    licence_ends = models.JSONField(default=dict, blank=True)
    is_on_call = models.BooleanField(default=False)
    granted_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "person", "role"],
                condition=models.Q(withdrawn_at=None),
                name="staff_role_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id}"

    def licensed_on(self, on: date) -> frozenset[str]:
        """The states in which this person is licensed on a local date."""
        return frozenset(licence.state for licence in self.held_licences if licence.counts(on))

    @property
    def held_licences(self) -> list[Licence]:
        """Their licences by state, those too that are over."""
        return licences_of(self.licensed_states, self.licence_ends)


class Invitation(models.Model):
    """A way in for a new person: a token stored hashed, used once, gone after 72 hours (AU-9)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class CalendarFeed(models.Model):
    """A person's secret calendar address: one at a time, stored hashed, shown once; it opens their times and nothing else."""

    person = models.OneToOneField(
        Person, on_delete=models.CASCADE, primary_key=True, related_name="calendar_feed"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.pk}"


class ApiToken(models.Model):
    """A person's token for the API: stored hashed, shown once, revocable."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.pk}"
