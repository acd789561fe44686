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
        ("groups", "0013_absences"),
    ]

    operations = [
        _without_index("absence", "program", "groups.program", "absences"),
        _without_index("agreement", "program", "groups.program", "agreements"),
        _without_index("agreementacceptance", "client", "groups.client", "acceptances"),
        _without_index("client", "program", "groups.program", "clients"),
        _without_index("group", "program", "groups.program", "groups"),
        _without_index("holiday", "program", "groups.program", "holidays"),
        _without_index("levelofcare", "program", "groups.program", "levels"),
        _without_index("membership", "client", "groups.client", "memberships"),
        _without_index("prescribeddose", "enrolment", "groups.enrolment", "doses"),
    ]
