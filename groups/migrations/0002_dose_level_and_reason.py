import django.db.models.deletion
from django.db import migrations, models

import vio.common.sealed


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="prescribeddose",
            name="level",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="groups.levelofcare",
            ),
        ),
        migrations.AddField(
            model_name="prescribeddose",
            name="reason",
            field=vio.common.sealed.SealedTextField(blank=True, default=""),
        ),
    ]
