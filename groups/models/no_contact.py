"""Two clients who are to be kept apart: a protective order, a shared past. Staff know it, peers never."""

from __future__ import annotations

import uuid

from django.db import models

from vio.common.sealed import SealedTextField


class NoContact(models.Model):
    """A pair of clients who are never in one side room; `first` is the one with the lower id. Kept after its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="+")
    reason = SealedTextField()
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="no_contact_in_order"
            ),
            models.UniqueConstraint(
                fields=["first", "second"], condition=models.Q(ended_at=None), name="no_contact_once_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"no contact {self.pk}"
