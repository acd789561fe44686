"""Making a whole week at once from a template: a group and a series for each of its evenings, each of them once."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from groups.models import Group, Program, ServiceType
from groups.selectors import today_of
from groups.services.meeting_times import hold_meeting_times
from groups.services.memberships import save_group
from groups.services.series import Plan, create_series
from groups.templates_of_week import EVENING_WEEK, Evening, WeekTemplate
from vio.common.actors import Actor
from vio.common.permissions import Permission


@transaction.atomic
def make_week(
    *, actor: Actor, program: Program, group_name: str, starts_on: date, now: datetime,
    template: WeekTemplate = EVENING_WEEK, anyway: bool | None = None,
) -> Group:  # fmt: skip
    """A group with the template's evenings from a date on; all of it or nothing.

    What is there is left as it is: a group of that name gets the evenings it lacks, and asking again makes nothing. Raises
    ConflictError (`group_closed`) for a group of that name that meets no more, and as `create_series` about its evenings.
    """
    actor.require(Permission.MANAGE_GROUPS, program.pk)
    hold_meeting_times(program.pk)
    Program.objects.select_for_update(no_key=True).get(
        pk=program.pk
    )  # asked twice at once, the second sees the first
    group = program.groups.filter(name=group_name.strip()).first() or save_group(
        actor=actor,
        program=program,
        values={"name": group_name.strip(), "service_type": ServiceType.GROUP_THERAPY},
        now=now,
    )
    for evening in template.evenings:
        if _meets(group, evening, template, today_of(program, now)):
            continue
        plan = Plan(
            title=evening.title,
            service_type=evening.service_type,
            rule=f"FREQ=WEEKLY;BYDAY={evening.day}",
            local_start=template.local_start,
            minutes=template.minutes,
            starts_on=starts_on,
            breaks=template.breaks,
        )
        create_series(actor=actor, group=group, plan=plan, now=now, anyway=anyway)
    return group


def _meets(group: Group, evening: Evening, template: WeekTemplate, today: date) -> bool:
    """Whether the group has that evening already, under whatever name: same rule and start, not ended."""
    same = group.series.filter(rule=f"FREQ=WEEKLY;BYDAY={evening.day}", local_start=template.local_start)
    return same.filter(Q(ends_on=None) | Q(ends_on__gte=today)).exists()
