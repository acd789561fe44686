"""WHAT clients report: check-ins, instruments, rules, alerts."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """Check-ins and alerts."""

    name = "checkins"
    default_auto_field = "django.db.models.BigAutoField"
