"""Celery finds tasks here: one line per wing."""

from sessions_app.followup import tasks as followup_tasks
from sessions_app.notes import tasks as notes_tasks

__all__ = ["followup_tasks", "notes_tasks"]
