"""Tables of the door: where a client is tonight and whom to call, what their device can do."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from vio.common.sealed import SealedTextField

CHECKS = [("ok", "works"), ("problem", "has a problem"), ("skipped", "not tried")]


class DoorConfirmation(models.Model):
    """Where a client is for one session and whom to call for them, as they confirmed it; the latest one holds.

    A client who moves during the evening confirms again, so the rows tell where they were when. Without a contact name
    the client named nobody.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="doors", db_index=False
    )
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="doors", db_index=False
    )
    address = SealedTextField()
    city = SealedTextField()
    state = models.CharField(max_length=2)
    contact_name = SealedTextField()
    contact_phone = SealedTextField()
    contact_relation = SealedTextField()
    sound_only = models.BooleanField(default=False)
    source = models.CharField(max_length=8, choices=[("client", "the client"), ("system", "the system")])
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["session", "client", "-at"], name="door_of_session"),
            models.Index(fields=["client", "-at"], name="door_of_client"),
        ]

    def __str__(self) -> str:
        return f"door confirmation {self.pk}"


class TechCheck(models.Model):
    """How a client's device did before one session; trying again replaces it. No free text, no names of devices."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="+")
    camera = models.CharField(max_length=8, choices=CHECKS, default="skipped")
    microphone = models.CharField(max_length=8, choices=CHECKS, default="skipped")
    speaker = models.CharField(max_length=8, choices=CHECKS, default="skipped")
    connection = models.CharField(max_length=8, choices=CHECKS, default="skipped")
    round_trip_ms = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "client"], name="tech_check_once")]

    def __str__(self) -> str:
        return f"tech check {self.pk}"
