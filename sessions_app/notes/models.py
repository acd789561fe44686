"""Tables of notes: one group note without names, one note per client, addenda. Signed means: never changes (RI-1)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.db import models

from vio.common.sealed import SealedTextField


def _frozen_when_signed() -> list[Any]:
    return [
        pgtrigger.Protect(
            name="signed_never_changes",
            operation=pgtrigger.Update | pgtrigger.Delete,
            condition=pgtrigger.Q(old__signed_at__isnull=False),
        )
    ]


class Note(models.Model):
    """What both kinds of note share: draft with a version, then signed with author, time and hash of its content."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True)  # start and stop of the service, filled in
    stopped_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    due_at = models.DateTimeField()  # R15
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    signer_name = models.CharField(max_length=120, blank=True, default="")  # name and credentials as signed
    late_entry = models.BooleanField(default=False)
    content_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        abstract = True


class GroupNote(Note):
    """The note of a session: what was done, without any client's name (domain reference, section 7)."""

    session = models.OneToOneField(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="group_note"
    )
    topic = SealedTextField()
    intervention = SealedTextField()
    process = SealedTextField()
    plan = SealedTextField()
    participant_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        triggers: ClassVar[list[Any]] = _frozen_when_signed()

    def __str__(self) -> str:
        return f"group note {self.pk}"


class ClientNote(Note):
    """One client's note of a session: participation, response, risk, goal, next step; minutes filled in."""

    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="client_notes", db_index=False
    )
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="notes")
    minutes = models.PositiveIntegerField(default=0)
    attendance_version = models.PositiveIntegerField(default=0)
    needs_addendum = models.BooleanField(default=False)
    participation = SealedTextField()
    response = SealedTextField()
    risk = SealedTextField()
    goal = SealedTextField()
    plan = SealedTextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "client"], name="client_note_once")]
        # Only the mark that an addendum is wanted may change after signing.
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="signed_never_changes",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__signed_at__isnull=False),
                func="""
                    IF TG_OP = 'UPDATE' THEN
                      IF (to_jsonb(NEW) - 'needs_addendum') = (to_jsonb(OLD) - 'needs_addendum') THEN
                        RETURN NEW;
                      END IF;
                    END IF;
                    RAISE EXCEPTION 'vio: a signed note never changes';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"client note {self.pk}"


class NoteAddendum(models.Model):
    """A dated addition to a signed note by a named author."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    group_note = models.ForeignKey(GroupNote, on_delete=models.PROTECT, related_name="addenda", null=True)
    client_note = models.ForeignKey(ClientNote, on_delete=models.PROTECT, related_name="addenda", null=True)
    author = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=120)
    text = SealedTextField()
    at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "note addenda"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(group_note=None) ^ models.Q(client_note=None), name="addendum_to_one_note"
            )
        ]

    def __str__(self) -> str:
        return f"addendum {self.pk}"
