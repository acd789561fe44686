"""WHO: people, programs, enrolment, groups, series, calendars."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    """People and programs."""

    name = "groups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listens to the sign-in library, and tells what it holds sealed."""
        from groups import factor_keys, sign_in

        sign_in.connect()
        factor_keys.connect()
