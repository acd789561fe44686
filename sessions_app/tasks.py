"""Celery finds tasks here: one line per wing."""

from sessions_app import scheduling_tasks
from sessions_app.attendance import tasks as attendance_tasks
from sessions_app.coming import tasks as coming_tasks
from sessions_app.followup import tasks as followup_tasks
from sessions_app.hours import tasks as hours_tasks
from sessions_app.notes import tasks as notes_tasks
from sessions_app.room import tasks as room_tasks

__all__ = [
    "attendance_tasks",
    "coming_tasks",
    "followup_tasks",
    "hours_tasks",
    "notes_tasks",
    "room_tasks",
    "scheduling_tasks",
]
