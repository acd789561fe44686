"""The table of what clients say about coming to a session."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models

from vio.common.sealed import SealedTextField

LATE, ABSENT = "late", "absent"
MINUTES = (5, 10, 20)


class ArrivalNotice(models.Model):
    """A client said they come later, or cannot come. One holds per client and session; what was said before is kept.

    It excuses nobody: a miss is still noticed (F1), and staff decide whether the reason is an excuse (R7).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    program = models.ForeignKey("groups.Program", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey("sessions_app.Session", on_delete=models.PROTECT, related_name="notices")
    client = models.ForeignKey("groups.Client", on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=8, choices=[(LATE, "comes later"), (ABSENT, "cannot come")])
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = SealedTextField()
    said_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "client"],
                condition=models.Q(withdrawn_at=None),
                name="arrival_notice_one_holds",
            ),
            models.CheckConstraint(
                # Without "not null" an unknown would pass: a check refuses only what is false.
                condition=models.Q(kind=LATE, minutes__in=MINUTES, minutes__isnull=False)
                | models.Q(kind=ABSENT, minutes=None),
                name="arrival_notice_minutes_when_late",
            ),
        ]

    def __str__(self) -> str:
        return f"arrival notice {self.pk}"

    def expected_at(self, starts_at: datetime) -> datetime | None:
        """When somebody who comes later comes, counted from the start or, said after it, from when it was said."""
        if self.minutes is None:
            return None
        return max(starts_at, self.said_at) + timedelta(minutes=self.minutes)

    @property
    def words(self) -> str:
        """For staff, beside a name."""
        return "cannot come" if self.minutes is None else f"{self.minutes} min late"
