"""Sessions follow the holidays of their program: called off, and given back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from groups.models import Holiday
from sessions_app.models import Session
from sessions_app.services.scheduling import call_off, refuse_double_booking
from sessions_app.timetable.following import follow_series
from vio.common import audit
from vio.common.actors import Actor
from vio.common.realtime import ring_on_commit


def take_holiday(*, actor: Actor, holiday: Holiday, now: datetime) -> int:
    """Calls off what has not begun on the date of a holiday, single meetings and evenings moved there too; how many."""
    rows = Session.objects.filter(
        program=holiday.program_id,
        local_date=holiday.on,
        status__in=[Session.Status.SCHEDULED, Session.Status.OPEN],
        started_at=None,
        ends_at__gt=now,
    ).order_by("pk")
    return sum(call_off(row, actor=actor, now=now, holiday=holiday.name) for row in rows)


def give_holiday_back(*, actor: Actor, holiday: Holiday, now: datetime) -> list[UUID]:
    """What was called off for a holiday and has not begun takes place again, as its timetable says by now; these sessions.

    Raises ConflictError (`double_booked`) when a group was given another meeting at that time.
    """
    rows = list(
        Session.objects.select_for_update(of=("self",), no_key=True)
        .filter(program=holiday.program_id, local_date=holiday.on, status=Session.Status.CANCELLED)
        .filter(starts_at__gt=now)
        .exclude(holiday="")
        .select_related("series", "group")
        .order_by("pk")
    )
    for row in rows:
        refuse_double_booking(row.group, row.starts_at, row.ends_at, besides=row)
        row.status, row.cancelled_at, row.holiday = Session.Status.SCHEDULED, None, ""
        row.save(update_fields=["status", "cancelled_at", "holiday"])
        audit.record(actor=actor, action="session.restored", program_id=row.program_id, subject=row)
        ring_on_commit(f"desk:{row.program_id}", {"kind": "session", "id": str(row.pk)})
    for series in {row.series for row in rows if row.series is not None}:
        follow_series(actor=actor, series=series, now=now)
    return [row.pk for row in rows]
