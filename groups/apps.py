"""WHO: people, programs, enrolment, groups, series, calendars."""

from django.apps import AppConfig


class GroupsConfig(AppConfig):
    """People and programs."""

    name = "groups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listens to the sign-in library, tells what it holds sealed, and where a message may go."""
        from groups import factor_keys, receivers, sign_in

        sign_in.connect()
        factor_keys.connect()
        receivers.connect()
