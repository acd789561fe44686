"""Celery finds tasks here: one line per wing."""

from sessions_app.notes import tasks as notes_tasks

__all__ = ["notes_tasks"]
