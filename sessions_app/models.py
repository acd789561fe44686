"""Tables of WHEN: the session, and a line for each wing's tables so that Django finds them."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models

from groups.models import ServiceType
from sessions_app.attendance.imports.models import AttendanceImport
from sessions_app.attendance.models import (
    AttendanceDispute,
    AttendancePolicy,
    AttendanceRecord,
    AttendanceSheet,
    EvidenceSeal,
    Excuse,
    ProposedCorrection,
)
from sessions_app.coming.models import ArrivalNotice
from sessions_app.followup.models import ContactAttempt, Flag, FollowUp, Handover
from sessions_app.hours.models import HoursPolicy, WeekHours, WeekTarget
from sessions_app.hours.payer_models import Authorisation, Coverage, Payer
from sessions_app.notes.models import ClientNote, GroupNote, NoteAddendum
from sessions_app.room.door.models import DoorConfirmation, TechCheck
from sessions_app.room.models import CommandResult, PresenceEvidence, RoomEvent, RoomState
from vio.common.sealed import SealedTextField

__all__ = [
    "ArrivalNotice",
    "AttendanceDispute",
    "AttendanceImport",
    "AttendancePolicy",
    "AttendanceRecord",
    "AttendanceSheet",
    "Authorisation",
    "ClientNote",
    "CommandResult",
    "ContactAttempt",
    "Coverage",
    "DoorConfirmation",
    "EvidenceSeal",
    "Excuse",
    "Flag",
    "FollowUp",
    "GroupNote",
    "Handover",
    "HoursPolicy",
    "NoteAddendum",
    "Payer",
    "PresenceEvidence",
    "ProposedCorrection",
    "RoomEvent",
    "RoomState",
    "Session",
    "SessionBreak",
    "SessionStaff",
    "TechCheck",
    "WeekHours",
    "WeekTarget",
]


class SessionStatus(models.TextChoices):
    """Where a session is in its life: scheduled, open (the lobby lets people in), live (counting), ended or cancelled."""

    SCHEDULED = "scheduled", "scheduled"
    OPEN = "open", "lobby open"
    LIVE = "live", "live"
    ENDED = "ended", "ended"
    CANCELLED = "cancelled", "cancelled"


class Session(models.Model):
    """One meeting of a group. Times are instants; `local_date` is the program's date of the scheduled start (R10)."""

    Status: ClassVar[type[SessionStatus]] = SessionStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    group = models.ForeignKey(
        "groups.Group", on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    series = models.ForeignKey(
        "groups.Series",
        on_delete=models.PROTECT,
        related_name="sessions",
        null=True,
        blank=True,
        db_index=False,
    )
    occurrence = models.DateField(
        null=True, blank=True
    )  # the series' own date; makes materialising idempotent
    title = models.CharField(max_length=80)
    service_type = models.CharField(max_length=24, choices=ServiceType.choices)
    local_date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=SessionStatus.choices, default=SessionStatus.SCHEDULED)
    opened_at = models.DateTimeField(null=True, blank=True)  # the lobby opened
    started_at = models.DateTimeField(null=True, blank=True)  # the actual start of R2
    ended_at = models.DateTimeField(null=True, blank=True)  # the actual end of R2
    cancelled_at = models.DateTimeField(null=True, blank=True)
    finalised_at = models.DateTimeField(null=True, blank=True)  # attendance computed
    misses_found_at = models.DateTimeField(null=True, blank=True)  # who is missing was determined (F1)
    is_rehearsal = models.BooleanField(default=False)
    # False once this one evening was moved by hand: later changes of the series leave it alone.
    follows_series = models.BooleanField(default=True)
    # The holiday for which it was called off, as clients read it; empty when it was called off for itself, or not at all.
    holiday = models.CharField(max_length=60, blank=True, default="", db_default="", editable=False)
    # How to meet when the room fails, for this one evening; all empty: as the group says.
    fallback_phone = models.CharField(max_length=40, blank=True, default="")
    fallback_code = SealedTextField()
    fallback_link = SealedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "occurrence"], name="session_once_per_occurrence"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_ends_after_start"
            ),
            models.UniqueConstraint(fields=["id", "program"], name="session_with_program"),
        ]
        indexes = [
            models.Index(fields=["program", "starts_at"], name="session_program_start"),
            models.Index(fields=["group", "starts_at"], name="session_group_start"),
            models.Index(fields=["program", "local_date"], name="session_program_date"),
            # Few rows: whether anything of a week is still to come is answered without reading the week.
            models.Index(
                fields=["program", "local_date"],
                name="session_uncounted",
                condition=models.Q(finalised_at=None),
            ),
            models.Index(
                fields=["starts_at"],
                name="session_unfinished",
                condition=models.Q(status__in=["scheduled", "open", "live"]),
            ),
            models.Index(
                fields=["starts_at"], name="session_misses_open", condition=models.Q(misses_found_at=None)
            ),
        ]
        # What is proven names its session for good (docs/decisions/0023).
        triggers = [
            pgtrigger.ReadOnly(name="same", fields=["id", "program"]),
            pgtrigger.Trigger(
                name="unproven",
                operation=pgtrigger.Delete,
                when=pgtrigger.After,
                func="""
                    IF EXISTS (SELECT FROM sessions_app_presenceevidence WHERE session_id = OLD.id) THEN
                      RAISE foreign_key_violation USING MESSAGE = 'a session with evidence stays';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class SessionBreak(models.Model):
    """One break: as planned (counts for R6) and as taken (counts for R2 and C10)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="breaks")
    planned_start = models.DateTimeField(null=True, blank=True)
    planned_end = models.DateTimeField(null=True, blank=True)
    taken_start = models.DateTimeField(null=True, blank=True)
    taken_end = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(planned_start=None) | models.Q(planned_end__gt=models.F("planned_start")),
                name="break_planned_in_order",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(taken_end=None) & models.Q(taken_start__isnull=False),
                name="break_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"break {self.pk}"


class SessionStaff(models.Model):
    """Somebody who leads (or observes) this one session: besides those who lead its group, or in place of one of them.

    It ends with `ended_at` and is kept; who stands in for whom is never rewritten.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="staff")
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="session_staff")
    role = models.CharField(
        max_length=16,
        choices=[
            ("facilitator", "facilitator"),
            ("cofacilitator", "co-facilitator"),
            ("observer", "observer"),
        ],
        default="facilitator",
    )
    stands_in_for = models.ForeignKey(
        "groups.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "session staff"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person"], condition=models.Q(ended_at=None), name="session_staff_once"
            ),
            models.UniqueConstraint(
                fields=["session", "stands_in_for"],
                condition=models.Q(ended_at=None),
                name="session_staff_one_substitute",
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("stands_in_for")), name="session_staff_for_somebody_else"
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="session_staff_person", condition=models.Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"session staff {self.pk}"
