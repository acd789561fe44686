"""Hours hear of changed attendance inside its transaction: both are committed, or neither is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from groups.models import Program
from sessions_app.hours.services import compute_client_weeks
from sessions_app.signals import attendance_changed


def connect() -> None:
    """Called once when Django starts."""
    attendance_changed.connect(recount, dispatch_uid="hours.recount")


def recount(
    sender: object,
    *,
    program_id: UUID,
    client_ids: Sequence[UUID],
    local_dates: Sequence[date],
    now: datetime,
    **facts: object,
) -> None:
    """Computes the weeks of these clients again; a few milliseconds."""
    program = Program.objects.get(pk=program_id)
    compute_client_weeks(program=program, clients=client_ids, days=local_dates, now=now)
