"""Since when the free seats of a group could not be offered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groups", "0010_correction_window")]

    operations = [
        migrations.AddField(
            model_name="group",
            name="offers_failing_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
