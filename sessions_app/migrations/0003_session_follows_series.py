from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0002_misses_found_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="follows_series",
            field=models.BooleanField(default=True),
        ),
    ]
