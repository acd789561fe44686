"""The table of imports: a log as it was read, who decided what about it, and whether it counts."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from sessions_app.attendance.imports.rules.lines import Vendor
from vio.common.sealed import SealedTextField


class ImportStatus(models.TextChoices):
    """A draft counts for nothing. Only what is accepted counts; taking it back withdraws its evidence and keeps it."""

    DRAFT = "draft", "to look at"
    ACCEPTED = "accepted", "counted"
    WITHDRAWN = "withdrawn", "taken back"
    DISCARDED = "discarded", "thrown away"


class AttendanceImport(models.Model):
    """One log of one session. The file itself is never stored: `content` is what was read from it, sealed (DP-1).

    After acceptance `content` keeps only what became evidence; a discarded draft keeps nothing. `digest` is the hash of
    what the log says: the same log cannot count twice. `held_from` to `held_to` is when the group met, said by the person
    who accepted, for a room that was never started; `room_ended_at` is the session's end as it was before.
    """

    Status: ClassVar[type[ImportStatus]] = ImportStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="imports", db_index=False
    )
    vendor = models.CharField(max_length=16, choices=[(v.value, v.value) for v in Vendor])
    status = models.CharField(max_length=12, choices=ImportStatus.choices, default=ImportStatus.DRAFT)
    digest = models.CharField(max_length=64)
    content = SealedTextField()  # JSON, see `contents`
    lines = models.PositiveIntegerField(default=0)
    bad_lines = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)  # accepted or discarded
    evidence_rows = models.PositiveIntegerField(default=0)
    held_from = models.DateTimeField(null=True)
    held_to = models.DateTimeField(null=True)
    room_ended_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    withdrawn_at = models.DateTimeField(null=True)
    reason = SealedTextField()  # why it was taken back

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "digest"],
                condition=models.Q(status__in=["draft", "accepted"]),
                name="attendance_import_once",
            ),
            models.CheckConstraint(
                condition=models.Q(held_from=None, held_to=None)
                | models.Q(held_to__gt=models.F("held_from")),
                name="import_held_in_order",
            ),
        ]
        indexes = [models.Index(fields=["session", "created_at"], name="import_of_session")]

    def __str__(self) -> str:
        return f"import {self.pk}"
