"""WHEN and LIVE: sessions, room, presence, attendance, hours, follow-up, notes."""

from django.apps import AppConfig


class SessionsAppConfig(AppConfig):
    """Sessions and everything that follows from them."""

    name = "sessions_app"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connects the receivers of scheduling and of the wings."""
        from sessions_app import receivers as scheduling
        from sessions_app.coming import receivers as coming
        from sessions_app.followup import receivers as followup
        from sessions_app.hours import receivers as hours
        from sessions_app.notes import receivers as notes

        scheduling.connect()
        coming.connect()
        hours.connect()
        followup.connect()
        notes.connect()
