from django.db import migrations, models


def _reference(to: str, name: str = "+", **more: bool) -> models.ForeignKey:
    return models.ForeignKey(db_index=False, on_delete=models.PROTECT, related_name=name, to=to, **more)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0015_handover_left"),
    ]

    operations = [
        migrations.AlterField("presenceevidence", "session", _reference("sessions_app.session", "evidence")),
        migrations.AlterField("presenceevidence", "program", _reference("groups.program")),
        migrations.AlterField("presenceevidence", "person", _reference("groups.person")),
        migrations.AlterField("presenceevidence", "client", _reference("groups.client", null=True)),
    ]
