"""Writes about groups: the group itself and the clients in it.

Capacity and overlaps are decided while the group's row is locked; the constraints of the tables stand behind that.
Dates are local dates, both included; a change never touches a roster of the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from groups.access import in_force
from groups.models import Client, Group, Membership, Program, Series
from groups.rules import ONE_DAY, Band, Period, fallback_problems
from groups.selectors import band_with, today_of
from groups.services.enrolment import lock_chart, ring_person
from groups.services.meeting_times import hold_meeting_times
from groups.services.places import (
    check_ending,
    check_period,
    lock_group,
    refuse_second_place,
    shorten,
    tell_given,
)
from groups.services.programs import require_unchanged
from groups.services.seats import refuse_apart, refuse_full, settle_waitlist
from groups.signals import roster_changing, timetable_changed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.permissions import Permission

FALLBACK_FIELDS = ("fallback_phone", "fallback_code", "fallback_link")
GROUP_FIELDS = (
    "name", "service_type", "track", "min_size", "max_size", "chat_mode", "admission", *FALLBACK_FIELDS,
    "is_active",
)  # fmt: skip


@transaction.atomic
def save_group(
    *, actor: Actor, program: Program, values: Mapping[str, Any], now: datetime, group: Group | None = None,
    mark: str | None = None, anyway: bool | None = None,
) -> Group:  # fmt: skip
    """Makes a group or changes one (names of `GROUP_FIELDS`); a group switched off holds no further sessions.

    Raises ConflictError for a name taken or a change made meanwhile, BadInputError for a band that is no band, a maximum
    below the clients who are in already, or a fallback that nobody could call or open. A group that meets again asks as
    `create_series` about who would be in two places at once, unless `anyway` is True, or None (a script).
    """
    actor.require(Permission.MANAGE_GROUPS, program.pk)
    hold_meeting_times(program.pk)  # a group that meets again brings its sessions back
    row = Group(program=program) if group is None else lock_group(group)
    if group is not None:
        require_unchanged(row, GROUP_FIELDS, mark)
    was_active = row.is_active
    for name in GROUP_FIELDS:
        if name in values:
            setattr(row, name, values[name])
    _check_band(row, today_of(program, now))
    _check_fallback(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        message = "Another group of this program has that name."
        raise ConflictError(message, code="group_exists", fields={"name": message}) from error
    audit.record(
        actor=actor,
        action="group.changed" if group else "group.added",
        program_id=program.pk,
        subject=row,
        details={"is_active": row.is_active, "max_size": row.max_size},
    )
    if group is not None and was_active != row.is_active:
        _tell_timetables(row, actor, now, anyway=anyway if row.is_active else None)
    return row


def _check_band(group: Group, today: date) -> None:
    if group.max_size < group.min_size:
        raise BadInputError(fields={"max_size": "The most must be at least the fewest."})
    if group.max_size < 1:
        raise BadInputError(fields={"max_size": "A group holds at least one client."})
    if group._state.adding:
        return
    fullest = band_with(group, today, None).size - 1
    if fullest > group.max_size:
        raise BadInputError(fields={"max_size": f"{fullest} clients are in this group already."})


def _check_fallback(group: Group) -> None:
    if problems := fallback_problems(group.fallback_phone, group.fallback_code, group.fallback_link):
        raise BadInputError(fields=problems)


def _tell_timetables(group: Group, actor: Actor, now: datetime, *, anyway: bool | None) -> None:
    for series in group.series.all():
        timetable_changed.send(sender=Series, series=series, actor=actor, now=now, anyway=anyway)


# --- clients ----------------------------------------------------------------------------------------------


@transaction.atomic
def add_member(
    *, actor: Actor, group: Group, client: Client, starts_on: date, now: datetime,
    ends_on: date | None = None, anyway: bool | None = None,
) -> tuple[Membership, Band]:  # fmt: skip
    """Gives a client a place from a date on; returns it with the group's band (`band.warning` near the edges).

    Raises ConflictError when the group would be over its maximum on any day, its free seats are held for others, the client
    has a place in it then, is kept apart from somebody who is in it (`kept_apart`), or a group of that date is over;
    BadInputError for a date in the past or outside of the enrolment. Another group at the same time, and a home state in
    which nobody who leads is licensed, are asked about (field `anyway`) unless `anyway` is True, or None (a script).
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    hold_meeting_times(group.program_id)
    row, chart = lock_group(group), lock_chart(client)
    period = Period(starts_on, ends_on)
    return _place(actor, row, chart, period, now, action="membership.added", anyway=anyway)


