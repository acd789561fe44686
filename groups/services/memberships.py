"""Writes about groups: the group itself, the clients in it, the staff who lead it.

Capacity and overlaps are decided while the group's row is locked; the constraints of the tables stand behind that.
Dates are local dates, both included; a change never touches a roster of the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet

from groups.access import in_force
from groups.models import Client, Group, GroupStaff, Membership, Person, Program, Series, StaffRole
from groups.rules import ONE_DAY, PLAN_WITHIN, Band, Period, fallback_problems
from groups.selectors import band_with, today_of
from groups.services.enrolment import lock_chart, ring_person
from groups.services.programs import require_unchanged
from groups.services.seats import refuse_full, settle_waitlist
from groups.signals import roster_changing, timetable_changed
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError, ConflictError, NotAllowedError
from vio.common.permissions import Permission, Role
from vio.common.realtime import ring_on_commit

FALLBACK_FIELDS = ("fallback_phone", "fallback_code", "fallback_link")
GROUP_FIELDS = (
    "name", "service_type", "track", "min_size", "max_size", "chat_mode", "admission", *FALLBACK_FIELDS,
    "is_active",
)  # fmt: skip
LEADERS = (Role.FACILITATOR, Role.SUPERVISOR, Role.DIRECTOR, Role.CLINICIAN)


def lock_group(group: Group) -> Group:
    """The group's row, locked until the transaction ends."""
    return Group.objects.select_for_update(of=("self",)).select_related("program").get(pk=group.pk)


@transaction.atomic
def save_group(
    *, actor: Actor, program: Program, values: Mapping[str, Any], now: datetime, group: Group | None = None,
    mark: str | None = None,
) -> Group:  # fmt: skip
    """Makes a group or changes one (names of `GROUP_FIELDS`); a group switched off holds no further sessions.

    Raises ConflictError for a name taken or a change made meanwhile, BadInputError for a band that is no band, a maximum
    below the clients who are in already, or a fallback that nobody could call or open.
    """
    actor.require(Permission.MANAGE_GROUPS, program.pk)
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
        _tell_timetables(row, actor, now)
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


def _tell_timetables(group: Group, actor: Actor, now: datetime) -> None:
    for series in group.series.all():
        timetable_changed.send(sender=Series, series=series, actor=actor, now=now)


# --- clients ----------------------------------------------------------------------------------------------


