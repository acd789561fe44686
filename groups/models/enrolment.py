"""Clients of a program, their episodes, their prescribed dose, whom to call, what they agreed to."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models

from vio.common.sealed import SealedTextField


class Client(models.Model):
    """A person in treatment in one program: the chart. `id` is what every clinical row points to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="clients", db_index=False
    )
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="clients")
    privacy_name = models.CharField(max_length=40, blank=True, default="")  # what peers see, if chosen
    phone = SealedTextField()
    home_state = models.CharField(max_length=2, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "person"], name="client_once_per_program"),
            models.UniqueConstraint(fields=["id", "program"], name="client_with_program"),
        ]
        # What is proven of a client names them for good (docs/decisions/0023).
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="same", fields=["id", "program", "person"]),
        ]

    def __str__(self) -> str:
        return f"client {self.pk}"

    @property
    def peer_name(self) -> str:
        """What other clients see: the privacy name, or first name and initial (AZ-6)."""
        return self.privacy_name or self.person.short_name


class EmergencyContact(models.Model):
    """Whom to call for a client; called only within the consent given, or in a medical emergency (F6)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="emergency_contacts")
    name = SealedTextField()
    relation = models.CharField(max_length=40, blank=True, default="")
    phone = SealedTextField()
    consent_given = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"emergency contact {self.pk}"


class Enrolment(models.Model):
    """One episode of care. Coming back later is a new enrolment; hours never mix between two."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="enrolments")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="enrolments")
    level = models.ForeignKey("groups.LevelOfCare", on_delete=models.PROTECT, related_name="+")
    primary_clinician = models.ForeignKey(
        "groups.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    starts_on = models.DateField()  # local dates of the program; the last day is included
    ends_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="enrolment_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["client"], condition=models.Q(ends_on=None), name="enrolment_one_open_per_client"
            ),
        ]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class PrescribedDose(models.Model):
    """How much treatment a week is prescribed, from a date on; the week is judged by the dose in force.

    A step up or down between levels of care is a dose that names its `level`: the chart stays the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="doses", db_index=False)
    starts_on = models.DateField()
    weekly_minutes = models.PositiveIntegerField(default=540)
    weekly_days = models.PositiveSmallIntegerField(default=3)
    level = models.ForeignKey(
        "groups.LevelOfCare", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reason = SealedTextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "starts_on"], name="dose_once_per_date")]

    def __str__(self) -> str:
        return f"dose {self.pk}"


class Agreement(models.Model):
    """The group agreement, one version of its text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="agreements", db_index=False
    )
    version = models.PositiveIntegerField()
    text = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "version"], name="agreement_version_once")]

    def __str__(self) -> str:
        return f"agreement v{self.version}"


class AgreementAcceptance(models.Model):
    """That a client accepted one version of the agreement; needed before the first room and after each new version."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="acceptances", db_index=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="acceptances")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "agreement"], name="agreement_accepted_once")
        ]

    def __str__(self) -> str:
        return f"acceptance {self.pk}"
