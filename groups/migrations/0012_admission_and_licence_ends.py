from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0011_offers_failing_since"),
    ]

    operations = [
        migrations.AddField(
            model_name="staffrole",
            name="licence_ends",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name="group",
            name="admission",
            field=models.CharField(
                choices=[
                    ("each", "one by one"),
                    ("roster", "by itself, once the group has started"),
                    ("all", "by itself, as soon as somebody is at the door"),
                ],
                default="each",
                max_length=8,
            ),
        ),
    ]
