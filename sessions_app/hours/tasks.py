"""Looked at by the clock: the running week of every program, and weeks whose attendance changed lately."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from celery import shared_task
from django.db import Error
from django.utils import timezone

from groups.models import Program
from sessions_app.hours.roll_up import roll_up
from sessions_app.hours.services import compute_week, current_week
from sessions_app.models import AttendanceRecord
from vio.common.localtime import Week, WeekStart, week_of
from vio.common.logs import log
from vio.common.tasks import system_task

# Changes are counted in their own transaction; this is the second look, wide enough for a long outage of the clock.
LOOK_BACK = timedelta(days=1)
ROLLED_UP = 12
"""Finished weeks that are looked at every hour."""
_log = log(__name__)


@shared_task(name="sessions_app.hours.compute_weeks")
@system_task
def compute_weeks() -> None:
    """Every 60 s: seats pass from "to come" to "counted" or lost, so the week is computed even if nothing was written."""
    now = timezone.now()
    for program in Program.objects.all():
        for week in weeks_due(program, now):
            try:
                compute_week(program=program, week=week, now=now)
            except Error as error:
                _log.warning("hours.delayed", program_id=str(program.pk), error=type(error).__name__)


def weeks_due(program: Program, now: datetime) -> list[Week]:
    """The running week; of calendar weeks also those with attendance recorded in the last day."""
    running = current_week(program, now)
    start = WeekStart(program.week_start)
    if start is WeekStart.ROLLING7:
        return [running]
    recent = AttendanceRecord.objects.filter(program=program, recorded_at__gt=now - LOOK_BACK)
    days: set[date] = set(recent.values_list("local_date", flat=True).distinct())
    return sorted({week_of(day, start) for day in days} | {running})


@shared_task(name="sessions_app.hours.roll_up_weeks")
@system_task
def roll_up_weeks() -> None:
    """Every hour: the finished weeks of the last quarter, so that nothing that changed in hindsight stays uncounted."""
    now = timezone.now()
    for program in Program.objects.all():
        try:
            roll_up(program=program, weeks=finished_weeks(program, now), now=now)
        except Error as error:
            _log.warning("hours.delayed", program_id=str(program.pk), error=type(error).__name__)


def finished_weeks(program: Program, now: datetime) -> list[Week]:
    """The last calendar weeks that are over, the newest first; none of a program whose weeks roll."""
    if WeekStart(program.week_start) is WeekStart.ROLLING7:
        return []
    first = current_week(program, now).first
    return [Week(first - timedelta(days=7 * n)) for n in range(1, ROLLED_UP + 1)]
