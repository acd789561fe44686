from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0012_handovers"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="attendancerecord",
            index=models.Index(
                models.F("program"),
                models.F("client"),
                models.Func("local_date", template="((%(expressions)s - DATE '2000-01-02') / 7)"),
                include=("local_date", "status", "credited_minutes", "delivered_minutes"),
                name="attendance_by_week",
            ),
        ),
    ]
