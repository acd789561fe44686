"""A client's own week as it is drawn on their home: what counted, what is still to come, the goal."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Exists

from checkins.selectors.trends import latest_attendance
from groups.access import in_force
from groups.models import Client, PrescribedDose
from sessions_app.access import expected_memberships
from sessions_app.models import AttendanceRecord, Session
from vio.common.charts import week as chart
from vio.common.localtime import WeekStart, week_of

DEFAULT_MINUTES = 540


def week_drawing(client: Client, *, now: datetime) -> chart.Week | None:
    """The week bar of this local week; None for somebody who is not enrolled."""
    today = now.astimezone(client.program.zone).date()
    goal = goal_minutes(client, today)
    if goal is None:
        return None
    days = week_of(today, WeekStart(client.program.week_start))
    counted = {record.session_id: record for record in latest_attendance(client, days.first, days.last)}
    seats = [
        _seat(session, counted.get(session.pk), now) for session in _sessions(client, days.first, days.last)
    ]
    return chart.Week("my-week", tuple(seat for seat in seats if seat is not None), goal)


def goal_minutes(client: Client, today: date) -> int | None:
    """The prescribed minutes a week in force today; None without an enrolment."""
    enrolment = client.enrolments.filter(in_force(today)).order_by("-starts_on").first()
    if enrolment is None:
        return None
    doses = PrescribedDose.objects.filter(enrolment=enrolment, starts_on__lte=today).order_by("-starts_on")
    dose = doses.first()
    return dose.weekly_minutes if dose else DEFAULT_MINUTES


def _sessions(client: Client, first: date, last: date) -> list[Session]:
    expected = expected_memberships().filter(client=client)
    return list(
        Session.objects.filter(Exists(expected), local_date__range=(first, last), program=client.program_id)
        .exclude(is_rehearsal=True)
        .prefetch_related("breaks")
        .order_by("starts_at")
    )


def _seat(session: Session, record: AttendanceRecord | None, now: datetime) -> chart.WeekSeat | None:
    if session.status == "cancelled":
        return chart.WeekSeat(session.local_date, chart.Seat.OFF, 0)
    if record is not None:
        kind = chart.Seat.DONE if record.credited_minutes else chart.Seat.MISSED
        return chart.WeekSeat(session.local_date, kind, record.credited_minutes)
    if session.ends_at <= now:
        return None  # over, and not counted yet
    return chart.WeekSeat(session.local_date, chart.Seat.GHOST, _scheduled_minutes(session))


def _scheduled_minutes(session: Session) -> int:
    """Scheduled length without the planned breaks, floored (R6)."""
    length = (session.ends_at - session.starts_at).total_seconds()
    for pause in session.breaks.all():
        if pause.planned_start is not None and pause.planned_end is not None:
            length -= (pause.planned_end - pause.planned_start).total_seconds()
    return int(length // 60)
