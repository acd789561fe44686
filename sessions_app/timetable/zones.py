"""A program moves to another time zone: what has not begun keeps its time on the wall (R1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from groups.models import Program
from sessions_app.models import Session, SessionBreak
from vio.common.localtime import to_instant, to_local


def keep_wall_times(*, program: Program, old: ZoneInfo, now: datetime) -> int:
    """Moves single meetings and evenings moved by hand that have not begun, with their breaks; returns how many.

    The others follow their series. A meeting whose wall time is past already in the new zone stays where it is.
    """
    rows = Session.objects.select_for_update(of=("self",), no_key=True).filter(
        Q(series=None) | Q(follows_series=False),
        program=program,
        status__in=[Session.Status.SCHEDULED, Session.Status.CANCELLED],
        started_at=None,
        starts_at__gt=now,
    )
    rows = rows.order_by("pk")
    return sum(_moved(row, old, program.zone, now) for row in rows)


def _moved(row: Session, old: ZoneInfo, new: ZoneInfo, now: datetime) -> bool:
    wall = to_local(row.starts_at, old)
    starts_at = to_instant(wall.replace(tzinfo=None, fold=0), new, fold=wall.fold)
    by = starts_at - row.starts_at
    if by == timedelta() or starts_at <= now:
        return False
    row.starts_at, row.ends_at = starts_at, row.ends_at + by
    row.save(update_fields=["starts_at", "ends_at"])
    SessionBreak.objects.filter(session=row).exclude(planned_start=None).update(
        planned_start=F("planned_start") + by, planned_end=F("planned_end") + by
    )
    return True
