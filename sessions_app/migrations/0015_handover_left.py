"""A follow-up may change hands because its owner lost the role or the account for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0014_access_changes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="handover",
            name="because",
            field=models.CharField(
                choices=[("away", "away"), ("left", "left"), ("given", "given"), ("taken", "taken")],
                max_length=8,
            ),
        ),
    ]
