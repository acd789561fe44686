"""Which sessions wait for their attendance: asked of the database, so that an outage delays and forgets nothing (FL-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from sessions_app.models import AttendanceSheet, PresenceEvidence, Session

# Evidence is in the database at most 5 s after it arrived (AT-3); the sweep closes what died within 60 s (AT-4).
SETTLE = timedelta(seconds=10)
WATCH = timedelta(hours=2)


def due_for_finalising(now: datetime) -> list[UUID]:
    """Sessions that ended and settled, and called-off ones whose time has passed."""
    ended = Q(status=Session.Status.ENDED, ended_at__lte=now - SETTLE)
    called_off = Q(status=Session.Status.CANCELLED, ends_at__lte=now)
    rows = Session.objects.filter(ended | called_off, finalised_at=None).order_by("ends_at")
    return list(rows.values_list("pk", flat=True)[:200])


def with_late_evidence(now: datetime) -> list[UUID]:
    """Sheets of the last two hours that stand on less evidence than there is now."""
    counted = (
        PresenceEvidence.objects.filter(session=OuterRef("session"), client__isnull=False)
        .order_by()
        .values("session")
        .annotate(rows=Count("pk"))
        .values("rows")
    )
    recent = AttendanceSheet.objects.filter(computed_at__gt=now - WATCH)
    grown = recent.annotate(rows_now=Coalesce(Subquery(counted), 0)).exclude(rows_now=F("evidence_rows"))
    return list(grown.values_list("session_id", flat=True))
