"""Celery: what is looked at by the clock, and how often.

Due work is found by asking the database, claimed by a conditional update and safe to run twice (FL-3). A task is queued
with a short expiry, so that an outage leaves no pile of stale ticks behind.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")

from celery import Celery
from django.conf import settings

app = Celery("vio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["vio.common"], related_name="periodic")


def every(seconds: float, task: str) -> dict[str, Any]:
    """A schedule entry: every so many seconds; a tick not begun by the next one is dropped."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 10)}}


app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_max_tasks_per_child=500,
    task_default_queue="vio",
    task_time_limit=120,
    task_soft_time_limit=90,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 600, "socket_timeout": 10, "socket_connect_timeout": 5},
    beat_schedule_filename=str(settings.HOME / "run" / "beat-schedule"),
    beat_max_loop_interval=5,
    timezone="UTC",
    beat_schedule={
        "deliveries": every(10, "vio.common.send_deliveries"),
        "alive": every(20, "vio.common.report_alive"),
        "alerts-escalate": every(20, "checkins.alerts.escalate_due_alerts"),
        "alerts-hand-over": every(60, "checkins.alerts.hand_over_alerts"),
        "checkins-missed": every(300, "checkins.checkins.raise_missed_checkins"),
        "checkins-reminders": every(300, "checkins.checkins.remind_of_checkins"),
        "imports-forget": every(3600, "sessions_app.attendance.forget_stale_imports"),
        "groups-reminders": every(60, "sessions_app.coming.remind_of_groups"),
        "finalise-attendance": every(15, "sessions_app.attendance.finalise_due"),
        "compute-weeks": every(60, "sessions_app.hours.compute_weeks"),
        "roll-up-weeks": every(3600, "sessions_app.hours.roll_up_weeks"),
        "misses": every(10, "sessions_app.followup.find_misses"),
        "attempts-due": every(60, "sessions_app.followup.remind_of_attempts"),
        "weeks-short": every(60, "sessions_app.followup.watch_weeks"),
        "silence": every(3600, "sessions_app.followup.review_everybody"),
        "authorisations": every(3600, "sessions_app.followup.watch_authorisations"),
        "notes-due": every(300, "sessions_app.notes.remind_of_due_notes"),
        "rooms-open": every(10, "sessions_app.room.open_due"),
        "rooms-end": every(30, "sessions_app.room.end_due"),
        "rooms-tick": every(10, "sessions_app.room.tick_due"),
        "presence-sweep": every(10, "sessions_app.room.sweep_presence"),
        "chat-forget": every(3600, "sessions_app.room.forget_chat"),
        "access-changes": every(60, "sessions_app.room.forget_access_changes"),
        "materialise-sessions": every(300, "sessions_app.scheduling.materialise_sessions"),
        "apply-due-levels": every(300, "groups.enrolment.apply_due_levels"),
        "waitlist": every(60, "groups.waitlist.offer_seats"),
        "licences-ending": every(3600, "groups.licences.warn_of_endings"),
        "logins-ended": every(3600, "groups.logins.forget_ended"),
    },
)
