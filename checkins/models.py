"""Tables of WHAT: daily check-ins, alerts with their reasons, and every act on an alert."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from vio.common.sealed import SealedTextField


class CheckIn(models.Model):
    """One daily check-in. Later ones of the same local date are kept; the most severe drives alerts (C8).

    `id` follows from the client and the submission id that the browser made, so a resend is the same row.
    `at` is the server's clock; `device_at` is what the phone said, kept beside it for answers sent late.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="checkins", db_index=False
    )
    local_date = models.DateField()
    at = models.DateTimeField()
    device_at = models.DateTimeField(null=True)
    mood = models.PositiveSmallIntegerField()  # 0 worst, 10 best
    urge = models.PositiveSmallIntegerField()  # 0 none, 10 strongest ever
    used = models.BooleanField()
    safety = models.BooleanField()
    sleep_hours = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    medication = models.CharField(
        max_length=16,
        choices=[("taken", "taken"), ("not_taken", "not taken"), ("not_prescribed", "not prescribed")],
        blank=True,
        default="",
    )
    note = SealedTextField()
    rule_version = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=8, default="none")  # what this check-in alone came to

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mood__lte=10, urge__lte=10), name="checkin_scales_0_to_10"
            ),
            models.CheckConstraint(
                condition=models.Q(sleep_hours=None) | models.Q(sleep_hours__gte=0, sleep_hours__lte=24),
                name="checkin_sleep_0_to_24",
            ),
        ]
        indexes = [models.Index(fields=["client", "local_date"], name="checkin_client_date")]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


class RoundAnswer(models.Model):
    """Mood and urge a client told in a go-round of a session and ticked to be kept. Never a full check-in.

    An evening may have several: one of the check-in round, one of the closing round.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="round_answers", db_index=False
    )
    session = models.ForeignKey("sessions_app.Session", on_delete=models.PROTECT, related_name="+")
    local_date = models.DateField()
    at = models.DateTimeField()
    mood = models.PositiveSmallIntegerField()  # 0 worst, 10 best
    urge = models.PositiveSmallIntegerField()  # 0 none, 10 strongest ever

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mood__lte=10, urge__lte=10), name="round_answer_scales_0_to_10"
            )
        ]
        indexes = [models.Index(fields=["client", "local_date"], name="round_answer_client_date")]

    def __str__(self) -> str:
        return f"round answer {self.pk}"


class AlertLevel(models.TextChoices):
    """How much it matters."""

    YELLOW = "yellow", "yellow"
    ORANGE = "orange", "orange"
    RED = "red", "red"


class Alert(models.Model):
    """One open alert per client and local day: triggers raise it and add reasons, it never lowers itself (A9).

    `reasons` is a list of {"code", "level", "rule", "values", "at"}: codes and figures that the clinical team reads
    as plain words. `round` counts how often it was opened: a new red answer after somebody had acknowledged it opens
    it again, with a new clock. `escalation` is how far this round has gone: 0 nobody, 1 supervisor, 2 director.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="alerts")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="alerts")
    local_date = models.DateField()
    level = models.CharField(max_length=8, choices=AlertLevel.choices)
    reasons = models.JSONField(default=list)
    rule_version = models.PositiveSmallIntegerField()
    status = models.CharField(
        max_length=14,
        choices=[("open", "open"), ("acknowledged", "acknowledged"), ("resolved", "resolved")],
        default="open",
    )
    owner = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    raised_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField(null=True)  # A10; null: no next group is planned
    round = models.PositiveSmallIntegerField(default=1)
    escalation = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "local_date"],
                condition=models.Q(status__in=["open", "acknowledged"]),
                name="alert_one_open_per_client_and_day",
            )
        ]
        indexes = [
            models.Index(
                fields=["program", "raised_at"],
                name="alert_unresolved",
                condition=models.Q(status__in=["open", "acknowledged"]),
            ),
            models.Index(
                fields=["acknowledge_by"],
                name="alert_red_unanswered",
                condition=models.Q(status="open", level="red"),
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class AlertAct(models.Model):
    """Everything that happened to an alert: raised, acknowledged, assigned, handed over, escalated, resolved (A10)."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(
        max_length=16,
        choices=[
            (k, k.replace("_", " "))
            for k in (
                "raised",
                "level_raised",
                "reason_added",
                "reopened",
                "acknowledged",
                "assigned",
                "handed_over",
                "contacted",
                "escalated",
                "resolved",
            )
        ],
    )
    step = models.CharField(
        max_length=16, blank=True, default=""
    )  # escalation step: "supervisor", "director"; of a later round "supervisor-2"
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    text = SealedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "step"],
                condition=models.Q(kind="escalated"),
                name="alert_escalated_once_per_step",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MissedStreak(models.Model):
    """Days without a check-in that were told to the team (A7): once per client, first missed date and level."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="missed_streaks", db_index=False
    )
    since = models.DateField()  # the first local date without a check-in
    level = models.CharField(max_length=8, choices=AlertLevel.choices)
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "since", "level"], name="missed_streak_told_once")
        ]

    def __str__(self) -> str:
        return f"missed since {self.since} {self.pk}"
