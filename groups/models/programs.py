"""Programs, what they offer and how much of it."""

from __future__ import annotations

import uuid
from datetime import time
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from groups.quiet_rules import QuietHours


class Program(models.Model):
    """One intensive outpatient program: the wall nothing crosses."""

    row_security_column: ClassVar[str] = "id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="America/New_York")
    week_start = models.CharField(
        max_length=8,
        choices=[("sun", "Sunday"), ("mon", "Monday"), ("rolling7", "the last seven days")],
        default="sun",
    )
    help_line = models.CharField(max_length=40, blank=True, default="")  # the program's own number
    lobby_opens_minutes = models.PositiveSmallIntegerField(default=15)
    note_due_hours = models.PositiveSmallIntegerField(default=24)  # R15
    # After the end of a session; a later correction of its attendance needs a second person (R14).
    correction_window_hours = models.PositiveSmallIntegerField(default=72)
    chat_retention_hours = models.PositiveSmallIntegerField(default=24)
    reconnect_grace_seconds = models.PositiveSmallIntegerField(default=120)
    reminder_minutes = models.PositiveSmallIntegerField(
        default=60
    )  # before the first group of a day; 0: none
    # Clients are not written to between these wall times; the same twice: no quiet hours.
    quiet_from = models.TimeField(default=time(20, 30))
    quiet_until = models.TimeField(default=time(9, 0))
    offer_hours = models.PositiveSmallIntegerField(default=24)  # a free seat is held for so long
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"program {self.pk}"

    @property
    def zone(self) -> ZoneInfo:
        """The program's time zone (R1)."""
        return ZoneInfo(self.timezone)

    @property
    def quiet(self) -> QuietHours:
        """When clients are not written to."""
        return QuietHours(self.quiet_from, self.quiet_until, self.zone)


class LevelOfCare(models.Model):
    """A level of care with its weekly minimum (domain reference, section 2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="levels", db_index=False)
    code = models.CharField(max_length=8)  # "2.1"
    name = models.CharField(max_length=80)
    population = models.CharField(
        max_length=16, choices=[("adult", "adults"), ("adolescent", "adolescents")], default="adult"
    )
    weekly_minutes = models.PositiveIntegerField(default=540)
    weekly_days = models.PositiveSmallIntegerField(default=3)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "code", "population"], name="level_once_per_program"),
            models.CheckConstraint(
                condition=models.Q(weekly_minutes__lte=10080), name="level_minutes_fit_a_week"
            ),
        ]

    def __str__(self) -> str:
        return f"level {self.code}"


class ServiceType(models.TextChoices):
    """What kind of service a session is; C11 says which count."""

    GROUP_THERAPY = "group_therapy", "group therapy"
    INDIVIDUAL = "individual", "individual session"
    FAMILY = "family", "family session"
    MULTIFAMILY = "multifamily", "multifamily session"
    PSYCHOEDUCATION = "psychoeducation", "psychoeducation"
    SKILLS = "skills", "skills group"
    RELAPSE_PREVENTION = "relapse_prevention", "relapse prevention"
    TWELVE_STEP = "twelve_step", "12-step facilitation"
    MINDFULNESS = "mindfulness", "mindfulness-based group"
    CBT = "cbt", "motivational / CBT group"
    MEDICATION = "medication", "medication management"
    CASE_MANAGEMENT = "case_management", "case management"
    PEER_SOCIAL = "peer_social", "peer social time"
