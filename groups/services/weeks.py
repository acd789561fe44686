"""Making a whole week at once from a template: a group and a series for each of its evenings."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from groups.models import Group, Program, ServiceType
from groups.services.memberships import save_group
from groups.services.series import Plan, create_series
from groups.templates_of_week import EVENING_WEEK, WeekTemplate
from vio.common.actors import Actor


@transaction.atomic
def make_week(
    *, actor: Actor, program: Program, group_name: str, starts_on: date, now: datetime,
    template: WeekTemplate = EVENING_WEEK,
) -> Group:  # fmt: skip
    """A new group with the template's evenings from a date on; all of it or nothing.

    Raises ConflictError (field `name`) when the program has a group of that name.
    """
    group = save_group(
        actor=actor,
        program=program,
        values={"name": group_name, "service_type": ServiceType.GROUP_THERAPY},
        now=now,
    )
    for evening in template.evenings:
        plan = Plan(
            title=evening.title,
            service_type=evening.service_type,
            rule=f"FREQ=WEEKLY;BYDAY={evening.day}",
            local_start=template.local_start,
            minutes=template.minutes,
            starts_on=starts_on,
            breaks=template.breaks,
        )
        create_series(actor=actor, group=group, plan=plan, now=now)
    return group
