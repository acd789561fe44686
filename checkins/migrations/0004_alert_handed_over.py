from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0003_round_answer"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alertact",
            name="kind",
            field=models.CharField(
                choices=[
                    ("raised", "raised"),
                    ("level_raised", "level raised"),
                    ("reason_added", "reason added"),
                    ("reopened", "reopened"),
                    ("acknowledged", "acknowledged"),
                    ("assigned", "assigned"),
                    ("handed_over", "handed over"),
                    ("contacted", "contacted"),
                    ("escalated", "escalated"),
                    ("resolved", "resolved"),
                ],
                max_length=16,
            ),
        ),
    ]
