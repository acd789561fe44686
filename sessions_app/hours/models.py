"""Tables of hours: the policy versions and the weekly figures."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from vio.common.sealed import SealedTextField


class HoursPolicy(models.Model):
    """One version of a program's definition of an hour and of what counts (C11, C12)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="hours_policies", db_index=False
    )
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    definition = models.CharField(
        max_length=12,
        choices=[("clock", "60-minute clock hour"), ("therapeutic", "therapeutic hour")],
        default="clock",
    )
    group_minutes = models.PositiveSmallIntegerField(default=50)  # C12, therapeutic only
    counts_as = models.PositiveSmallIntegerField(default=60)
    from_percent = models.PositiveSmallIntegerField(default=100)
    countable = models.JSONField(default=list)  # service types
    proration = models.CharField(
        max_length=12,
        choices=[
            ("none", "always the whole week"),
            ("days", "by the days in the program"),
            ("scheduled", "by the days in the program and for sessions called off"),
        ],
        default="none",
    )

    class Meta:
        verbose_name_plural = "hours policies"
        constraints = [
            models.UniqueConstraint(fields=["program", "version"], name="hours_policy_version_once")
        ]

    def __str__(self) -> str:
        return f"hours policy v{self.version}"


class WeekHours(models.Model):
    """One client's week: derived, rewritten whenever attendance changes; the truth is the attendance (R11).

    `week` is the first local date of the week (R9). `forecast` is met, on_course, needs_one_more or cannot_reach.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="weeks", db_index=False
    )
    week = models.DateField()
    minutes = models.PositiveIntegerField(default=0)
    days = models.PositiveSmallIntegerField(default=0)
    prescribed_minutes = models.PositiveIntegerField(default=0)
    prescribed_days = models.PositiveSmallIntegerField(default=0)
    to_come_minutes = models.PositiveIntegerField(default=0)  # not called off, not over, not counted yet
    forecast = models.CharField(max_length=16, default="on_course")
    # Why `prescribed_*` is what it is (`target.Target`): the whole dose, days of the week in the program, minutes the
    # target was lowered by for sessions called off, what decided.
    full_minutes = models.PositiveIntegerField(default=0)
    days_in_force = models.PositiveSmallIntegerField(default=7)
    called_off_minutes = models.PositiveIntegerField(default=0)
    target_basis = models.CharField(max_length=12, default="full")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "week hours"
        constraints = [models.UniqueConstraint(fields=["client", "week"], name="week_once_per_client")]
        indexes = [models.Index(fields=["program", "week", "forecast"], name="week_by_forecast")]

    def __str__(self) -> str:
        return f"week {self.pk}"


class WeekTarget(models.Model):
    """A target that a person set for one client's week, with the reason; the newest version holds.

    Without `minutes` and `days` the week goes back to the rule. `week` is the first local date of the week (R9).
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="week_targets", db_index=False
    )
    week = models.DateField()
    version = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField(null=True)
    days = models.PositiveSmallIntegerField(null=True)
    reason = SealedTextField()
    author = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "week", "version"], name="week_target_version_once"),
            models.CheckConstraint(
                condition=models.Q(minutes=None, days=None)
                | models.Q(minutes__lte=10080, days__lte=7, minutes__isnull=False, days__isnull=False),
                name="week_target_whole_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"week target {self.pk}"
