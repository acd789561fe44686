"""Writes about holidays: a date on which a program does not meet. Its sessions follow in the same transaction."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from groups.models import Holiday, Program
from groups.rules import PLAN_WITHIN
from groups.selectors import today_of
from groups.services.meeting_times import hold_meeting_times, lock_timetables
from groups.signals import holiday_added, holiday_removed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission


@transaction.atomic
def add_holiday(*, actor: Actor, program: Program, on: date, name: str, now: datetime) -> Holiday:
    """Calls off every session of a local date that has not begun; it counts against nobody (R7).

    Raises BadInputError for a past or far date or an empty name, ConflictError (`holiday_exists`) for a second one.
    """
    actor.require(Permission.MANAGE_GROUPS, program.pk)
    today = today_of(program, now)
    if on < today:
        raise BadInputError(fields={"on": "That date is past. What was held or called off then stays."})
    if on - today > PLAN_WITHIN:
        raise BadInputError(fields={"on": "Choose a date within two years of today."})
    if not name.strip():
        raise BadInputError(fields={"name": "Give it a neutral name; clients see it."})
    # Whoever makes sessions of a series holds its lock: they see the holiday, or we see their sessions.
    lock_timetables(program.pk)
    try:
        with transaction.atomic():
            row = Holiday.objects.create(program=program, on=on, name=name.strip())
    except IntegrityError as error:
        message = "That date is a holiday already."
        raise ConflictError(message, code="holiday_exists", fields={"on": message}) from error
    holiday_added.send(sender=Holiday, holiday=row, actor=actor, now=now)
    _record(actor, "holiday.added", row)
    return row


@transaction.atomic
def remove_holiday(*, actor: Actor, holiday: Holiday, now: datetime, anyway: bool | None = None) -> None:
    """The groups meet on that date after all: sessions that have not begun and were called off for it come back.

    Raises ConflictError when it is past, or was removed already; or (`leads_twice`) when somebody would lead two groups at
    once by then. Clients expected twice and licences that are missing are asked about (BadInputError beside `anyway`)
    unless `anyway` is True, or None (a script).
    """
    actor.require(Permission.MANAGE_GROUPS, holiday.program_id)
    hold_meeting_times(holiday.program_id)
    row = (
        Holiday.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program")
        .filter(pk=holiday.pk)
        .first()
    )
    if row is None:
        raise ConflictError("This holiday was removed already.", code="holiday_removed")
    if row.on < today_of(row.program, now):
        raise ConflictError("That date is past; it stays as it was.", code="holiday_past")
    lock_timetables(row.program_id)
    _record(actor, "holiday.removed", row)
    Holiday.objects.filter(pk=row.pk).delete()
    holiday_removed.send(sender=Holiday, holiday=row, actor=actor, now=now, anyway=anyway)


def _record(actor: Actor, action: str, row: Holiday) -> None:
    audit.record(
        actor=actor, action=action, program_id=row.program_id, subject=row, details={"on": row.on.isoformat()}
    )
