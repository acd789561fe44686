"""Dates on which a program does not meet."""

from __future__ import annotations

import uuid

from django.db import models


class Holiday(models.Model):
    """One local date on which the program calls its groups off, with a neutral name that clients see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="holidays", db_index=False
    )
    on = models.DateField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "on"], name="holiday_once_per_date")]

    def __str__(self) -> str:
        return f"holiday {self.pk}"
