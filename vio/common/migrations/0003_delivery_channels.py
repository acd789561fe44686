"""A message may go as a text, and may have a time from which it is not worth sending."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0002_audit_chain_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="void_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="channel",
            field=models.CharField(
                choices=[("mail", "mail"), ("sms", "text")], default="mail", max_length=16
            ),
        ),
    ]
