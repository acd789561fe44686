"""WHO: people, programs, enrolment, groups, series, calendars."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    """People and programs."""

    name = "groups"
    default_auto_field = "django.db.models.BigAutoField"