@transaction.atomic
def add_member(
    *, actor: Actor, group: Group, client: Client, starts_on: date, now: datetime, ends_on: date | None = None
) -> tuple[Membership, Band]:
    """Gives a client a place from a date on; returns it with the group's band (`band.warning` near the edges).

    Raises ConflictError when the group would be over its maximum on any day, its free seats are held for others, the client
    has a place in it then, or a group of that date is over; BadInputError for a date in the past or outside of the enrolment.
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    chart, row = lock_chart(client), lock_group(group)
    period = Period(starts_on, ends_on)
    return _place(actor, row, chart, period, now, action="membership.added")


@transaction.atomic
def take_visit(*, actor: Actor, group: Group, client: Client, on: date, now: datetime) -> Membership:
    """A client takes an open seat of a group for one date, to make up for hours.

    Raises NotAllowedError for anybody but the client; otherwise as `add_member`.
    """
    _require_self(actor, client)
    chart, row = lock_chart(client), lock_group(group)
    place, _ = _place(actor, row, chart, Period(on, on), now, action="membership.visit_taken", is_visit=True)
    return place


@transaction.atomic
def give_back_visit(*, actor: Actor, membership: Membership, now: datetime) -> None:
    """The client gives a seat for one date back; refused (ConflictError) once that group has begun, or for another place."""
    _require_self(actor, membership.client)
    chart = lock_chart(membership.client)
    row = Membership.objects.select_for_update().filter(pk=membership.pk, is_visit=True).first()
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
) -> tuple[Membership, Band]:
    """Checks and makes a place; chart and group are locked."""
    _check_new_place(row, chart, period, today_of(row.program, now))
    band = band_with(row, period.first, period.last)
    refuse_full(row, chart, period, band, today_of(row.program, now))
    roster_changing.send(
        sender=Membership, program_id=row.program_id, group_id=row.pk, client_id=chart.pk,
        from_date=period.first, adding=True, now=now,
    )  # fmt: skip
    place = Membership.objects.create(
        program_id=row.program_id, group=row, client=chart, starts_on=period.first, ends_on=period.last,
        is_visit=is_visit,
    )  # fmt: skip
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
    _check_period(period, today)
    if not client.enrolments.filter(in_force(period.first)).exists():
        message = "This client is not enrolled on that date. Enrol them first."
        raise BadInputError(code="not_enrolled", fields={"starts_on": message})
    _refuse_second_place(group.memberships.filter(client=client), period, "This client")


def _check_period(period: Period, today: date) -> None:
    if period.first < today:
        raise BadInputError(
            fields={"starts_on": "Past rosters stay as they were. Choose today or a later date."}
        )
    if period.first - today > PLAN_WITHIN:
        raise BadInputError(fields={"starts_on": "Choose a date within two years of today."})
    if period.last is not None and period.last < period.first:
        raise BadInputError(fields={"ends_on": "The last day cannot be before the first."})


def _refuse_second_place(places: QuerySet[Any], period: Period, who: str) -> None:
    if any(Period(p.starts_on, p.ends_on).overlaps(period) for p in places):
        message = f"{who} has a place in this group at that time already."
        raise ConflictError(message, code="place_overlaps", fields={"starts_on": message})


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
    row = Membership.objects.select_for_update().filter(pk=membership.pk).first()
    today = today_of(chart.program, now)
    _check_ending(row, ends_on, today)
    roster_changing.send(
        sender=Membership, program_id=membership.program_id, group_id=membership.group_id, client_id=chart.pk,
        from_date=ends_on + ONE_DAY, adding=False, now=now,
    )  # fmt: skip
    left = _shorten(membership, ends_on)
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


def _check_ending(row: Membership | GroupStaff | None, ends_on: date, today: date) -> None:
    if row is None or (row.ends_on is not None and row.ends_on < today):
        raise ConflictError("This place has ended already.", code="place_ended")
    if ends_on < today - ONE_DAY:
        raise BadInputError(
            fields={"ends_on": "Past rosters stay as they were. The earliest last day is yesterday."}
        )
    if row.ends_on is not None and ends_on > row.ends_on:
        raise BadInputError(fields={"ends_on": "This place ends earlier already."})
    if ends_on - today > PLAN_WITHIN:
        raise BadInputError(fields={"ends_on": "Choose a date within two years of today."})


def _shorten(place: Membership | GroupStaff, ends_on: date) -> bool:
    if place.starts_on > ends_on:
        place.__class__._default_manager.filter(pk=place.pk).delete()
        return False
    place.ends_on = ends_on
    place.save(update_fields=["ends_on"])
    return True


# --- staff ------------------------------------------------------------------------------------------------


@transaction.atomic
def assign_staff(
    *, actor: Actor, group: Group, person: Person, role: str, starts_on: date, now: datetime,
    ends_on: date | None = None,
) -> GroupStaff:  # fmt: skip
    """Lets a member of staff lead, help to lead or observe a group; one evening only for a substitute.

    Raises BadInputError for somebody without a fitting role in the program, ConflictError for a second place.
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    row = lock_group(group)
    period = Period(starts_on, ends_on)
    _check_period(period, today_of(row.program, now))
    _check_leader(row, person, role)
    _refuse_second_place(row.staff.filter(person=person), period, "This person")
    place = GroupStaff.objects.create(
        program_id=row.program_id, group=row, person=person, role=role, starts_on=starts_on, ends_on=ends_on
    )
    _tell_staff(actor, "group.staff_assigned", place)
    return place


def _check_leader(group: Group, person: Person, role: str) -> None:
    if role not in {"facilitator", "cofacilitator", "observer"}:
        raise BadInputError(fields={"role": "Choose what this person does in the group."})
    roles = StaffRole.objects.filter(program=group.program_id, person=person, withdrawn_at=None)
    if role != "observer":
        roles = roles.filter(role__in=LEADERS)
    if not roles.exists():
        raise BadInputError(fields={"person": "Choose a member of staff who may lead groups."})


@transaction.atomic
def end_staff(*, actor: Actor, place: GroupStaff, ends_on: date, now: datetime) -> GroupStaff | None:
    """Ends a leader's place with its last day (yesterday: from now on); None when it had not begun."""
    actor.require(Permission.MANAGE_GROUPS, place.program_id)
    group = lock_group(place.group)
    row = GroupStaff.objects.filter(pk=place.pk).first()
    _check_ending(row, ends_on, today_of(group.program, now))
    left = _shorten(place, ends_on)
    _tell_staff(actor, "group.staff_ended", place)
    return place if left else None


def _tell_staff(actor: Actor, action: str, place: GroupStaff) -> None:
    subject: Model = place
    audit.record(
        actor=actor,
        action=action,
        program_id=place.program_id,
        subject=subject,
        details={"group": str(place.group_id), "person": str(place.person_id), "role": place.role},
    )
    ring_person(place.person_id)
    ring_on_commit(f"desk:{place.program_id}", {"kind": "session", "id": str(place.group_id)})


@transaction.atomic
def end_all_places(*, actor: Actor, person: Person, program: Program, now: datetime) -> int:
    """Ends every place somebody leads in a program as of yesterday: their role was withdrawn. Returns how many."""
    actor.require(Permission.MANAGE_STAFF, program.pk)
    last = today_of(program, now) - ONE_DAY
    places = GroupStaff.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=last), program=program, person=person
    ).select_related("group")
    for place in places:
        _shorten(place, last)
        _tell_staff(actor, "group.staff_ended", place)
    return len(places)
