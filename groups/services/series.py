"""Writes about timetables: a series is made, changed, ended, a date of it called off or given back.

Sessions live in the app above; it hears `timetable_changed` inside the same transaction and follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction

from groups.calendars import RuleError, dates, parse_rule
from groups.models import Group, Series
from groups.rules import ONE_DAY, PLAN_WITHIN, break_problem
from groups.selectors import timetable_of, today_of
from groups.services.meeting_times import hold_meeting_times
from groups.services.programs import require_unchanged
from groups.signals import series_split, timetable_changed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError
from vio.common.permissions import Permission

SERIES_FIELDS = (
    "title",
    "service_type",
    "rule",
    "local_start",
    "minutes",
    "breaks",
    "starts_on",
    "ends_on",
    "cancelled_dates",
)


@dataclass(frozen=True)
class Plan:
    """What a series is to be: neutral title, rule, wall start, elapsed minutes, breaks (minutes after the start, length)."""

    title: str
    service_type: str
    rule: str
    local_start: time
    minutes: int
    starts_on: date
    ends_on: date | None = None
    breaks: Sequence[tuple[int, int]] = ()

    def checked(self) -> Plan:
        """The plan with its rule in canonical form; raises BadInputError beside the field at fault."""
        try:
            rule = str(parse_rule(self.rule))
        except RuleError as error:
            raise BadInputError(fields={"rule": str(error)}) from error
        problems = {
            "minutes": "" if 1 <= self.minutes <= 720 else "A group lasts between 1 and 720 minutes.",
            "breaks": break_problem(self.breaks, self.minutes),
            "title": "" if self.title.strip() else "Give it a neutral name.",
            "ends_on": "The last day cannot be before the first."
            if self.ends_on is not None and self.ends_on < self.starts_on
            else "",
        }
        if any(problems.values()):
            raise BadInputError(fields={name: text for name, text in problems.items() if text})
        return Plan(
            self.title.strip(), self.service_type, rule, self.local_start, self.minutes, self.starts_on,
            self.ends_on, tuple(sorted(self.breaks)),
        )  # fmt: skip


@transaction.atomic
def create_series(
    *, actor: Actor, group: Group, plan: Plan, now: datetime, anyway: bool | None = None
) -> Series:
    """Makes a timetable for a group; its sessions of the coming weeks exist when this returns.

    Raises ConflictError for a group that is closed, or (`leads_twice`) whose facilitator leads another at that time. Clients
    who are expected elsewhere, and licences that are missing, are asked about (BadInputError beside `anyway`) unless `anyway`
    is True, or None (a script).
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    hold_meeting_times(group.program_id)
    plan = plan.checked()
    if abs(plan.starts_on - today_of(group.program, now)) > PLAN_WITHIN:
        raise BadInputError(fields={"starts_on": "Choose a date within two years of today."})
    if not group.is_active:
        raise ConflictError("This group is closed.", code="group_closed")
    series = Series(program_id=group.program_id, group=group)
    _write(series, plan)
    return _told(actor, "series.added", series, now, anyway)


@transaction.atomic
def change_series(
    *, actor: Actor, series: Series, plan: Plan, now: datetime, from_date: date | None = None,
    mark: str | None = None, anyway: bool | None = None,
) -> Series:  # fmt: skip
    """Changes a timetable for every session that has not begun, or from a later date on only.

    With a `from_date` after today the series ends the day before it and a new one carries on; that one is returned.
    Raises ConflictError when somebody else changed it meanwhile, and asks as `create_series` about sessions that are made or
    moved.
    """
    actor.require(Permission.MANAGE_GROUPS, series.program_id)
    hold_meeting_times(series.program_id)
    plan = plan.checked()
    row = _locked(series)
    require_unchanged(row, SERIES_FIELDS, mark)
    today = today_of(row.program, now)
    if from_date is not None and from_date > max(today, row.starts_on):
        return _split(actor, row, plan, from_date, now, anyway=anyway)
    if row.starts_on <= today and plan.starts_on != row.starts_on:
        # The first date anchors "every second week"; it stays once meetings have been counted from it.
        raise BadInputError(fields={"starts_on": "This series has begun; its first day stays."})
    _write(row, plan)
    return _told(actor, "series.changed", row, now, anyway)


