"""What the clock starts before the groups. It finds its work by asking the database and may run twice (FL-3)."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from groups.models import Program
from sessions_app.coming import reminders
from vio.common.tasks import system_task


@shared_task(name="sessions_app.coming.remind_of_groups")
@system_task
def remind_of_groups() -> int:
    """Every minute: clients whose first group of the day is near; returns how many are reminded."""
    now = timezone.now()
    return sum(reminders.remind(program=program, now=now) for program in Program.objects.all())
