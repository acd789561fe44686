from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0004_audit_drafts"),
    ]

    operations = [
        # The unique index of an entry's number begins with its program (docs/decisions/0022).
        migrations.AlterField("auditentry", "program_id", models.UUIDField(null=True)),
    ]
