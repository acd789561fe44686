"""Tables of payers: whose rules turn minutes into units, who covers a client from when, and how much they authorised."""

from __future__ import annotations

import uuid

from django.db import models

from vio.common.sealed import SealedTextField


class Payer(models.Model):
    """A payer of a program and the rule by which its units are counted (R12).

    The rule and its parameters are never changed, so that what was counted stays explainable: another contract is
    another payer. `code` is what the program bills, as the program writes it. Without `service_types` all count.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="payers", db_index=False
    )
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=20, blank=True, default="")
    rule = models.CharField(
        max_length=12,
        choices=[
            ("unit15", "15-minute units"),
            ("h0015_day", "one unit a day, with a weekly minimum of days"),
            ("ohio_day", "per diem from so many minutes, hourly below"),
            ("per_session", "one unit a session"),
        ],
    )
    service_types = models.JSONField(default=list, blank=True)
    day_minutes = models.PositiveSmallIntegerField(default=180)
    days_needed = models.PositiveSmallIntegerField(default=3)
    per_diem_from = models.PositiveSmallIntegerField(default=150)
    session_minutes = models.PositiveSmallIntegerField(default=45)
    size_floor = models.PositiveSmallIntegerField(default=2)
    size_cap = models.PositiveSmallIntegerField(default=12)
    warn_units = models.PositiveSmallIntegerField(default=6)  # warn when so many or fewer are left
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="payer_name_once_per_program"),
            models.CheckConstraint(
                condition=models.Q(size_cap__gte=models.F("size_floor")), name="payer_size_band_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"payer {self.pk}"


class Coverage(models.Model):
    """That a payer covers a client, from one local date to another (both included)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="coverages")
    member_number = SealedTextField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="coverage_ends_after_start",
            ),
            models.UniqueConstraint(
                fields=["client", "payer"], condition=models.Q(ends_on=None), name="coverage_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"coverage {self.pk}"


class Authorisation(models.Model):
    """So many units that a payer authorised for a client between two dates (both included)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+", db_index=False)
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="authorisations")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, related_name="authorisations")
    number = SealedTextField()
    units = models.PositiveIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    version = models.PositiveIntegerField(default=1)  # raised by each change
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="authorisation_ends_after_start"
            ),
            models.CheckConstraint(condition=models.Q(units__gte=1), name="authorisation_of_some_units"),
        ]
        indexes = [models.Index(fields=["program", "ends_on"], name="authorisation_program_end")]

    def __str__(self) -> str:
        return f"authorisation {self.pk}"
