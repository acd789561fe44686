from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0010_targets_payers_and_signatures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["program", "local_date"], name="session_program_date"),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("finalised_at", None)),
                fields=["program", "local_date"],
                name="session_uncounted",
            ),
        ),
    ]
