"""Writes about who leads a group: somebody comes, goes, or loses the role for it.

Dates are local dates, both included; a change never touches who led in the past.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Model, Q

from groups.models import Group, GroupStaff, Person, Program, StaffRole
from groups.rules import ONE_DAY, Period
from groups.selectors import today_of
from groups.services.enrolment import ring_person
from groups.services.meeting_times import hold_meeting_times
from groups.services.places import (
    check_ending,
    check_period,
    lock_group,
    refuse_second_place,
    shorten,
    tell_given,
)
from groups.signals import leader_left
from vio.common import audit
from vio.common.actors import Actor
from vio.common.errors import BadInputError
from vio.common.permissions import ROLE_PERMISSIONS, Permission, Role
from vio.common.realtime import ring_on_commit

LEADERS = (Role.FACILITATOR, Role.SUPERVISOR, Role.DIRECTOR, Role.CLINICIAN)
HOSTS = tuple(role for role, granted in ROLE_PERMISSIONS.items() if Permission.HOST_ROOM in granted)


@transaction.atomic
def assign_staff(
    *, actor: Actor, group: Group, person: Person, role: str, starts_on: date, now: datetime,
    ends_on: date | None = None, anyway: bool | None = None,
) -> GroupStaff:  # fmt: skip
    """Lets a member of staff lead, help to lead or observe a group; one evening only for a substitute.

    Raises BadInputError for somebody without a fitting role in the program, ConflictError for a second place, or
    (`leads_twice`) for a facilitator who leads another group at the same time. Helping to lead two at once, and clients of
    a state in which nobody who leads is licensed, are asked about (field `anyway`) unless `anyway` is True, or None.
    """
    actor.require(Permission.MANAGE_GROUPS, group.program_id)
    hold_meeting_times(group.program_id)
    row = lock_group(group)
    period = Period(starts_on, ends_on)
    check_period(period, today_of(row.program, now))
    _check_leader(row, person, role)
    refuse_second_place(row.staff.filter(person=person), period, "This person")
    place = GroupStaff.objects.create(
        program_id=row.program_id, group=row, person=person, role=role, starts_on=starts_on, ends_on=ends_on
    )
    tell_given(place, anyway, now)
    _tell_staff(actor, "group.staff_assigned", place)
    return place


def _check_leader(group: Group, person: Person, role: str) -> None:
    if role not in {"facilitator", "cofacilitator", "observer"}:
        raise BadInputError(fields={"role": "Choose what this person does in the group."})
    roles = StaffRole.objects.filter(program=group.program_id, person=person, withdrawn_at=None)
    if role != "observer":
        roles = roles.filter(role__in=LEADERS)
    # Locked, so that a second group for the same person waits until this place can be seen.
    if not list(roles.select_for_update(no_key=True).order_by("pk")):
        raise BadInputError(fields={"person": "Choose a member of staff who may lead groups."})


@transaction.atomic
def end_staff(*, actor: Actor, place: GroupStaff, ends_on: date, now: datetime) -> GroupStaff | None:
    """Ends a leader's place with its last day (yesterday: from now on); None when it had not begun.

    Their places in single sessions of the group after that day end too, unless another place of theirs begins later.
    """
    actor.require(Permission.MANAGE_GROUPS, place.program_id)
    group = lock_group(place.group)
    row = GroupStaff.objects.filter(pk=place.pk).first()
    check_ending(row, ends_on, today_of(group.program, now))
    left = shorten(place, ends_on)
    _tell_staff(actor, "group.staff_ended", place)
    if not group.staff.filter(person=place.person_id, starts_on__gt=ends_on).exists():
        leader_left.send(
            sender=GroupStaff, program_id=place.program_id, person_id=place.person_id, group_id=group.pk,
            from_date=ends_on + ONE_DAY, observes=False, actor=actor, now=now,
        )  # fmt: skip
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
def end_lost_places(*, actor: Actor, person: Person, program: Program, now: datetime) -> int:
    """A role was withdrawn: ends, as of yesterday, the places in groups that no role of theirs carries any more.

    Without a role of the staff that is every place, without one that may lead every place but an observer's; their places
    in single sessions that are not over go with them. Returns how many places in groups ended.
    """
    actor.require(Permission.MANAGE_STAFF, program.pk)
    left = set(
        StaffRole.objects.filter(program=program, person=person, withdrawn_at=None).values_list(
            "role", flat=True
        )
    )
    last = today_of(program, now) - ONE_DAY
    places = GroupStaff.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=last), program=program, person=person
    ).select_related("group")
    if left:
        places = places.none() if left & set(LEADERS) else places.exclude(role="observer")
    for place in places:
        shorten(place, last)
        _tell_staff(actor, "group.staff_ended", place)
    if not left & set(HOSTS):
        leader_left.send(
            sender=StaffRole, program_id=program.pk, person_id=person.pk, group_id=None,
            from_date=last + ONE_DAY, observes=bool(left), actor=actor, now=now,
        )  # fmt: skip
    return len(places)
