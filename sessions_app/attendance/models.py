"""Tables of attendance: the policy versions, the computed and corrected records, the attested sheet."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from vio.common.sealed import SealedTextField


class AttendancePolicy(models.Model):
    """One version of a program's attendance rules (R4, R7, R8, R10); a session keeps the version in force on its date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="attendance_policies", db_index=False
    )
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    bridge_gap_seconds = models.PositiveIntegerField(default=0)
    late_after_seconds = models.PositiveIntegerField(default=300)
    left_early_seconds = models.PositiveIntegerField(default=300)
    no_show_below_minutes = models.PositiveIntegerField(default=8)
    attended_percent = models.PositiveSmallIntegerField(default=80)
    attribution = models.CharField(
        max_length=12,
        choices=[("start_date", "start date"), ("split", "split at midnight")],
        default="start_date",
    )

    class Meta:
        verbose_name_plural = "attendance policies"
        constraints = [
            models.UniqueConstraint(fields=["program", "version"], name="attendance_policy_version_once"),
            models.CheckConstraint(
                condition=models.Q(attended_percent__lte=100), name="attended_percent_at_most_100"
            ),
        ]

    def __str__(self) -> str:
        return f"attendance policy v{self.version}"


class AttendanceRecord(models.Model):
    """What one client is credited with for one session: one version; the latest counts (R14).

    `seconds` and `minutes` are R5; `status` and `flags` R7 and R8; `by_date` {local date: minutes} R10.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="attendance", db_index=False
    )
    client = models.ForeignKey(
        "groups.Client", on_delete=models.PROTECT, related_name="attendance", db_index=False
    )
    version = models.PositiveIntegerField(default=1)
    local_date = models.DateField()
    credited_seconds = models.PositiveIntegerField()
    credited_minutes = models.PositiveIntegerField()
    scheduled_minutes = models.PositiveIntegerField()
    delivered_minutes = models.PositiveIntegerField()
    status = models.CharField(
        max_length=12,
        choices=[(s, s) for s in ("attended", "partial", "no_show", "excused", "cancelled")],
    )
    flags = models.JSONField(default=list)  # late, left_early, brief_contact, technical
    by_date = models.JSONField(default=dict)
    first_at = models.DateTimeField(null=True)  # first and last credited instant
    last_at = models.DateTimeField(null=True)
    policy = models.ForeignKey(AttendancePolicy, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=12, choices=[("computed", "computed"), ("corrected", "corrected")])
    author = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    reason = SealedTextField()  # why it was corrected
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "client", "version"], name="attendance_version_once"),
        ]
        indexes = [
            models.Index(fields=["client", "local_date"], name="attendance_client_date"),
            models.Index(fields=["program", "local_date"], name="attendance_program_date"),
            # All that many weeks are added up from, in their order (weeks that begin on Sunday): the table is not read.
            models.Index(
                "program",
                "client",
                models.Func("local_date", template="((%(expressions)s - DATE '2000-01-02') / 7)"),
                name="attendance_by_week",
                include=["local_date", "status", "credited_minutes", "delivered_minutes"],
            ),
            # Few rows: which first versions have a successor is answered without touching the rest.
            models.Index(
                fields=["session", "client", "version"],
                name="attendance_later_versions",
                condition=models.Q(version__gt=1),
            ),
        ]

    def __str__(self) -> str:
        return f"attendance {self.pk}"


class AttendanceSheet(models.Model):
    """The attendance sheet of a session: computed after its end, attested by a facilitator, then locked."""

    session = models.OneToOneField(
        "sessions_app.Session", on_delete=models.PROTECT, primary_key=True, related_name="sheet"
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    computed_at = models.DateTimeField()
    group_size = models.PositiveSmallIntegerField(default=0)  # R13
    size_flag = models.BooleanField(default=False)  # group_size_violation
    evidence_rows = models.PositiveIntegerField(default=0)  # how much evidence it was computed from
    attested_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    attested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class EvidenceSeal(models.Model):
    """What the evidence of one session was when its attendance was computed: one link of the session's own chain.

    `head` is a SHA-256 chain over the seal before it and every row of the clients' evidence (`attendance.seals`); a
    change, removal or insertion behind the services' back is found by walking it again.
    """

    append_only: ClassVar[bool] = True

    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="seals", db_index=False
    )
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()  # 1, 2, ... per session
    rows = models.PositiveIntegerField()
    head = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="evidence_seal_once")]

    def __str__(self) -> str:
        return f"seal {self.session_id} {self.number}"


class Excuse(models.Model):
    """An excuse that staff accepted for one client and session; it turns a no_show into excused and nothing else (R7)."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        "sessions_app.Session", on_delete=models.PROTECT, related_name="excuses", db_index=False
    )
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="excuses")
    reason = SealedTextField()
    accepted_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "client"], name="excuse_once_per_client"),
        ]

    def __str__(self) -> str:
        return f"excuse {self.pk}"


class AttendanceDispute(models.Model):
    """A client says "that night is wrong": their words, the date by which they get an answer, and the answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("sessions_app.Session", on_delete=models.PROTECT, related_name="disputes")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="disputes")
    text = SealedTextField()
    raised_at = models.DateTimeField()
    answer_due_at = models.DateTimeField()
    answer = SealedTextField()
    answered_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "client"],
                condition=models.Q(answered_at=None),
                name="dispute_one_open_per_client",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute {self.pk}"


class ProposedCorrection(models.Model):
    """A correction made after the program's correction window: it counts only when a second person signs it (R14).

    Empty columns leave a value as it is, as in `corrections.Changes`; `base_version` is the version it was made on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("sessions_app.Session", on_delete=models.PROTECT, related_name="proposals")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="+")
    base_version = models.PositiveIntegerField()
    status = models.CharField(max_length=12, blank=True, default="")
    credited_minutes = models.PositiveIntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    reason = SealedTextField()
    proposed_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[("open", "proposed"), ("signed", "signed"), ("declined", "declined")],
        default="open",
    )
    decided_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    decline_reason = SealedTextField()
    record = models.OneToOneField(
        AttendanceRecord, on_delete=models.PROTECT, related_name="second_signature", null=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "client"],
                condition=models.Q(state="open"),
                name="proposal_one_open_per_client",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("proposed_by")),
                name="proposal_signed_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_by=None, record=None)
                | models.Q(state="declined", decided_by__isnull=False, record=None)
                | models.Q(state="signed", decided_by__isnull=False, record__isnull=False),
                name="proposal_states_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"proposed correction {self.pk}"
