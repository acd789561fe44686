"""Tables of follow-up: flags raised exactly once, the task to reach a client, the attempts made."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from vio.common.sealed import SealedTextField


class FlagKind(models.TextChoices):
    """What the scheduler can notice."""

    MISSED_SESSION = "missed_session", "missed session"  # F1
    DISENGAGEMENT = "disengagement_review", "disengagement review"  # F4
    SHORTFALL = "weekly_shortfall_risk", "weekly shortfall"  # F5
    AUTHORISATION = "authorisation_low", "last authorised units"  # R12
    NOTE_DUE = "note_due", "note due soon"  # R15
    NOTE_OVERDUE = "note_overdue", "note overdue"


class Flag(models.Model):
    """One thing noticed about one subject in one period, under one version of the rule: once (FL-1).

    `subject` is a session id, a client id or a note's session; `period` a local date or week. `due_at` is when the rule
    says it happened, not when we found it. Withdrawn when later facts say so (FL-2).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=24, choices=FlagKind.choices)
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="flags", null=True)
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="flags", null=True
    )
    subject = models.UUIDField()
    period = models.CharField(max_length=16, blank=True, default="")
    rule_version = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "client", "subject", "period", "rule_version"],
                nulls_distinct=False,
                name="flag_raised_once",
            )
        ]
        indexes = [models.Index(fields=["program", "kind", "raised_at"], name="flag_program_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class FollowUp(models.Model):
    """The task to reach a client after a missed session: exactly one per client and session."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    flag = models.OneToOneField(Flag, on_delete=models.PROTECT, related_name="follow_up")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="follow_ups", db_index=False
    )
    session = models.ForeignKey("sessions_app.Session", on_delete=models.PROTECT, related_name="follow_ups")
    risk = models.CharField(
        max_length=8, choices=[("standard", "standard"), ("high", "high")], default="standard"
    )
    status = models.CharField(
        max_length=12,
        choices=[
            ("open", "open"),
            ("reached", "reached"),
            ("escalated", "escalated"),
            ("withdrawn", "withdrawn"),
            ("closed", "closed"),
        ],
        default="open",
    )
    owner = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    determined_at = models.DateTimeField()
    next_due_at = models.DateTimeField(null=True)
    contacts_due_at = models.DateTimeField(null=True)  # high risk: emergency contact (F2)
    escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = SealedTextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "session"], name="follow_up_once_per_miss")]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                name="follow_up_open_due",
                condition=models.Q(status__in=["open", "escalated"]),
            )
        ]

    def __str__(self) -> str:
        return f"follow-up {self.pk}"


class ContactAttempt(models.Model):
    """One try to reach a client: when, how, by whom, what came of it, what stood in the way (F3)."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="attempts")
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    channel = models.CharField(
        max_length=20,
        choices=[
            ("call", "call"),
            ("text", "text"),
            ("mail", "mail"),
            ("in_person", "in person"),
            ("emergency_contact", "emergency contact"),
        ],
    )
    outcome = models.CharField(
        max_length=16,
        choices=[
            ("reached", "reached"),
            ("message_left", "message left"),
            ("no_answer", "no answer"),
            ("wrong_number", "wrong number"),
            ("declined", "declined"),
        ],
    )
    barrier = models.CharField(
        max_length=16,
        choices=[
            (b, b.replace("_", " "))
            for b in (
                "none",
                "unknown",
                "technical",
                "transport",
                "child_care",
                "work",
                "health",
                "relapse",
                "other",
            )
        ],
        default="unknown",
    )
    note = SealedTextField()

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class Handover(models.Model):
    """A follow-up changed hands: from whom to whom, when, and why. None is nobody; `by` is None for the system itself.

    `away` moves it because the giver is away until `away_until`; `left` because they may not answer any more; `given` is
    somebody's hand; `taken` is who tried first.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="handovers")
    at = models.DateTimeField()
    because = models.CharField(
        max_length=8, choices=[("away", "away"), ("left", "left"), ("given", "given"), ("taken", "taken")]
    )
    by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    giver = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    owner = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    away_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(giver=None, owner=None, _negated=True), name="handover_from_or_to_somebody"
            )
        ]

    def __str__(self) -> str:
        return f"handover {self.pk}"
