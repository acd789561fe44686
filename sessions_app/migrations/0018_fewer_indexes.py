from typing import Any

from django.conf import settings
from django.db import migrations, models

# What begins another index of its table is read by that one (docs/decisions/0022).


def _without_index(
    model: str, field: str, to: str, name: str = "+", how: Any = models.PROTECT, **more: bool
) -> migrations.AlterField:
    reference = models.ForeignKey(db_index=False, on_delete=how, related_name=name, to=to, **more)
    return migrations.AlterField(model, field, reference)


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0014_fewer_indexes"),
        ("sessions_app", "0017_weeks_by_forecast"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        _without_index("attendanceimport", "session", "sessions_app.session", "imports"),
        _without_index("attendancepolicy", "program", "groups.program", "attendance_policies"),
        _without_index("attendancerecord", "client", "groups.client", "attendance"),
        _without_index("attendancerecord", "program", "groups.program"),
        _without_index("attendancerecord", "session", "sessions_app.session", "attendance"),
        _without_index("authorisation", "program", "groups.program"),
        _without_index("clientnote", "session", "sessions_app.session", "client_notes"),
        _without_index("commandresult", "person", settings.AUTH_USER_MODEL, how=models.CASCADE),
        _without_index("commandresult", "program", "groups.program"),
        _without_index("commandresult", "session", "sessions_app.session", how=models.CASCADE),
        _without_index("doorconfirmation", "client", "groups.client", "doors"),
        _without_index("doorconfirmation", "session", "sessions_app.session", "doors"),
        _without_index("evidenceseal", "session", "sessions_app.session", "seals"),
        _without_index("excuse", "session", "sessions_app.session", "excuses"),
        _without_index("flag", "program", "groups.program"),
        _without_index("followup", "client", "groups.client", "follow_ups"),
        _without_index("hourspolicy", "program", "groups.program", "hours_policies"),
        _without_index("payer", "program", "groups.program", "payers"),
        _without_index("roomevent", "program", "groups.program"),
        _without_index("roomevent", "session", "sessions_app.session", "events", how=models.CASCADE),
        _without_index("session", "group", "groups.group", "sessions"),
        _without_index("session", "program", "groups.program", "sessions"),
        _without_index("session", "series", "groups.series", "sessions", blank=True, null=True),
        _without_index("techcheck", "session", "sessions_app.session", how=models.CASCADE),
        _without_index("weekhours", "client", "groups.client", "weeks"),
        _without_index("weekhours", "program", "groups.program"),
        _without_index("weektarget", "client", "groups.client", "week_targets"),
    ]