@transaction.atomic
def take_visit(*, actor: Actor, group: Group, client: Client, on: date, now: datetime) -> Membership:
    """A client takes an open seat of a group for one date, to make up for hours.

    Raises NotAllowedError for anybody but the client; otherwise as `add_member`.
    """
    _require_self(actor, client)
    hold_meeting_times(group.program_id)
    row, chart = lock_group(group), lock_chart(client)
    place, _ = _place(actor, row, chart, Period(on, on), now, action="membership.visit_taken", is_visit=True)
    return place


@transaction.atomic
def give_back_visit(*, actor: Actor, membership: Membership, now: datetime) -> None:
    """The client gives a seat for one date back; refused (ConflictError) once that group has begun, or for another place."""
    _require_self(actor, membership.client)
    chart = lock_chart(membership.client)
    row = Membership.objects.select_for_update(no_key=True).filter(pk=membership.pk, is_visit=True).first()
    if row is None:
        raise ConflictError("This seat is not yours any more.", code="place_ended")
    roster_changing.send(
        sender=Membership, program_id=row.program_id, group_id=row.group_id, client_id=chart.pk,
        from_date=row.starts_on, adding=False, now=now,
    )  # fmt: skip
    audit.record(
        actor=actor, action="membership.visit_given_back", program_id=row.program_id, subject=row,
        client_id=chart.pk, details={"group": str(row.group_id)},
    )  # fmt: skip
    row.delete()
    ring_person(chart.person_id)


def _require_self(actor: Actor, client: Client) -> None:
    actor.require(Permission.OWN_PAGES, client.program_id)
    if client.person_id != actor.person_id:
        raise NotAllowedError


def _place(
    actor: Actor,
    row: Group,
    chart: Client,
    period: Period,
    now: datetime,
    *,
    action: str,
    is_visit: bool = False,
    anyway: bool | None = None,
) -> tuple[Membership, Band]:
    """Checks and makes a place; chart and group are locked."""
    _check_new_place(row, chart, period, today_of(row.program, now))
    band = band_with(row, period.first, period.last)
    refuse_full(row, chart, period, band, today_of(row.program, now))
    refuse_apart(row, chart, period, to_client=is_visit)
    roster_changing.send(
        sender=Membership, program_id=row.program_id, group_id=row.pk, client_id=chart.pk,
        from_date=period.first, adding=True, now=now,
    )  # fmt: skip
    place = Membership.objects.create(
        program_id=row.program_id, group=row, client=chart, starts_on=period.first, ends_on=period.last,
        is_visit=is_visit,
    )  # fmt: skip
    tell_given(place, anyway, now)
    if period.last is None:
        settle_waitlist(row, chart, now)
    audit.record(
        actor=actor,
        action=action,
        program_id=row.program_id,
        subject=place,
        client_id=chart.pk,
        details={"group": str(row.pk), "size": band.size},
    )
    ring_person(chart.person_id)
    return place, band


def _check_new_place(group: Group, client: Client, period: Period, today: date) -> None:
    if client.program_id != group.program_id:
        raise BadInputError(fields={"client": "Choose a client of this program."})
    if not group.is_active:
        raise ConflictError("This group is closed.", code="group_closed")
    check_period(period, today)
    if not client.enrolments.filter(in_force(period.first)).exists():
        message = "This client is not enrolled on that date. Enrol them first."
        raise BadInputError(code="not_enrolled", fields={"starts_on": message})
    refuse_second_place(group.memberships.filter(client=client), period, "This client")


@transaction.atomic
def end_membership(
    *, actor: Actor, membership: Membership, ends_on: date, now: datetime
) -> Membership | None:
    """Ends a place with its last day; yesterday is the earliest: then the client is out from today on.

    A place that has not begun on that day is taken back (None). Raises ConflictError when it has ended before or a
    group after that day has begun, BadInputError for a date that would change a past roster.
    """
    actor.require(Permission.MANAGE_GROUPS, membership.program_id)
    chart = lock_chart(membership.client)
    row = Membership.objects.select_for_update(no_key=True).filter(pk=membership.pk).first()
    today = today_of(chart.program, now)
    check_ending(row, ends_on, today)
    roster_changing.send(
        sender=Membership, program_id=membership.program_id, group_id=membership.group_id, client_id=chart.pk,
        from_date=ends_on + ONE_DAY, adding=False, now=now,
    )  # fmt: skip
    left = shorten(membership, ends_on)
    audit.record(
        actor=actor,
        action="membership.ended" if left else "membership.withdrawn",
        program_id=membership.program_id,
        subject=membership,
        client_id=chart.pk,
        details={"group": str(membership.group_id)},
    )
    ring_person(chart.person_id)
    return membership if left else None
