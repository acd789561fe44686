"""Celery finds tasks here: one line per wing."""
