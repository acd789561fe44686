from typing import Any

from django.db import migrations, models

# What begins another index of its table is read by that one (docs/decisions/0022).


def _without_index(
    model: str, field: str, to: str, name: str = "+", how: Any = models.PROTECT, **more: bool
) -> migrations.AlterField:
    reference = models.ForeignKey(db_index=False, on_delete=how, related_name=name, to=to, **more)
    return migrations.AlterField(model, field, reference)


class Migration(migrations.Migration):
    dependencies = [
        ("checkins", "0004_alert_handed_over"),
        ("groups", "0014_fewer_indexes"),
    ]

    operations = [
        _without_index("checkin", "client", "groups.client", "checkins"),
        _without_index("missedstreak", "client", "groups.client", "missed_streaks"),
        _without_index("roundanswer", "client", "groups.client", "round_answers"),
    ]
