from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0016_evidence_by_session"),
    ]

    operations = [
        migrations.RemoveIndex("weekhours", "week_program"),
        migrations.AddIndex(
            "weekhours", models.Index(fields=["program", "week", "forecast"], name="week_by_forecast")
        ),
    ]