def _split(
    actor: Actor, row: Series, plan: Plan, from_date: date, now: datetime, *, anyway: bool | None
) -> Series:
    if row.ends_on is not None and from_date > row.ends_on:
        raise BadInputError(fields={"from_date": "The series has ended by then."})
    if plan.ends_on is not None and plan.ends_on < from_date:
        raise BadInputError(fields={"ends_on": "The last day cannot be before the change."})
    row.ends_on = from_date - ONE_DAY
    row.save(update_fields=["ends_on"])
    new = Series(program_id=row.program_id, group=row.group)
    later = [d for d in row.cancelled_dates if date.fromisoformat(d) >= from_date]
    _write(new, plan, starts_on=from_date, cancelled=later)
    # The sessions go over first: what was noted about one of them stays with it.
    series_split.send(sender=Series, old=row, new=new, from_date=from_date)
    _told(actor, "series.changed", row, now)
    return _told(actor, "series.added", new, now, anyway)


@transaction.atomic
def end_series(*, actor: Actor, series: Series, ends_on: date, now: datetime) -> Series:
    """Ends a timetable with its last day; sessions after it that have not begun are taken away.

    Raises BadInputError for a day before yesterday or before the first.
    """
    actor.require(Permission.MANAGE_GROUPS, series.program_id)
    row = _locked(series)
    today = today_of(row.program, now)
    if row.ends_on is not None and row.ends_on < today:
        raise ConflictError("This series has ended already.", code="series_ended")
    if ends_on < today - ONE_DAY:
        raise BadInputError(
            fields={"ends_on": "The past stays as it was. The earliest last day is yesterday."}
        )
    if ends_on - today > PLAN_WITHIN:
        raise BadInputError(fields={"ends_on": "Choose a date within two years of today."})
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    return _told(actor, "series.ended", row, now)


@transaction.atomic
def cancel_date(*, actor: Actor, series: Series, on: date, now: datetime) -> Series:
    """Calls one date of a series off (a holiday): the session shows as called off and counts against nobody."""
    actor.require(Permission.MANAGE_GROUPS, series.program_id)
    row = _locked(series)
    if on < today_of(row.program, now):
        raise BadInputError(fields={"on": "That date is past."})
    if not list(dates(timetable_of(row), on, on)):
        raise BadInputError(fields={"on": "This series does not meet on that date."})
    note_cancelled(series_id=row.pk, on=on)
    row.refresh_from_db()
    return _told(actor, "series.date_cancelled", row, now)


@transaction.atomic
def restore_date(
    *, actor: Actor, series: Series, on: date, now: datetime, anyway: bool | None = None
) -> Series:
    """Gives back a date that was called off; raises BadInputError when it was not.

    Asks as `create_series` about who would be in two places at once on it, and about licences.
    """
    actor.require(Permission.MANAGE_GROUPS, series.program_id)
    hold_meeting_times(series.program_id)
    row = _locked(series)
    if on < today_of(row.program, now) or on.isoformat() not in row.cancelled_dates:
        raise BadInputError(fields={"on": "That date is not one that can be given back."})
    row.cancelled_dates = [d for d in row.cancelled_dates if d != on.isoformat()]
    row.save(update_fields=["cancelled_dates"])
    return _told(actor, "series.date_restored", row, now, anyway, given_back=on)


def note_cancelled(*, series_id: UUID, on: date) -> None:
    """Writes a date into the exceptions of a series, once; for callers inside a transaction that tell the rest."""
    row = Series.objects.select_for_update(no_key=True).get(pk=series_id)
    if on.isoformat() not in row.cancelled_dates:
        row.cancelled_dates = sorted([*row.cancelled_dates, on.isoformat()])
        row.save(update_fields=["cancelled_dates"])


def _locked(series: Series) -> Series:
    return (
        Series.objects.select_for_update(of=("self",), no_key=True)
        .select_related("program", "group")
        .get(pk=series.pk)
    )


def _write(
    row: Series, plan: Plan, *, starts_on: date | None = None, cancelled: list[str] | None = None
) -> None:
    row.title, row.service_type, row.rule = plan.title, plan.service_type, plan.rule
    row.local_start, row.minutes = plan.local_start, plan.minutes
    row.breaks = [list(b) for b in plan.breaks]
    row.starts_on, row.ends_on = starts_on or plan.starts_on, plan.ends_on
    if cancelled is not None:
        row.cancelled_dates = cancelled
    row.save()


def _told(
    actor: Actor, action: str, series: Series, now: datetime, anyway: bool | None = None, *,
    given_back: date | None = None,
) -> Series:  # fmt: skip
    audit.record(actor=actor, action=action, program_id=series.program_id, subject=series)
    timetable_changed.send(
        sender=Series, series=series, actor=actor, now=now, anyway=anyway, given_back=given_back
    )
    return series
