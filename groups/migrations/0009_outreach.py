"""Quiet hours, reminders before group, and the ways to a client that are safe and wanted."""

import datetime

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0007_no_contact"),
    ]

    operations = [
        migrations.AddField(
            model_name="program",
            name="quiet_from",
            field=models.TimeField(default=datetime.time(20, 30)),
        ),
        migrations.AddField(
            model_name="program",
            name="quiet_until",
            field=models.TimeField(default=datetime.time(9, 0)),
        ),
        migrations.AddField(
            model_name="program",
            name="reminder_minutes",
            field=models.PositiveSmallIntegerField(default=60),
        ),
        migrations.CreateModel(
            name="ContactWays",
            fields=[
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="contact_ways",
                        serialize=False,
                        to="groups.client",
                    ),
                ),
                ("mail_is_safe", models.BooleanField(default=True)),
                ("text_is_safe", models.BooleanField(default=False)),
                ("call_is_safe", models.BooleanField(default=True)),
                ("voice_message_is_safe", models.BooleanField(default=False)),
                ("wants_mail", models.BooleanField(default=True)),
                ("wants_text", models.BooleanField(default=True)),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groups.program"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "contact ways",
            },
        ),
    ]
