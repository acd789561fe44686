"""Quiet hours, reminders before group, the ways to a client that are safe and wanted, and the waitlist with its offers."""

import datetime
import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import vio.common.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0008_holidays"),
    ]

    operations = [
        migrations.AddField(
            model_name="program",
            name="offer_hours",
            field=models.PositiveSmallIntegerField(default=24),
        ),
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
        migrations.CreateModel(
            name="WaitlistEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("placed", "got a place"), ("left", "off the list")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("declined", "did not want a place"),
                            ("no_answer", "did not answer"),
                            ("staff", "taken off"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("place_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField(blank=True, null=True)),
                ("move_reason", vio.common.sealed.SealedTextField(blank=True, default="")),
                ("rest_until", models.DateTimeField(blank=True, null=True)),
                ("unanswered", models.PositiveSmallIntegerField(default=0)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waitlist_entries",
                        to="groups.client",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waitlist",
                        to="groups.group",
                    ),
                ),
                (
                    "moved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groups.program"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "waitlist entries",
            },
        ),
        migrations.CreateModel(
            name="SeatOffer",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("seat", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("expired", "ran out"),
                            ("withdrawn", "taken back"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="groups.client"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="groups.group"
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="groups.program"
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="groups.waitlistentry",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="waitlistentry",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["group", "place_at"], name="waitlist_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "waiting")), fields=("group", "client"), name="waitlist_once"
            ),
        ),
        migrations.AddIndex(
            model_name="seatoffer",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["expires_at"], name="offer_open_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="seatoffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")), fields=("group", "seat"), name="offer_one_per_seat"
            ),
        ),
        migrations.AddConstraint(
            model_name="seatoffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open")), fields=("entry",), name="offer_one_per_entry"
            ),
        ),
        migrations.AddConstraint(
            model_name="seatoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("offered_at"))), name="offer_runs_out_later"
            ),
        ),
    ]
