"""What clients say about coming to a session: one notice holds per client and session."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import vio.common.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0009_outreach"),
        ("sessions_app", "0008_holidays_and_session_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArrivalNotice",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("late", "comes later"), ("absent", "cannot come")], max_length=8
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("reason", vio.common.sealed.SealedTextField(blank=True, default="")),
                ("said_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="groups.client",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groups.program"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="sessions_app.session",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("session", "client"),
                        name="arrival_notice_one_holds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "late"), ("minutes__in", (5, 10, 20)), ("minutes__isnull", False)
                            ),
                            models.Q(("kind", "absent"), ("minutes", None)),
                            _connector="OR",
                        ),
                        name="arrival_notice_minutes_when_late",
                    ),
                ],
            },
        ),
    ]
