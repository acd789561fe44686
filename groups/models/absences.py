"""Times when somebody of the staff is away, and who stands in."""

from __future__ import annotations

import uuid

from django.db import models


class Absence(models.Model):
    """A person of the staff is away from one instant to another (UTC, the end not included), and may name a cover.

    There is no reason in it: why somebody is away is nobody's business here. One that ends early gets an earlier end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey(
        "groups.Program", on_delete=models.PROTECT, related_name="absences", db_index=False
    )
    person = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cover = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+", null=True)
    recorded_by = models.ForeignKey("groups.Person", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="absence_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=models.Q(cover=None) | ~models.Q(cover=models.F("person")),
                name="absence_covered_by_another",
            ),
        ]
        indexes = [models.Index(fields=["program", "ends_at"], name="absence_program_end")]

    def __str__(self) -> str:
        return f"absence {self.pk}"
